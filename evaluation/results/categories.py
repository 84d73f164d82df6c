"""Categories of what a run drew: of prompts, or of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from .places import whole

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from .run_folder import Run

    Whole = npt.NDArray[numpy.int64]

#: How columns of categories are called, in any case and after any dot; the first that is there counts.
NAMES = ("category", "task", "tag")


def category_column(run: Run) -> str | None:
    """The column of the items that the run's suite names as its categories, or one that is called so.

    None where there is none.
    """
    import pyarrow

    schema = run.items.schema
    suite = run.graph.get("suite")
    if isinstance(suite, Mapping) and suite.get("category") in schema.names:
        return str(suite["category"])
    texts = [field.name for field in schema if field.type == pyarrow.string()]
    for name in NAMES:
        for column in texts:
            if column.lower().rsplit(".", 1)[-1] == name:
                return str(column)
    return None


class Categories:
    """The category of each of some rows, by a column.

    A row that has none is of the category of its unit, where all other rows of the unit agree on one.
    """

    def __init__(self, run: Run, column: str, rows: Whole, axes: Sequence[str]) -> None:
        import numpy

        encoded = run.items[column].combine_chunks().dictionary_encode()
        self.names = [whole(name) for name in encoded.dictionary.to_pylist()]
        codes = encoded.indices.fill_null(-1).to_numpy().astype(numpy.int64)
        self.codes = codes[rows]
        unit = next((axis for axis in axes if run.axes[axis].role == "unit"), None)
        #: How many cells each unit should have at a setting; None where units don't decide categories.
        self.cells_a_unit: int | None = None
        if unit is None:
            return
        of_unit, decides = _by_index(run, unit, codes)
        index = run.indices(unit)[rows]
        self.codes = numpy.where(self.codes < 0, of_unit[index], self.codes)
        if decides:
            self.units = numpy.bincount(of_unit[of_unit >= 0], minlength=len(self.names))
            others = (run.axes[axis] for axis in axes if axis != unit)
            self.cells_a_unit = prod(axis.length for axis in others if axis.is_drawn)

    def among(self, chosen: Whole) -> Iterator[tuple[Any, Whole, int]]:
        """The categories of some of the rows: name, which rows, and how many there should be."""

        codes = self.codes[chosen]
        for code in dict.fromkeys(codes.tolist()):
            if code >= 0:
                here = chosen[codes == code]
                expected = None if self.cells_a_unit is None else int(self.units[code]) * self.cells_a_unit
                yield self.names[code], here, len(here) if expected is None else expected


def _by_index(run: Run, axis: str, codes: Whole) -> tuple[Whole, bool]:
    """The category of each value of an axis, -1 for none or several; and whether none has several."""
    import numpy

    index = run.indices(axis)
    known = (index >= 0) & (codes >= 0)
    lowest = numpy.full(run.axes[axis].length, len(codes), numpy.int64)
    highest = numpy.full(run.axes[axis].length, -1, numpy.int64)
    numpy.minimum.at(lowest, index[known], codes[known])
    numpy.maximum.at(highest, index[known], codes[known])
    several = (highest >= 0) & (lowest != highest)
    return numpy.where(several, -1, highest), not several.any()
