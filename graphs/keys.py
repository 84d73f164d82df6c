"""Keys: the digest that names an item, from node type, options and input keys; never from names or nesting.

Needs no values, loads no model, and uses the network only where asked to fetch.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .check import CheckedGraph, Step
from .link import Output, Source
from .node import Option
from .source import GraphError, Place, Problem
from .values import Constant, Given, canonical, item_digest
from .walk import Box, Walk

SIZE = 20
#: Key of a point whose model is unknown until it is fetched.
UNKNOWN = b""


@dataclass
class Reduction:
    """The sets that one reducer reduces: per point of its result, its settings and its members' digests."""

    settings: dict[int, bytes] = field(default_factory=dict)
    members: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))


class Keys:
    """Keys of every step at every point of a box.

    ``reduced`` holds the keys of reducers' results, one a point of their axes, once :meth:`reduce` has found
    them; a run puts in the key of the members present where some failed.
    """

    def __init__(self, graph: CheckedGraph, *, fetch: bool = False) -> None:
        self.graph = graph
        self.fetch = fetch
        self.lengths = {name: len(axis) for name, axis in graph.axes.items()}
        self.reduced: dict[str, list[bytes]] = {}
        self._bases: dict[str, bytes | None] = {}
        self._contents: dict[tuple[str, str, str], str | None] = {}

    def of_box(self, walk: Walk, box: Box) -> dict[str, list[bytes]]:
        """For each plain step of a walk its keys over the box, in the order of ``box.points(step.domain)``."""
        found: dict[str, list[bytes]] = {}
        for step in walk.steps:
            columns = self._columns(step, box, found)
            base = self.base(step)
            found[step.name] = (
                [
                    UNKNOWN if base is None or UNKNOWN in row else _digest(base, row)
                    for row in zip(*columns, strict=True)
                ]
                if columns
                else [_digest(base, ()) if base is not None else UNKNOWN]
            )
        return found

    def results_in_box(self, step: Step, box: Box) -> list[bytes]:
        """The keys of a reducer's results over the box."""
        keys = self.reduced[step.name]
        return [keys[index] for index in box.global_indices(step.axes, self.lengths)]

    def members_in_box(
        self, step: Step, box: Box, found: Mapping[str, list[bytes]]
    ) -> list[tuple[int, bytes, bytes]]:
        """For each member of a reducer in the box: (index of its result, digest of its settings, its digest)."""
        names = [name for name in step.ports if name in step.type.members]
        member_columns = self._port_columns(step, names, box, found)
        free = [name for name in step.ports if name not in step.type.members]
        free_columns = self._port_columns(step, free, box, found) + self._varied_options(step, box)
        count = box.count(step.domain)
        members = list(zip(*member_columns, strict=True))
        if step.type.takes_points:
            members = [
                (
                    *row,
                    canonical(
                        [[axis, canonical(self.graph.axes[axis].values[point[axis]])] for axis in step.over]
                    ).encode(),
                )
                for row, point in zip(members, box.points(step.domain), strict=True)
            ]
        settings = list(zip(*free_columns, strict=True)) if free_columns else [()] * count
        base = self.base(step)
        results = self.result_indices(step, box)
        return [
            (
                result,
                UNKNOWN if base is None or UNKNOWN in setting else _digest(base, setting),
                UNKNOWN if UNKNOWN in member else _digest(b"", member),
            )
            for result, setting, member in zip(results, settings, members, strict=True)
        ]

    def result_indices(self, step: Step, box: Box) -> list[int]:
        """For each point of a reducer's domain in the box the index of the result it goes into."""
        strides, stride = {}, 1
        for axis in reversed(step.axes):
            strides[axis] = stride
            stride *= self.lengths[axis]
        indices = []
        for point in box.points(step.domain):
            index = sum(strides[axis] * value for axis, value in point.items() if axis in strides)
            if step.grouping is not None:
                index += strides[step.grouping.axis.name] * step.grouping.at(point)
            indices.append(index)
        return indices

    def reduce(self, walk: Walk) -> dict[str, Reduction]:
        """Find the keys of the walk's reducers, all members taken to be present."""
        reductions = {step.name: Reduction() for step in walk.reducers}
        if not reductions:
            return reductions
        for box in walk.boxes():
            found = None
            for step in walk.reducers:
                if not box.is_first(step.domain):
                    continue
                if found is None:
                    found = self.of_box(walk, box)
                reduction = reductions[step.name]
                for result, settings, member in self.members_in_box(step, box, found):
                    reduction.settings[result] = settings
                    reduction.members[result].append(member)
        for step in walk.reducers:
            reduction = reductions[step.name]
            count = 1
            for axis in step.axes:
                count *= self.lengths[axis]
            self.reduced[step.name] = [
                reduction_key(reduction.settings.get(index, UNKNOWN), reduction.members.get(index, []))
                for index in range(count)
            ]
        return reductions

    # What a key is made of

    def base(self, step: Step) -> bytes | None:
        """Digest of the node type and of the options that are the same everywhere; None if one is unknown."""
        if step.name not in self._bases:
            settings: dict[str, Any] = {}
            for option in step.type.options:
                given = step.options[option.name]
                if option.effort or given.axes:
                    continue
                settings[option.name] = self._option_text(step, option, given.at({}), {})
            if None in settings.values():
                self._bases[step.name] = None
            else:
                text = json.dumps([step.type.qualified, step.type.source_digest, sorted(settings.items())])
                self._bases[step.name] = _digest(text.encode(), ())
        return self._bases[step.name]

    def _option_text(self, step: Step, option: Option, value: Any, point: Mapping[str, int]) -> str | None:
        if option.content is None or value is None:
            return canonical(option.convert(value)) if option.name in step.options else None
        cached = (step.name, option.name, canonical(value))
        if cached not in self._contents:
            others = {
                name: given.at(point) for name, given in step.options.items() if set(given.axes) <= set(point)
            }
            try:
                self._contents[cached] = option.content.resolve(value, others, self.fetch)
            except ValueError as error:
                place = _place(step, option)
                raise GraphError([Problem(place, f"{step.type.name}.{option.name}: {error}")]) from None
        return self._contents[cached]

    def _columns(self, step: Step, box: Box, found: Mapping[str, list[bytes]]) -> list[Sequence[bytes]]:
        return self._port_columns(step, list(step.ports), box, found) + self._varied_options(step, box)

    def _port_columns(
        self, step: Step, names: Sequence[str], box: Box, found: Mapping[str, list[bytes]]
    ) -> list[Sequence[bytes]]:
        columns: list[Sequence[bytes]] = []
        for name in sorted(names):
            port = step.type.port(name)
            assert port is not None
            value = step.ports[name]
            sources = value if isinstance(value, tuple) else (value,)
            mark = _digest(f"{name}\0{len(sources)}".encode(), ())
            for source in sources:
                digests = self._source_digests(step, port.type, source, box, found)
                columns.append([digest and mark + digest for digest in digests])
        return columns

    def _source_digests(
        self, step: Step, port_type: Any, source: Source, box: Box, found: Mapping[str, list[bytes]]
    ) -> Sequence[bytes]:
        if isinstance(source, Output):
            producer = self.graph.steps[source.step]
            keys = self.results_in_box(producer, box) if producer.type.is_reducer else found[producer.name]
            name = None if producer.type.single_output else source.name
            keys = [output_key(key, name) for key in keys]
            axes: Sequence[str] = producer.axes
        else:
            axes = self.graph.in_order(source.axes)
            keys = [item_digest(port_type, source.at(point)) for point in box.points(axes)]
        return [keys[index] for index in box.project(step.domain, axes)]

    def _varied_options(self, step: Step, box: Box) -> list[Sequence[bytes]]:
        columns: list[Sequence[bytes]] = []
        for option in step.type.options:
            given = step.options[option.name]
            if option.effort or not given.axes:
                continue
            axes = self.graph.in_order(given.axes)
            texts = [self._option_text(step, option, given.at(point), point) for point in box.points(axes)]
            digests = [
                UNKNOWN if text is None else _digest(f"{option.name}\0{text}".encode(), ()) for text in texts
            ]
            columns.append([digests[index] for index in box.project(step.domain, axes)])
        return columns


def output_key(key: bytes, name: str | None) -> bytes:
    """The key of one output of a step that has several; of a single output it is the step's own."""
    return key if name is None or key == UNKNOWN else _digest(key, (name.encode(),))


def reduction_key(settings: bytes, members: Sequence[bytes]) -> bytes:
    """The key of a reduction of the members present; a set has no order, so neither has its key."""
    if settings == UNKNOWN or UNKNOWN in members:
        return UNKNOWN
    return _digest(settings, sorted(members))


def _digest(base: bytes, parts: Sequence[bytes]) -> bytes:
    state = hashlib.blake2b(base, digest_size=SIZE)
    for part in parts:
        state.update(len(part).to_bytes(4, "big"))
        state.update(part)
    return state.digest()


def _place(step: Step, option: Option) -> Place:
    given: Given = step.options[option.name]
    return given.place if isinstance(given, Constant) else step.place
