"""What making an item took: time, memory and energy of every call that led to it.

A call's cost is noted with the items that it made, so it is still known when they come from the store. A port
of type Cost takes anything, and is handed what making that took in place of the thing itself.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any

from .forms import Taken
from .keys import output_key
from .types import PortType

if TYPE_CHECKING:
    from .check import CheckedGraph, Step
    from .store import Store
    from .walk import Box


@dataclass(frozen=True)
class Cost:
    """Seconds, bytes of memory at the highest point, joules; None for what wasn't or couldn't be measured."""

    seconds: float | None = None
    peak_memory: int | None = None
    joules: float | None = None

    def __add__(self, other: Cost) -> Cost:
        """One after the other. What is unknown of one is unknown of both."""
        return Cost(
            _both(self.seconds, other.seconds, sum),
            _both(self.peak_memory, other.peak_memory, max),
            _both(self.joules, other.joules, sum),
        )

    def share(self, items: int) -> Cost:
        """One item's part of a call that made several; all of them stood in memory together."""
        return Cost(
            None if self.seconds is None else self.seconds / items,
            self.peak_memory,
            None if self.joules is None else self.joules / items,
        )

    def record(self) -> dict[str, float | int]:
        """What is known, as plain data."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Cost:
        """What :meth:`record` gave; anything but numbers counts as unknown."""
        found: dict[str, Any] = {
            name: value for name, value in record.items() if isinstance(value, (int, float))
        }
        return cls(found.get("seconds"), found.get("peak_memory"), found.get("joules"))


def _both(mine: Any, theirs: Any, joined: Any) -> Any:
    return None if mine is None or theirs is None else joined((mine, theirs))


class CostType(PortType):
    """What making a value took; a batch is a list of :class:`Cost`. The engine fills it in."""

    name = "Cost"
    stacks = True
    takes_all = True

    def stack(self, items: Sequence[Cost]) -> list[Cost]:
        return list(items)

    def take(self, value: Any) -> Taken:
        """Raises ValueError: only a run measures."""
        raise ValueError("what it took to make something is known in a run only; ask for it in a graph")

    def shape(self, item: Cost) -> Hashable:
        return None

    def encode(self, item: Cost) -> bytes:
        return json.dumps(item.record(), sort_keys=True).encode()

    def decode(self, data: bytes) -> Cost:
        return Cost.of_record(json.loads(data))


#: What making each of a batch of values took.
Costs = Annotated[list[Cost], CostType()]


#: How many items' costs are held that the store has too, or will have when the writer comes to them.
RECENT = 1 << 16


class Spending:
    """What the items of a run took, each for itself; of a reduction's result, with all of its members.

    Nothing is held where no node asks, nor for long of what goes to the store, so that a run's memory hardly
    grows with its points.
    """

    def __init__(self, graph: CheckedGraph, store: Store) -> None:
        self._graph = graph
        self._store = store
        self._own: dict[bytes, Cost] = {}
        #: Those that go to the store, as long as they may be on their way there.
        self._recent: dict[bytes, Cost] = {}
        asking = (step for step in graph.steps.values() if any(is_cost(port) for port in step.type.ports))
        #: The steps whose costs some node asks for, those of a reduction's members among them.
        self.asked: set[str] = set()
        pending = [source.step for step in asking for source in step.inputs()]
        while pending:
            leading = set(self.leading_to(pending.pop())) - self.asked
            self.asked |= leading
            reducers = (graph.steps[name] for name in leading if graph.steps[name].type.is_reducer)
            pending += [source.step for step in reducers for source in step.inputs()]

    def leading_to(self, name: str) -> list[str]:
        """The steps whose calls make a step's items: it, and all before it up to reductions."""
        found: dict[str, None] = {}
        pending = [name]
        while pending:
            step = self._graph.steps[pending.pop()]
            if step.name not in found:
                found[step.name] = None
                if not step.type.is_reducer:
                    pending += [source.step for source in step.inputs()]
        return list(found)

    def note(self, step: Step, keys: Iterable[bytes], cost: Cost) -> None:
        """Remember what items took that were made just now."""
        if step.name not in self.asked:
            return
        if step.keep != "disk":
            self._own.update((key, cost) for key in keys)
            return
        for key in keys:
            self._recent[key] = cost
            if len(self._recent) > RECENT:
                del self._recent[next(iter(self._recent))]

    def columns(
        self, producer: Step, domain: Sequence[str], box: Box, found: Mapping[str, Sequence[bytes]]
    ) -> list[dict[bytes, Cost]]:
        """For each point of ``domain`` in the box the items that lead to the producer's, and their costs."""
        rows: list[dict[bytes, Cost]] = [{} for _ in range(box.count(domain))]
        for name in self.leading_to(producer.name):
            step = self._graph.steps[name]
            keys = [found[name][local] for local in box.project(domain, step.axes)]
            costs = self._costs(step, set(keys))
            for row, key in zip(rows, keys, strict=True):
                row[key] = costs[key]
        return rows

    def _costs(self, step: Step, keys: set[bytes]) -> dict[bytes, Cost]:
        noted = self._recent if step.keep == "disk" else self._own
        costs = {key: noted[key] for key in keys if key in noted}
        # What isn't kept on disk counts in the run that makes it; a model at hand costs nothing more.
        rest = dict.fromkeys(keys - costs.keys(), Cost() if step.keep == "disk" else FREE)
        single = step.type.single_output
        named = {output_key(key, None if single else next(iter(step.type.outputs))): key for key in rest}
        if step.keep == "disk":
            for key, record in self._store.costs(named).items():
                rest[named[key]] = Cost.of_record(record)
        return costs | rest


#: What took nothing.
FREE = Cost(0.0, 0, 0.0)


def is_cost(port: Any) -> bool:
    """Whether a port asks what making a value took."""
    return isinstance(port.type, CostType)


def total(costs: Iterable[Cost]) -> Cost:
    """What several calls took, one after the other."""
    return reduce(Cost.__add__, costs, FREE)
