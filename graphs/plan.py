"""What a run would do: for every step how many items it has, how many are stored, how many are to be made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .check import CheckedGraph, Step
from .draft import Output
from .keys import UNKNOWN, Keys, output_key
from .store import Store
from .walk import BLOCK, Box, Walk, plan_walks

#: Steps with keys of theirs that are asked about.
Asked = Sequence[tuple[Step, Iterable[bytes]]]
#: Keys that are asked about together at least, if there are as many: a statement costs more than a key in it.
_TOGETHER = 64

#: Which points of an output (index over its axes → key) need nothing.
Recorded = Callable[[str, Mapping[int, bytes]], set[int]]


@dataclass
class StepPlan:
    """One line of a plan. ``unknown`` items are named only once a model has been fetched."""

    step: Step
    items: int
    stored: int = 0
    to_do: int = 0
    unknown: int = 0


@dataclass
class Plan:
    """Lines by step name, in the order in which they run.

    ``needed`` are the results of each reducer that something still to be made or delivered is made of.
    """

    steps: dict[str, StepPlan] = field(default_factory=dict)
    needed: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set), repr=False)

    def __repr__(self) -> str:
        told = ", ".join(f"{name} {line.to_do} of {line.items}" for name, line in self.steps.items())
        return f"<Plan: to do of {told or 'nothing'}>"

    @property
    def items(self) -> int:
        return sum(line.items for line in self.steps.values())

    @property
    def stored(self) -> int:
        return sum(line.stored for line in self.steps.values())

    @property
    def to_do(self) -> int:
        return sum(line.to_do for line in self.steps.values())


def plan(
    graph: CheckedGraph,
    store: Store | None,
    *,
    fresh: bool = False,
    keys: Keys | None = None,
    recorded: Recorded = lambda output, keys: set(),
    block: int = BLOCK,
    failed: frozenset[bytes] = frozenset(),
) -> Plan:
    """Look up what is stored and work back from the outputs; loads no model, uses no network.

    ``failed`` are keys of items that are not to be made, since they failed before.
    """
    graph.require_complete()
    return _Planner(graph, store, fresh, keys or Keys(graph), recorded, failed).plan(plan_walks(graph, block))


class _Planner:
    def __init__(
        self,
        graph: CheckedGraph,
        store: Store | None,
        fresh: bool,
        keys: Keys,
        recorded: Recorded,
        failed: frozenset[bytes],
    ) -> None:
        self.graph = graph
        self.store = store
        self.fresh = fresh
        self.keys = keys
        self.recorded = recorded
        self.failed = failed
        self.result = Plan({name: StepPlan(step, keys.count(step)) for name, step in graph.steps.items()})
        self._counted: set[bytes | tuple[str, int]] = set()

    def plan(self, walks: Sequence[Walk]) -> Plan:
        for walk in walks:
            self.keys.reduce(walk)
        visited: set[str] = set()
        for walk in reversed(walks):  # a reduction is needed only where later walks need it
            pending = {step.name: self._reducer(step) for step in walk.reducers}
            for box in walk.boxes():
                self._box(walk, box, pending, visited)
            visited.update(step.name for step in walk.steps)
        return self.result

    def _reducer(self, step: Step) -> set[int]:
        """The results of a reducer that are to be made."""
        line, results = self.result.steps[step.name], self.keys.reduced[step.name]
        stored = self._available([(step, results)])[step.name]
        line.stored = sum(key in stored for key in results)
        line.unknown = results.count(UNKNOWN)
        settled = stored | self.failed
        to_do = {index for index in self.result.needed[step.name] if results[index] not in settled}
        self._count(step, ((index, results[index]) for index in sorted(to_do)))
        return to_do

    def _box(self, walk: Walk, box: Box, pending: Mapping[str, set[int]], visited: set[str]) -> None:
        found = self.keys.of_box(walk, box)
        recorded = recorded_in_box(self.graph, walk, box, self.keys, found, self.recorded)
        wanted = wanted_by_targets(self.graph, walk, box, self.keys, pending, recorded)
        to_do = demand(self.graph, walk, box, found, wanted, self._settled)
        counted = [step for step in walk.steps if step.name not in visited and box.is_first(step.axes)]
        # What is to be made isn't stored; of the rest some was not asked about yet.
        stored = self._available(
            [
                (step, set(found[step.name]) - {found[step.name][local] for local in to_do[step.name]})
                for step in counted
            ]
        )
        for step in walk.steps:
            keys = found[step.name]
            if to_do[step.name]:
                indices = box.global_indices(step.axes, self.keys.lengths)
                self._count(step, ((indices[local], keys[local]) for local in to_do[step.name]))
            if step.name in stored:
                line = self.result.steps[step.name]
                line.stored += sum(key in stored[step.name] for key in keys)
                line.unknown += keys.count(UNKNOWN)
        for step in walk.taken:
            indices = box.global_indices(step.axes, self.keys.lengths)
            self.result.needed[step.name].update(indices[local] for local in wanted[step.name])

    def _available(self, asked: Asked) -> dict[str, set[bytes]]:
        found: dict[str, set[bytes]] = {step.name: set() for step, _ in asked}
        if self.store is not None and not self.fresh:
            kept = [(step, keys) for step, keys in asked if step.takes_stored]
            for name, known in look_up(self.store, kept).items():
                found[name].update(known)
        return found

    def _settled(self, asked: Asked) -> dict[str, set[bytes]]:
        """What is stored, or is left alone since it failed before."""
        found = self._available(asked)
        if self.failed:
            for step, keys in asked:
                found[step.name].update(self.failed.intersection(keys))
        return found

    def _count(self, step: Step, to_do: Iterable[tuple[int, bytes]]) -> None:
        """Count what is to be made once, though several boxes or several equal steps may want it."""
        for index, key in to_do:
            named = (step.name, index) if key == UNKNOWN else key
            if named not in self._counted:
                self._counted.add(named)
                self.result.steps[step.name].to_do += 1


def look_up(store: Store, asked: Asked, since: float = 0.0) -> dict[str, set[bytes]]:
    """For each step, by name, which of its keys are stored with all their outputs."""
    parts = {
        step.name: {
            key: [key]
            if step.type.single_output is not None
            else [output_key(key, name) for name in step.type.outputs]
            for key in keys
            if key != UNKNOWN
        }
        for step, keys in asked
    }
    known = store.known(
        {part for groups in parts.values() for group in groups.values() for part in group}, since
    )
    return {
        name: {key for key, group in groups.items() if all(part in known for part in group)}
        for name, groups in parts.items()
    }


def recorded_in_box(
    graph: CheckedGraph,
    walk: Walk,
    box: Box,
    keys: Keys,
    found: Mapping[str, Sequence[bytes]],
    recorded: Recorded,
) -> dict[str, set[int]]:
    """For each output that a box delivers the local indices of the points that need nothing."""
    result: dict[str, set[int]] = {}
    for name in walk.outputs:
        if not box.is_first(graph.axes_of(graph.outputs[name])):
            continue
        asked = keys.of_output(name, box, found)
        has = recorded(name, asked)
        result[name] = {local for local, index in enumerate(asked) if index in has}
    return result


def wanted_by_targets(
    graph: CheckedGraph,
    walk: Walk,
    box: Box,
    keys: Keys,
    pending: Mapping[str, set[int]],
    recorded: Mapping[str, set[int]],
) -> dict[str, set[int]]:
    """What the walk's outputs and unfinished reductions need in this box: local indices by step.

    ``pending`` are the results still open, by reducer; ``recorded`` has for each output that the box delivers
    the points that need nothing.
    """
    wanted: dict[str, set[int]] = {step.name: set() for step in (*walk.steps, *walk.taken)}
    for name, has in recorded.items():
        source = graph.outputs[name]
        assert isinstance(source, Output)
        points = range(box.count(graph.steps[source.step].axes))
        wanted[source.step].update(local for local in points if local not in has)
    for reducer in walk.reducers:
        open_results = pending[reducer.name]
        if open_results and box.is_first(reducer.domain):
            results = keys.result_indices(reducer, box)
            members = [local for local, result in enumerate(results) if result in open_results]
            _want_inputs(graph, reducer, members, box, wanted)
    return wanted


def demand(
    graph: CheckedGraph,
    walk: Walk,
    box: Box,
    found: Mapping[str, Sequence[bytes]],
    wanted: dict[str, set[int]],
    available: Callable[[Asked], dict[str, set[bytes]]],
) -> dict[str, list[int]]:
    """Work back through a box: ``wanted`` grows to all values needed, the result is what must be computed.

    Of points with equal keys only the first is computed.
    """
    to_do: dict[str, list[int]] = {}
    settled: dict[str, set[bytes]] = {}
    for position, step in reversed(list(enumerate(walk.steps))):
        first: dict[bytes, int] = {}
        unknown: list[int] = []
        for local in sorted(wanted[step.name]):
            key = found[step.name][local]
            if key == UNKNOWN:
                unknown.append(local)
            else:
                first.setdefault(key, local)
        if first and step.name not in settled:
            settled = available([(step, first), *_before(walk, position, found, _TOGETHER - len(first))])
        missing = [at for key, at in first.items() if key not in settled[step.name]]
        to_do[step.name] = sorted([*missing, *unknown])
        _want_inputs(graph, step, to_do[step.name], box, wanted)
    return to_do


def _before(
    walk: Walk, position: int, found: Mapping[str, Sequence[bytes]], room: int
) -> Iterator[tuple[Step, Sequence[bytes]]]:
    """The steps before a position with all their keys in the box, as many as there is room for."""
    for step in reversed(walk.steps[:position]):
        room -= len(found[step.name])
        if room < 0:
            return
        yield step, found[step.name]


def _want_inputs(
    graph: CheckedGraph, step: Step, indices: Sequence[int], box: Box, wanted: dict[str, set[int]]
) -> None:
    if indices:
        for source in step.inputs():
            producer = graph.steps[source.step]
            projection = box.project(step.domain, producer.axes)
            wanted[producer.name].update(projection[local] for local in indices)
