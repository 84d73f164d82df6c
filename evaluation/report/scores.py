"""The numbers of runs as the page has them, over all categories and for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...graphs.problem import fail, nearest
from ..results.categories import category_column
from ..results.scores import absences, scores
from . import contract

if TYPE_CHECKING:
    from ..results.run_folder import Run
    from ..results.score import Absence, Score


def column_of_categories(runs: Sequence[Run], asked: str | None) -> str | None:
    """The column that categories come from: the one asked for, else the first that a run has.

    GraphError where no run has the one asked for.
    """
    if asked is None:
        return next(filter(None, map(category_column, runs)), None)
    columns = [name for run in runs for name in run.items.column_names]
    if asked not in columns:
        raise fail(None, f"no run has a column {asked!r}", nearest(asked, columns))
    return asked


def categories_of(runs: Sequence[Run], by: str | None) -> list[str]:
    """The categories in the order in which they are first seen."""
    found: dict[str, None] = {}
    for run in runs:
        if by is not None and by in run.items.column_names:
            values = run.items[by].combine_chunks().dictionary_encode().dictionary.to_pylist()
            found.update(dict.fromkeys(str(value) for value in values))
    return list(found)


def score_data(number: int, run: Run, by: str | None) -> Iterator[contract.Score]:
    """The scores of run ``number``, and those that it lacks with the reason."""
    here = by if by in run.items.column_names else None
    for score in scores(run, here):
        yield _score(number, score, here)
    for absence in absences(run, here):
        yield _absence(number, run, absence, here)


def _score(number: int, score: Score, by: str | None) -> contract.Score:
    estimate = score.estimate
    low, high = estimate.interval or (None, None)
    return contract.Score(
        run=number,
        name=score.name,
        at={key: value for key, value in score.at.items() if key != by},
        category=str(score.at[by]) if by is not None and by in score.at else None,
        kind=score.kind,
        better=score.better,
        value=float(estimate),
        corrected=estimate.corrected,
        low=low,
        high=high,
        se=estimate.standard_error,
        n=estimate.n,
        clusters=estimate.clusters,
        missing=score.missing,
        flagged=estimate.flagged,
        method=estimate.method,
        reason=estimate.reason,
        conditional_on=estimate.conditional_on,
        p_equal=estimate.p_equal,
    )


def _absence(number: int, run: Run, absence: Absence, by: str | None) -> contract.Score:
    output = run.outputs[absence.name]
    return contract.Score(
        run=number,
        name=absence.name,
        at={key: value for key, value in absence.at.items() if key != by},
        category=str(absence.at[by]) if by is not None and by in absence.at else None,
        kind="set" if output.kind == "reduction" else "share" if output.type == "boolean" else "mean",
        better=output.better,
        value=None,
        corrected=None,
        low=None,
        high=None,
        se=None,
        n=0,
        clusters=0,
        missing=absence.missing,
        flagged={},
        method="",
        reason=absence.reason,
        conditional_on=(),
        p_equal=None,
    )
