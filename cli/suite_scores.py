"""What a suite's run says at its end: every score over all prompts and by category, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from ..evaluation.results.score import Absence, Score
    from ..evaluation.uncertainty.estimate import Estimate


def show_scores(folder: Path) -> None:
    """Write the scores of a run folder to stdout, as tables: overall, then by category."""
    from rich.text import Text

    from .terminal import write

    found, absent, by = _scores(folder)
    overall = [score for score in found if by is None or by not in score.at]
    told = [score for score in found if by is not None and by in score.at]
    write(_overall(overall))
    for note in dict.fromkeys(score.estimate.reason for score in overall if score.estimate.reason):
        names = ", ".join(score.name for score in overall if score.estimate.reason == note)
        write(Text(f"{names}: {note}", style="dim"))
    for lack in absent:
        where = ", ".join(f"{name} {value}" for name, value in lack.at.items())
        write(Text(f"{lack.name}{f' ({where})' if where else ''}: none: {lack.reason}", style="yellow"))
    if told and by is not None:
        write(Text(), _by_category(told, by))


def scores_record(folder: Path) -> dict[str, Any]:
    """The last event of ``--json``: the scores as plain data."""
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
    from ..evaluation.results.scores import absences, scores

    run = read_run(folder)
    by = category_column(run)
    return scores(run, by), absences(run, by), by


def _overall(found: list[Score]) -> Table:
    from rich.text import Text

    from .terminal import table

    settings = list(dict.fromkeys(name for score in found for name in score.at))
    lines = table(
        "score", *settings, "value", "95 %", "better", "n", "prompts", "missing",
        numbers=("value", "95 %", "n", "prompts", "missing"), folds="score",
    )  # fmt: skip
    for score in found:
        known = score.estimate
        lines.add_row(
            Text(score.name),
            *(Text(str(score.at.get(name, ""))) for name in settings),
            _number(score.estimate),
            _interval(known),
            score.better or "",
            f"{known.n:,}" if known.n else "",
            f"{known.clusters:,}" if known.clusters else "",
            f"{score.missing:,}" if score.missing else "",
        )
    return lines


def _by_category(found: list[Score], by: str) -> Table:
    """A line a category and setting, a column a score."""
    from rich.text import Text

    from .terminal import table

    names = list(dict.fromkeys(score.name for score in found))
    settings = [name for name in dict.fromkeys(name for score in found for name in score.at) if name != by]
    lines = table(by.rpartition(".")[2], *settings, *names, numbers=tuple(names))
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for score in found:
        row = (_place(score.at, by), *(_place(score.at, name) for name in settings))
        interval = _interval(score.estimate)
        rows.setdefault(row, {})[score.name] = f"{_number(score.estimate)} {interval}".strip()
    for row, cells in rows.items():
        lines.add_row(*(Text(part) for part in row), *(cells.get(name, "") for name in names))
    return lines


def _place(at: Mapping[str, Any], name: str) -> str:
    from .summary import show_number

    return show_number(at[name]) if name in at else ""


def _number(estimate: Estimate) -> str:
    return f"{float(estimate):.4g}"


def _interval(estimate: Estimate) -> str:
    if estimate.interval is None:
        return ""
    low, high = estimate.interval
    return f"{low:.3g}–{high:.3g}" if low >= 0 else f"{low:.3g} to {high:.3g}"
