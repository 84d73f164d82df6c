"""Which axis of a graph ComfyUI draws as a batch."""

from __future__ import annotations

from collections.abc import Iterator, Set

from ....graphs.check import CheckedGraph, Step
from ....graphs.draft import Output
from ....graphs.values import Given
from .stock import LARGEST_BATCH
from .writing import value_at


def batch_axis(graph: CheckedGraph, stock: Set[str]) -> str | None:
    """The first axis of seeds that count up and that only stock samplers take, of the steps in ``stock``."""
    return next((name for name in graph.axes if _is_batch(graph, name, stock)), None)


def _is_batch(graph: CheckedGraph, axis: str, stock: Set[str]) -> bool:
    if not 1 < len(graph.axes[axis]) <= LARGEST_BATCH:
        return False
    if any(not isinstance(source, Output) and axis in source.axes for source in graph.outputs.values()):
        return False
    samplers = set()
    for step in graph.steps.values():
        for name, given in _known(step):
            if axis not in given.axes:
                continue
            if step.name not in stock or step.type.name != "sample" or name != "seed":
                return False
            latents = step.ports.get("latents")
            if isinstance(latents, Output) and axis not in graph.axes_of(latents):
                return False  # a batch goes on from a batch
            if not _counts_up(graph, axis, given):
                return False
            samplers.add(step.name)
    drawn = {step.name for step in graph.steps.values() if step.type.name == "sample" and axis in step.axes}
    return bool(samplers) and drawn == samplers


def _known(step: Step) -> Iterator[tuple[str, Given]]:
    """The values that are known beforehand, by what they feed."""
    for name, value in [*step.ports.items(), *step.options.items()]:
        for source in value if isinstance(value, tuple) else (value,):
            if not isinstance(source, Output):
                yield name, source


def _counts_up(graph: CheckedGraph, axis: str, given: Given) -> bool:
    """Whether a value is whole numbers along one axis, each one more than the last."""
    if tuple(given.axes) != (axis,):
        return False
    values = [value_at(given, {axis: index}) for index in range(len(graph.axes[axis]))]
    return all(type(value) is int for value in values) and values == [
        values[0] + index for index in range(len(values))
    ]
