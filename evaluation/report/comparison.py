"""How the runs of a report differ, or in words why that can't be said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...graphs.problem import GraphError
from ..comparing.comparison import compare
from . import contract
from .scripts import without_local_paths

if TYPE_CHECKING:
    from ..comparing.comparison import Row
    from ..results.run_folder import Run


def comparison_data(runs: Sequence[Run], labels: Sequence[str], by: str | None) -> contract.Comparison | None:
    """Every pair of runs, for each score and setting; None of a single run.

    Categories are compared where all runs have them. Runs that were not measured alike are not compared:
    the words of the refusal are shown in place of numbers.
    """
    if len(runs) < 2:
        return None
    shared = by is not None and all(by in run.items.column_names for run in runs)
    try:
        found = compare(runs, by=by if shared else "none", labels=labels)
    except GraphError as error:
        lines = [without_local_paths(problem.message) for problem in error.problems]
        return contract.Comparison("\n".join(lines), [], [], [])
    return contract.Comparison(
        None,
        [_difference(row) for row in found.rows],
        [contract.Ranking(one.name, one.at, one.order, one.groups) for one in found.ranking],
        found.notes,
    )


def _difference(row: Row) -> contract.Difference:
    low, high = row.interval or (None, None)
    return contract.Difference(
        a=row.a,
        b=row.b,
        name=row.name,
        at=row.at,
        category=None if row.category is None else str(row.category),
        better=row.better,
        value_a=row.value_a,
        value_b=row.value_b,
        difference=row.difference,
        low=low,
        high=high,
        p=row.p,
        p_holm=row.p_holm,
        n=row.units,
        wins=row.wins,
        losses=row.losses,
        ties=row.ties,
        verdict=row.verdict,
        words=row.words,
        reason=row.reason,
        conditional_on=row.conditional_on,
    )
