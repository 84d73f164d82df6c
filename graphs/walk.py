"""How a graph is walked: stages cut at reducers, the order of axes, and boxes of points.

A *box* is a range on every axis of a walk. What a step needs for a box is the box's restriction to the
step's own axes, so that points are never listed and memory depends on the box alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from math import prod

from .check import CheckedGraph, Step
from .draft import Output

#: Points of a box, at most.
BLOCK = 64


@dataclass(frozen=True)
class Box:
    """A range of indices on each axis; ``position`` tells which chunk of how many each range is."""

    ranges: Mapping[str, range]
    position: Mapping[str, tuple[int, int]]

    def count(self, axes: Sequence[str]) -> int:
        return prod(len(self.ranges[axis]) for axis in axes)

    def points(self, axes: Sequence[str]) -> Iterator[dict[str, int]]:
        """The points over ``axes``, the last axis fastest."""
        for indices in product(*(self.ranges[axis] for axis in axes)):
            yield dict(zip(axes, indices, strict=True))

    def is_first(self, axes: Sequence[str]) -> bool:
        """Whether this is the first box that holds these points of ``axes``."""
        return all(at == 0 for axis, (at, _) in self.position.items() if axis not in axes)

    def is_last(self, axes: Sequence[str]) -> bool:
        """Whether no later box holds these points of ``axes``."""
        return all(at == chunks - 1 for axis, (at, chunks) in self.position.items() if axis not in axes)

    def project(self, source: Sequence[str], target: Sequence[str]) -> Sequence[int]:
        """For every point over ``source`` the local index of its projection on ``target`` (a subset)."""
        sizes = tuple(len(self.ranges[axis]) for axis in source)
        return _projection(tuple(source), sizes, tuple(target))

    def offsets(self, axes: Sequence[str], strides: Mapping[str, int]) -> list[int]:
        """For every point over ``axes`` the sum of its indices, each times the stride of its axis."""
        sums = [0]
        for axis in axes:
            stride, values = strides[axis], self.ranges[axis]
            sums = [start + stride * value for start in sums for value in values]
        return sums

    def global_indices(self, axes: Sequence[str], lengths: Mapping[str, int]) -> list[int]:
        """For every point over ``axes`` its index in the whole product of those axes."""
        return self.offsets(axes, strides_of(axes, lengths))


def strides_of(axes: Sequence[str], lengths: Mapping[str, int]) -> dict[str, int]:
    """How far apart neighbours on each axis stand in a list of all points, the last axis fastest."""
    strides, stride = {}, 1
    for axis in reversed(axes):
        strides[axis] = stride
        stride *= lengths[axis]
    return strides


@lru_cache(maxsize=4096)
def _projection(source: tuple[str, ...], sizes: tuple[int, ...], target: tuple[str, ...]) -> tuple[int, ...]:
    strides = strides_of(target, dict(zip(source, sizes, strict=True)))
    indices = [0]
    for axis, size in zip(source, sizes, strict=True):
        step = strides.get(axis, 0)
        indices = [index + step * value for index in indices for value in range(size)]
    return tuple(indices)


@dataclass(frozen=True)
class Walk:
    """Part of a run: plain steps that lead to reducers and outputs, over axes from outer to inner.

    ``taken`` are the reducers of earlier walks whose results this one needs. ``last_use`` gives, for a plain
    step that only other plain steps take from, the position of the last of them.
    """

    steps: tuple[Step, ...]
    reducers: tuple[Step, ...]
    outputs: tuple[str, ...]
    taken: tuple[Step, ...]
    axes: tuple[str, ...]
    chunks: Mapping[str, tuple[range, ...]]
    last_use: Mapping[str, int] = field(repr=False)

    def boxes(self) -> Iterator[Box]:
        for numbers in product(*(range(len(self.chunks[axis])) for axis in self.axes)):
            places = list(zip(self.axes, numbers, strict=True))
            yield Box(
                {axis: self.chunks[axis][number] for axis, number in places},
                {axis: (number, len(self.chunks[axis])) for axis, number in places},
            )


@dataclass(frozen=True)
class _Target:
    """What a walk is for: a reducer, or (where ``output`` is given) an output of the graph."""

    stage: int
    axes: tuple[str, ...]
    step: Step
    output: str | None = None


def plan_walks(graph: CheckedGraph, block: int = BLOCK) -> list[Walk]:
    """The walks that make every output, in an order in which each finds the reductions it needs."""
    stages = _stages(graph)
    targets = [
        _Target(stages[step.name], step.domain, step) for step in graph.steps.values() if step.type.is_reducer
    ]
    for name, source in graph.outputs.items():
        if isinstance(source, Output):
            step = graph.steps[source.step]
            targets.append(_Target(stages[step.name] + step.type.is_reducer, step.axes, step, name))
    walks = []
    for stage in sorted({target.stage for target in targets}):
        for group in _together(graph, [target for target in targets if target.stage == stage]):
            walks.append(_walk(graph, group, block))
    return walks


def _stages(graph: CheckedGraph) -> dict[str, int]:
    """For each step how many reducers, one after another, must be done before it."""
    stages: dict[str, int] = {}
    for step in graph.steps.values():
        stages[step.name] = max(
            (stages[source.step] + graph.steps[source.step].type.is_reducer for source in step.inputs()),
            default=0,
        )
    return stages


def _together(graph: CheckedGraph, targets: Sequence[_Target]) -> list[list[_Target]]:
    """Targets that walk together: those whose joint points are no more than their points apart.

    Targets over other axes would only multiply each other's points.
    """

    def points(axes: set[str]) -> int:
        return prod(len(graph.axes[axis]) for axis in axes)

    groups: list[tuple[set[str], list[_Target]]] = []
    for target in sorted(targets, key=lambda target: -points(set(target.axes))):
        own = set(target.axes)
        for axes, members in groups:
            if (axes & own or axes == own) and points(axes | own) <= points(axes) + points(own):
                axes.update(own)
                members.append(target)
                break
        else:
            groups.append((own, [target]))
    return [members for _, members in groups]


def _walk(graph: CheckedGraph, targets: Sequence[_Target], block: int) -> Walk:
    names = {target.output for target in targets}
    outputs = tuple(name for name in graph.outputs if name in names)
    wanted = {target.step.name for target in targets if target.output is None}
    reducers = tuple(step for step in graph.steps.values() if step.name in wanted)
    pending = [source.step for reducer in reducers for source in reducer.inputs()]
    pending += [target.step.name for target in targets if target.output is not None]
    needed: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            if not graph.steps[name].type.is_reducer:
                pending.extend(source.step for source in graph.steps[name].inputs())
    found = [step for step in graph.steps.values() if step.name in needed]
    steps = tuple(step for step in found if not step.type.is_reducer)
    taken = tuple(step for step in found if step.type.is_reducer)
    used = {axis for step in (*steps, *reducers) for axis in step.domain}
    used |= {axis for step in taken for axis in step.axes}
    # Reduced axes innermost, so that few reductions are open at a time.
    reduced = {axis: sum(axis in reducer.over for reducer in reducers) for axis in used}
    axes = tuple(sorted(graph.in_order(used), key=lambda axis: reduced[axis]))
    last_use = _last_uses(graph, steps, reducers, outputs)
    return Walk(steps, reducers, outputs, taken, axes, _chunks(graph, axes, block), last_use)


def _last_uses(
    graph: CheckedGraph, steps: Sequence[Step], reducers: Sequence[Step], outputs: Sequence[str]
) -> dict[str, int]:
    last: dict[str, int] = {}
    for position, step in enumerate(steps):
        last.update((source.step, position) for source in step.inputs())
    for reducer in reducers:
        for source in reducer.inputs():
            last.pop(source.step, None)
    for name in outputs:
        delivered = graph.outputs[name]
        assert isinstance(delivered, Output)
        last.pop(delivered.step, None)
    return last


def _chunks(graph: CheckedGraph, axes: Sequence[str], block: int) -> dict[str, tuple[range, ...]]:
    """Whole inner axes while they fit the block, then pieces of one axis, then single points of the rest."""
    chunks: dict[str, tuple[range, ...]] = {}
    room = block
    for axis in reversed(axes):
        length = len(graph.axes[axis])
        size = max(1, min(length, room))
        chunks[axis] = tuple(range(start, min(start + size, length)) for start in range(0, length, size))
        room //= size
    return chunks
