"""The scores of a run: reductions as they were recorded, and the means of what was scored item by item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...graphs.problem import fail, nearest
from .averages import Averages
from .reductions import reductions
from .score import Absence, Score

if TYPE_CHECKING:
    from .run_folder import OutputRecord, Run

__all__ = ["Absence", "Score", "absences", "scores", "scores_and_absences"]

#: Types of outputs that are scores. Whole numbers count or name things.
NUMERIC = ("number", "boolean")


def scores(run: Run, by: str | None = None) -> list[Score]:
    """Every number of a run, for each setting: reductions, then the others.

    A number or truth value an item becomes a mean or a share over units and seeds, with its uncertainty
    clustered by unit; so does a reduction that leaves units, such as the diversity of each prompt. With
    ``by``, a column of the items such as ``row.category``, there also is one for each category. Raises
    GraphError for a column that isn't there, and where the items can't be read.
    """
    return scores_and_absences(run, by)[0]


def absences(run: Run, by: str | None = None) -> list[Absence]:
    """The numbers that are not there, since all of what they are made of failed, or they did."""
    return scores_and_absences(run, by)[1]


def scores_and_absences(run: Run, by: str | None = None) -> tuple[list[Score], list[Absence]]:
    """Both at once, at the cost of one."""
    found = list(_all(run, by))
    there = [each for each in found if isinstance(each, Score)]
    return there, [each for each in found if isinstance(each, Absence)]


def _all(run: Run, by: str | None) -> Iterator[Score | Absence]:
    if by is not None and by not in run.items.column_names:
        raise fail(None, f"{run.folder} has no column {by!r}", nearest(by, run.items.column_names))
    averages = Averages(run)
    for output in run.outputs.values():
        if output.type in NUMERIC:
            yield from averages.of(output, by) if is_averaged(run, output) else reductions(run, output)


def is_averaged(run: Run, output: OutputRecord) -> bool:
    """Whether an output is one number an item, or a unit, and its scores are means of these."""
    return output.kind == "items" or any(run.axes[axis].role == "unit" for axis in output.axes)
