"""What ``mezzotint score`` found: a line a number, over how many pictures, and how many it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from .graph import ScoreGraph
    from .pictures import Pictures
    from .prompt_table import Prompts

#: In the table, for what isn't known.
_NOTHING = "–"
#: A terminal of so many letters has room for intervals.
_WIDE = 80


@dataclass(frozen=True)
class Result:
    """One number over ``pictures`` of those that were found; the others are ``missing``.

    The 95 % ``interval`` and the standard error hold over fresh draws of ``clusters`` units, such as prompts.
    Where there is no ``value``, or nothing is known of how sure it is, ``reason`` says why.
    """

    metric: str
    value: float | int | bool | None
    of: str
    pictures: int
    missing: int
    reason: str = ""
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    clusters: int | None = None


def results(graph: ScoreGraph, pictures: Pictures, metrics: Mapping[str, Any]) -> list[Result]:
    """The numbers of a graph by what ``metrics.json`` of its run says, and the metrics that have none."""
    found = []
    for score in graph.scores:
        entry: Mapping[str, Any] = next(iter(metrics.get(score.output, {}).get("values", ())), {})
        value = entry.get("value")
        count = 0 if value is None else len(graph.inputs[score.axis]) - entry.get("missing", 0)
        missing = pictures.total - count
        if value is None:
            reason = entry.get("failure") or "it was not made"
            found.append(Result(score.name, None, score.of, count, missing, reason))
            continue
        known = {key: entry.get(key) for key in ("standard_error", "clusters")}
        interval = tuple(entry["interval"]) if entry.get("interval") else None
        reason = entry.get("reason", "")
        found.append(Result(score.name, value, score.of, count, missing, reason, interval=interval, **known))
    for name, reason in graph.unscored.items():
        found.append(Result(name, None, "", 0, pictures.total, reason))
    return found


def table(found: Sequence[Result]) -> Table:
    """A line a number, with its standard error and 95 % interval where they are known and there is room."""
    from ...graphs.figures import interval_of
    from ..summary import show_number
    from ..terminal import console, table

    about = ("±", "95 %") if console().width >= _WIDE else ()
    numbers = ("value", "±", "pictures", "missing")
    lines = table("metric", "value", *about, "of", "pictures", "missing", numbers=numbers, folds="metric")
    for result in found:
        error, interval = result.standard_error, result.interval
        sure = (
            _NOTHING if error is None else f"{error:.2g}",
            _NOTHING if interval is None else interval_of(*interval),
        )
        value = _NOTHING if result.value is None else show_number(result.value)
        counts = (f"{result.pictures:,}", f"{result.missing:,}")
        lines.add_row(result.metric, value, *sure[: len(about)], result.of, *counts)
    return lines


def record(found: Sequence[Result], pictures: Pictures, prompts: Prompts | None) -> dict[str, Any]:
    """The event of ``--json`` that follows the last one of the run; ``prompts`` where a metric takes them."""
    return {
        "event": "scored",
        "pictures": pictures.total,
        "unreadable": pictures.unreadable,
        "with_prompt": None if prompts is None else len(prompts.texts),
        "prompts_from": None if prompts is None else dict(prompts.sources),
        "remarks": [] if prompts is None else prompts.remarks,
        "results": [asdict(result) for result in found],
    }
