"""What a run would do: for every step how many items there are, how many are stored, how many are to be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from .check import CheckedGraph, Step
from .keys import UNKNOWN, Keys, output_key
from .link import Output
from .store import Known, Store
from .walk import Box, Walk, plan_walks


@dataclass
class StepPlan:
    """One line of a plan. ``unknown`` items are named only once a model has been fetched."""

    step: Step
    items: int
    stored: int = 0
    to_do: int = 0
    unknown: int = 0

    @property
    def micro_batch(self) -> int:
        return self.step.type.batch


@dataclass
class Plan:
    """Lines by step name, in the order in which they run."""

    steps: dict[str, StepPlan] = field(default_factory=dict)

    @property
    def items(self) -> int:
        return sum(line.items for line in self.steps.values())

    @property
    def stored(self) -> int:
        return sum(line.stored for line in self.steps.values())

    @property
    def to_do(self) -> int:
        return sum(line.to_do for line in self.steps.values())


def plan(graph: CheckedGraph, store: Store | None, *, fresh: bool = False, keys: Keys | None = None) -> Plan:
    """Look up what is stored and work back from the outputs; loads no model, uses no network."""
    graph.require_complete()
    keys = keys or Keys(graph)
    result = Plan(
        {
            name: StepPlan(step, prod(keys.lengths[axis] for axis in step.axes))
            for name, step in graph.steps.items()
        }
    )
    counted: set[bytes] = set()
    visited: set[str] = set()

    def available(step: Step, asked: Iterable[bytes]) -> set[bytes]:
        return set() if store is None or fresh or step.keep != "disk" else set(look_up(store, step, asked))

    def count(step: Step, to_do: Iterable[bytes]) -> None:
        new = [key for key in to_do if key not in counted]
        counted.update(key for key in new if key != UNKNOWN)
        result.steps[step.name].to_do += len(new)

    for walk in plan_walks(graph):
        keys.reduce(walk)
        pending: dict[str, set[int]] = {}
        for step in walk.reducers:
            results = keys.reduced[step.name]
            stored = available(step, results)
            pending[step.name] = {index for index, key in enumerate(results) if key not in stored}
            result.steps[step.name].stored = sum(key in stored for key in results)
            result.steps[step.name].unknown = results.count(UNKNOWN)
            count(step, dict.fromkeys(results[index] for index in pending[step.name]))
        for box in walk.boxes():
            found = keys.of_box(walk, box)
            wanted = wanted_by_targets(graph, walk, box, keys, pending, {})
            to_do = demand(graph, walk, box, found, wanted, available)
            for step in walk.steps:
                count(step, [found[step.name][index] for index in to_do[step.name]])
                if step.name not in visited and box.is_first(step.domain):
                    stored = available(step, found[step.name])
                    result.steps[step.name].stored += sum(key in stored for key in found[step.name])
                    result.steps[step.name].unknown += found[step.name].count(UNKNOWN)
        visited.update(step.name for step in walk.steps)
    return result


def look_up(store: Store, step: Step, keys: Iterable[bytes], since: float = 0.0) -> dict[bytes, Known]:
    """Which of a step's keys are stored with all their outputs."""
    asked = set(keys) - {UNKNOWN}
    if step.type.single_output is not None:
        return store.known(asked, since)
    parts = {key: [output_key(key, name) for name in step.type.outputs] for key in asked}
    known = store.known([part for group in parts.values() for part in group], since)
    return {
        key: Known(
            tuple(sorted({flag for part in group for flag in known[part].flags})),
            max(known[part].missing for part in group),
        )
        for key, group in parts.items()
        if all(part in known for part in group)
    }


def wanted_by_targets(
    graph: CheckedGraph,
    walk: Walk,
    box: Box,
    keys: Keys,
    pending: Mapping[str, set[int]],
    recorded: Mapping[str, set[int]],
) -> dict[str, set[int]]:
    """What the walk's outputs and unfinished reductions need in this box: local indices by step.

    ``pending`` are the results still open, by reducer; ``recorded`` the points of an output that need nothing.
    """
    wanted: dict[str, set[int]] = {step.name: set() for step in walk.steps}
    for name in walk.outputs:
        source = graph.outputs[name]
        assert isinstance(source, Output)
        step = graph.steps[source.step]
        if not step.type.is_reducer and box.is_first(step.axes):
            wanted[step.name].update(set(range(box.count(step.axes))) - recorded.get(name, set()))
    for reducer in walk.reducers:
        if not box.is_first(reducer.domain):
            continue
        open_results = pending[reducer.name]
        members = [i for i, result in enumerate(keys.result_indices(reducer, box)) if result in open_results]
        _want_inputs(graph, reducer, members, box, wanted)
    return wanted


def demand(
    graph: CheckedGraph,
    walk: Walk,
    box: Box,
    found: Mapping[str, list[bytes]],
    wanted: dict[str, set[int]],
    available: Callable[[Step, Iterable[bytes]], set[bytes]],
) -> dict[str, list[int]]:
    """Work back through a box: ``wanted`` grows to all values needed, the result is what must be computed.

    Equal keys are computed once: of each only the first local index is returned.
    """
    to_do: dict[str, list[int]] = {}
    for step in reversed(walk.steps):
        first: dict[bytes, int] = {}
        for index in sorted(wanted[step.name]):
            key = found[step.name][index]
            first.setdefault(key if key != UNKNOWN else UNKNOWN + str(index).encode(), index)
        settled = available(step, first) if first else set()
        to_do[step.name] = [index for key, index in first.items() if key not in settled]
        _want_inputs(graph, step, to_do[step.name], box, wanted)
    return to_do


def _want_inputs(
    graph: CheckedGraph, step: Step, indices: Sequence[int], box: Box, wanted: dict[str, set[int]]
) -> None:
    for source in step.inputs():
        producer = graph.steps[source.step]
        projection = box.project(step.domain, producer.axes)
        wanted.setdefault(producer.name, set()).update(projection[index] for index in indices)
