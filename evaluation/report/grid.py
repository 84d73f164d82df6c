"""The points of a picture output: what the items table says at each of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from ..results.run_folder import Run

    Whole = npt.NDArray[numpy.int64]


class Grid:
    """All points of some axes of a run, the last axis fastest, whether or not the items have a row there."""

    def __init__(self, run: Run, axes: Sequence[str]) -> None:
        self.run = run
        self.axes = tuple(axes)
        self.lengths = tuple(run.axes[axis].length for axis in axes)

    def __len__(self) -> int:
        return prod(self.lengths)

    def rows(self, axes: Sequence[str] | None = None) -> Whole:
        """For each point the row of the items with just these axes (all by default), -1 where none is.

        Points that differ only in axes that those rows don't have share one.
        """
        import numpy

        axes = self.axes if axes is None else axes
        here = numpy.ones(self.run.items.num_rows, bool)
        for axis in self.run.axes:
            here &= (self.run.indices(axis) >= 0) == (axis in axes)
        rows = numpy.flatnonzero(here)
        place = numpy.zeros(len(rows), numpy.int64)
        for axis, length in zip(self.axes, self.lengths, strict=True):
            if axis in axes:
                place = place * length + self.run.indices(axis)[rows]
        shape = [length if axis in axes else 1 for axis, length in zip(self.axes, self.lengths, strict=True)]
        found = numpy.full(prod(shape), -1)
        found[place] = rows
        return numpy.broadcast_to(found.reshape(shape), self.lengths).ravel()

    def numbers(self, column: str, axes: Sequence[str]) -> npt.NDArray[numpy.float64]:
        """A column of numbers at each point, NaN where there is none."""
        import numpy

        rows = self.rows(axes)
        values = self.run.numbers(column)
        return (
            numpy.where(rows >= 0, values[rows], numpy.nan)
            if len(values)
            else numpy.full(len(rows), numpy.nan)
        )

    def cells(self, column: str, axes: Sequence[str] | None = None) -> list[Any]:
        """What a column holds at each point, None where that is nothing."""
        values = self.run.items[column].to_pylist()
        return [values[row] if row >= 0 else None for row in self.rows(axes).tolist()]
