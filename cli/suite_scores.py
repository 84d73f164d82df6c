"""What a suite's run says of its categories: every score in each, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from ..evaluation.results.score import Absence, Score
    from ..evaluation.uncertainty.estimate import Estimate


def show_categories(folder: Path) -> None:
    """Write to stdout a table of a run's scores by category, and why some scores are not there."""
    from rich.text import Text

    from .terminal import write

    found, absent, by = _scores(folder)
    for lack in absent:
        where = ", ".join(f"{name} {value}" for name, value in lack.at.items())
        write(Text(f"{lack.name}{f' ({where})' if where else ''}: none: {lack.reason}", style="yellow"))
    told = [score for score in found if by is not None and by in score.at]
    if told and by is not None:
        write(Text(), _by_category(told, by))


def scores_record(folder: Path) -> dict[str, Any]:
    """The last event of ``--json``: all scores, and those by category, as plain data."""
    found, absent, by = _scores(folder)
    scores = [
        {
            "name": score.name,
            "at": dict(score.at),
            "kind": score.kind,
            "better": score.better,
            "value": float(score.estimate),
            "missing": score.missing,
            **score.estimate.uncertainty.record(),
        }
        for score in found
    ]
    lacks = [{"name": lack.name, "at": dict(lack.at), "reason": lack.reason} for lack in absent]
    return {"event": "scored", "folder": str(folder), "by": by, "scores": scores, "absent": lacks}


def _scores(folder: Path) -> tuple[list[Score], list[Absence], str | None]:
    """The scores of a run, those that are not there, and the column of categories."""
    from ..evaluation.results.categories import category_column
    from ..evaluation.results.run_folder import read_run
    from ..evaluation.results.scores import scores_and_absences

    run = read_run(folder)
    by = category_column(run)
    return *scores_and_absences(run, by), by


def _by_category(found: list[Score], by: str) -> Table:
    """A line a category and setting, a column a score."""
    from rich.text import Text

    from .terminal import table

    names = list(dict.fromkeys(score.name for score in found))
    settings = [name for name in dict.fromkeys(name for score in found for name in score.at) if name != by]
    lines = table(by.rpartition(".")[2], *settings, *names, numbers=tuple(names))
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for score in found:
        row = tuple(_place(score.at, name) for name in (by, *settings))
        rows.setdefault(row, {})[score.name] = _cell(score.estimate)
    for row, cells in rows.items():
        lines.add_row(*map(Text, row), *(cells.get(name, "") for name in names))
    return lines


def _place(at: Mapping[str, Any], name: str) -> str:
    from .summary import show_number

    return show_number(at[name]) if name in at else ""


def _cell(estimate: Estimate) -> str:
    """``72.1 (70.8 to 73.5)``: a value and its 95 % interval."""
    from ..evaluation.uncertainty.wording import interval_centre
    from ..graphs.figures import interval_of
    from .summary import show_number

    if estimate.interval is None:
        return show_number(float(estimate))
    return f"{interval_centre(estimate, estimate.interval)} ({interval_of(*estimate.interval)})"
