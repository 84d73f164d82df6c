"""What calls need at each point of a box: items of other steps, known values, and options."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import Job
from .check import CheckedGraph, Step
from .costs import Cost, Spending, is_cost, total
from .draft import Output, Source
from .keys import option_text
from .memory import Value
from .node_type import Port
from .values import Given, as_item, canonical
from .walk import Box


class SkippedError(Exception):
    """A call can't be made, because something that it needs failed; the message says what."""


@dataclass(frozen=True)
class _FromStep:
    """An output of another step, as a port takes it: for each point of the domain the key of its value."""

    output: str
    keys: Sequence[bytes]
    stacks: bool
    costs: Sequence[Mapping[bytes, Cost]] | None = None


class Jobs:
    """Makes the jobs of a run. ``held`` are the values in use, ``failed`` says of failed keys why."""

    def __init__(
        self,
        graph: CheckedGraph,
        held: Mapping[bytes, Value],
        failed: Mapping[bytes, str],
        spending: Spending,
    ) -> None:
        self.graph = graph
        self.spending = spending
        self.held = held
        self.failed = failed
        self._items: dict[tuple[str, str, int], Any] = {}
        self._settings: dict[str, dict[str, Any]] = {}

    def of(
        self,
        step: Step,
        box: Box,
        found: Mapping[str, Sequence[bytes]],
        wanted: Mapping[int, bytes],
        names: Iterable[str] | None = None,
    ) -> Iterator[tuple[int, Job | Exception]]:
        """For each wanted point (local index over the step's domain → key) its job, or why there is none.

        ``names`` restricts the ports; a reducer's members and what else it takes are separate calls.
        """
        points = list(box.points(step.domain))
        ports = [
            (port, [self._source(step, port, source, box, found) for source in _listed(step, port)])
            for port in step.type.ports
            if port.name in step.ports and (names is None or port.name in names)
        ]
        for index, key in wanted.items():
            try:
                yield index, self._job(step, ports, index, points[index], key)
            except Exception as error:  # a file that is no picture, what a type raises of an item, ...
                yield index, error

    def _source(
        self, step: Step, port: Port, source: Source, box: Box, found: Mapping[str, Sequence[bytes]]
    ) -> _FromStep | Given:
        if not isinstance(source, Output):
            return source
        producer = self.graph.steps[source.step]
        keys = found[producer.name]
        local = box.project(step.domain, producer.axes)
        costs = self.spending.columns(producer, step.domain, box, found) if is_cost(port) else None
        return _FromStep(source.name, [keys[at] for at in local], port.type.stacks, costs)

    def _job(
        self,
        step: Step,
        ports: Sequence[tuple[Port, Sequence[_FromStep | Given]]],
        index: int,
        point: Mapping[str, int],
        key: bytes,
    ) -> Job:
        arguments: dict[str, Any] = {}
        flags: set[str] = set()
        alike: list[Hashable] = []
        for port, sources in ports:
            items = []
            for position, source in enumerate(sources):
                if isinstance(source, _FromStep):
                    made = self._made(source.keys[index])
                    item = made.items[source.output]
                    if source.costs is not None:
                        item = total(source.costs[index].values())
                    flags.update(made.flags)
                    alike.append(port.type.shape(item) if source.stacks else source.keys[index])
                else:
                    item = self._known(step, port, position, source, point)
                    alike.append(port.type.shape(item) if port.type.stacks else canonical(source.at(point)))
                items.append(item)
            arguments[port.name] = tuple(items) if port.many else items[0]
        options, varied = self._options(step, point)
        return Job(key, index, arguments, options, tuple(sorted(flags)), (*alike, *varied), point)

    def _made(self, key: bytes) -> Value:
        if key in self.failed:
            raise SkippedError(self.failed[key])
        return self.held[key]

    def _known(self, step: Step, port: Port, position: int, given: Given, point: Mapping[str, int]) -> Any:
        if given.axes:
            return as_item(port.type, given.at(point))
        place = (step.name, port.name, position)
        if place not in self._items:
            self._items[place] = as_item(port.type, given.at(point))
        return self._items[place]

    def _options(self, step: Step, point: Mapping[str, int]) -> tuple[Mapping[str, Any], list[str]]:
        """The options of a call, and text of those that may differ between calls."""
        if step.name not in self._settings:
            self._settings[step.name] = {
                option.name: option.setting(given.at(point))
                for option in step.type.options
                if not (given := step.options[option.name]).axes
            }
        constant = self._settings[step.name]
        varied = {
            option.name: option.setting(given.at(point))
            for option in step.type.options
            if (given := step.options[option.name]).axes
        }
        if not varied:
            return constant, []
        return {**constant, **varied}, [option_text(value) for value in varied.values()]


def _listed(step: Step, port: Port) -> Sequence[Source]:
    value = step.ports[port.name]
    return value if isinstance(value, tuple) else (value,)
