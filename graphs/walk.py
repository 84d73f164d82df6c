"""How a graph is walked: stages cut at reducers, the order of axes, and boxes of points.

A *box* is a range on every axis of a walk. What a step needs for a box is the box's restriction to the
step's own axes, so that points are never listed and memory depends on the box alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from .check import CheckedGraph, Step
from .link import Output

#: Points of a box, at most, unless one whole inner axis is needed to close a reduction.
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

    def global_indices(self, axes: Sequence[str], lengths: Mapping[str, int]) -> list[int]:
        """For every point over ``axes`` its index in the whole product of those axes."""
        indices = [0]
        for axis in axes:
            length, values = lengths[axis], self.ranges[axis]
            indices = [index * length + value for index in indices for value in values]
        return indices


@lru_cache(maxsize=1024)
def _projection(source: tuple[str, ...], sizes: tuple[int, ...], target: tuple[str, ...]) -> tuple[int, ...]:
    length = dict(zip(source, sizes, strict=True))
    strides, stride = {}, 1
    for axis in reversed(target):
        strides[axis] = stride
        stride *= length[axis]
    indices = [0]
    for axis, size in zip(source, sizes, strict=True):
        step = strides.get(axis, 0)
        indices = [index + step * value for index in indices for value in range(size)]
    return tuple(indices)


@dataclass(frozen=True)
class Walk:
    """Part of a run: plain steps that lead to reducers and outputs, over axes from outer to inner."""

    steps: tuple[Step, ...]
    reducers: tuple[Step, ...]
    outputs: tuple[str, ...]
    axes: tuple[str, ...]
    chunks: Mapping[str, tuple[range, ...]]

    def boxes(self) -> Iterator[Box]:
        for numbers in product(*(range(len(self.chunks[axis])) for axis in self.axes)):
            yield Box(
                {axis: self.chunks[axis][number] for axis, number in zip(self.axes, numbers, strict=True)},
                {
                    axis: (number, len(self.chunks[axis]))
                    for axis, number in zip(self.axes, numbers, strict=True)
                },
            )


def plan_walks(graph: CheckedGraph, block: int = BLOCK) -> list[Walk]:
    """The walks that make every output, in an order in which each finds the reductions it needs."""
    stages = _stages(graph)
    targets: list[tuple[int, tuple[str, ...], str, bool]] = []
    for step in graph.steps.values():
        if step.type.is_reducer:
            targets.append((stages[step.name], step.domain, step.name, False))
    for name, source in graph.outputs.items():
        if isinstance(source, Output):
            step = graph.steps[source.step]
            stage = stages[step.name] + (1 if step.type.is_reducer else 0)
            targets.append((stage, step.axes, name, True))
    walks = []
    for stage in sorted({target[0] for target in targets}):
        for group in _connected([target for target in targets if target[0] == stage]):
            reducers = tuple(graph.steps[name] for _, _, name, is_output in group if not is_output)
            outputs = tuple(name for _, _, name, is_output in group if is_output)
            walks.append(_walk(graph, reducers, outputs, block))
    return walks


def _stages(graph: CheckedGraph) -> dict[str, int]:
    stages: dict[str, int] = {}
    for step in graph.steps.values():
        stages[step.name] = max(
            (
                stages[source.step] + (1 if graph.steps[source.step].type.is_reducer else 0)
                for source in step.inputs()
            ),
            default=0,
        )
    return stages


_Target = tuple[int, tuple[str, ...], str, bool]


def _connected(targets: Sequence[_Target]) -> list[list[_Target]]:
    """Targets that share an axis walk together; others would only multiply each other's points."""
    groups: list[tuple[set[str], list[_Target]]] = []
    for target in targets:
        axes, members = set(target[1]), [target]
        for group in [group for group in groups if group[0] & axes or (not axes and not group[0])]:
            groups.remove(group)
            axes |= group[0]
            members = group[1] + members
        groups.append((axes, members))
    return [members for _, members in groups]


def _walk(graph: CheckedGraph, reducers: tuple[Step, ...], outputs: tuple[str, ...], block: int) -> Walk:
    needed: set[str] = set()
    pending = [source.step for reducer in reducers for source in reducer.inputs()]
    pending += [source.step for name in outputs if isinstance(source := graph.outputs[name], Output)]
    while pending:
        name = pending.pop()
        if name not in needed and not graph.steps[name].type.is_reducer:
            needed.add(name)
            pending.extend(source.step for source in graph.steps[name].inputs())
    steps = tuple(step for step in graph.steps.values() if step.name in needed)
    used = {axis for step in (*steps, *reducers) for axis in step.domain}
    used |= {axis for name in outputs for axis in graph.axes_of(graph.outputs[name])}
    # Reduced axes innermost, so that few reductions are open at a time.
    reduced = {axis: sum(axis in reducer.over for reducer in reducers) for axis in used}
    axes = tuple(sorted(graph.in_order(used), key=lambda axis: reduced[axis]))
    return Walk(steps, reducers, outputs, axes, _chunks(graph, axes, block))


def _chunks(graph: CheckedGraph, axes: Sequence[str], block: int) -> dict[str, tuple[range, ...]]:
    """Whole inner axes while they fit the block, then pieces of one axis, then single points of the outer ones."""
    chunks: dict[str, tuple[range, ...]] = {}
    room = block
    for axis in reversed(axes):
        length = len(graph.axes[axis])
        size = max(1, min(length, room))
        chunks[axis] = tuple(range(start, min(start + size, length)) for start in range(0, length, size))
        room //= size
    return chunks
