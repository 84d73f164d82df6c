"""What a run made, in the memory of a Python program: its outputs, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .check import CheckedGraph
from .running import Delivered, Outcome
from .types import PortType


class OutputValues(Sequence[Any]):
    """One output over its axes: a sequence of items in the order of the points, the last axis fastest."""

    def __init__(self, name: str, kind: PortType | None, axes: Mapping[str, Sequence[Any]]) -> None:
        self.name = name
        self.axes = dict(axes)
        self._kind = kind
        self._delivered: dict[int, Delivered] = {}

    def __len__(self) -> int:
        return len(self._delivered)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        delivered = self._delivered[range(len(self))[index]]
        if delivered.failure is not None:
            raise LookupError(f"{self.name}[{index}] was not made: {delivered.failure}")
        return delivered.item

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        items = "1 item" if len(self) == 1 else f"{len(self)} items"
        axes = " × ".join(f"{axis} ({len(values)})" for axis, values in self.axes.items())
        return f"<{items} of {self.name} over {axes}>" if axes else f"<{items} of {self.name}>"

    @property
    def value(self) -> Any:
        """The only item of an output without axes, or with one point."""
        if len(self) != 1:
            raise LookupError(
                f"{self.name} has {len(self)} values over {', '.join(self.axes)}; iterate over them"
            )
        return self[0]

    @property
    def points(self) -> list[dict[str, Any]]:
        """For each item the values of its axes."""
        points: list[dict[str, Any]] = [{}]
        for axis, values in self.axes.items():
            points = [{**point, axis: value} for point in points for value in values]
        return points

    @property
    def failures(self) -> dict[int, str]:
        """Why items are absent, by index."""
        return {index: made.failure for index, made in sorted(self._delivered.items()) if made.failure}

    @property
    def flags(self) -> list[tuple[str, ...]]:
        """Words about each item, such as ``blank``."""
        return [self._delivered[index].flags for index in range(len(self))]

    @property
    def missing(self) -> list[int]:
        """For each reduction how many members it lacks through failure."""
        return [self._delivered[index].missing for index in range(len(self))]

    def pil(self) -> list[Any]:
        """The items as PIL images; TypeError for an output that holds no pictures."""
        if self._kind is None:
            raise TypeError(f"{self.name} holds no pictures")
        return [self._kind.picture(item) for item in self]

    def tensor(self) -> Any:
        """The items stacked to one batch, for images a float tensor ``[N, 3, H, W]`` in [0, 1]."""
        return self._kind.stack(list(self)) if self._kind is not None else list(self)

    def take(self, delivered: Mapping[int, Delivered]) -> None:
        """Take what a run delivers."""
        self._delivered.update(delivered)


@dataclass
class Results(Mapping[str, OutputValues]):
    """What a run made, by output name."""

    outputs: dict[str, OutputValues]
    outcome: Outcome = field(default_factory=Outcome)
    folder: Path | None = field(default=None, repr=False)

    @classmethod
    def of(cls, graph: CheckedGraph) -> Results:
        """Room for what a run of a graph makes."""
        return cls(
            {
                name: OutputValues(
                    name,
                    graph.type_of(source),
                    {axis: graph.axes[axis].values for axis in graph.axes_of(source)},
                )
                for name, source in graph.outputs.items()
            }
        )

    def __getitem__(self, name: str) -> OutputValues:
        return self.outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)

    def __repr__(self) -> str:
        return f"Results({self.outputs!r})"

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        return set()  # values are wanted in memory, whatever a folder holds

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        for output, portion in delivered:
            self.outputs[output].take(portion)
