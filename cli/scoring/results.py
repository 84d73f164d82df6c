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


@dataclass(frozen=True)
class Result:
    """One number over ``pictures`` of those that were found; the others are ``missing``.

    Where there is no ``value``, ``reason`` says why.
    """

    metric: str
    value: float | int | bool | None
    of: str
    pictures: int
    missing: int
    reason: str = ""


def results(graph: ScoreGraph, pictures: Pictures, metrics: Mapping[str, Any]) -> list[Result]:
    """The numbers of a graph by what ``metrics.json`` of its run says, and the metrics that have none."""
    found = []
    for score in graph.scores:
        entry: Mapping[str, Any] = next(iter(metrics.get(score.output, {}).get("values", ())), {})
        value = entry.get("value")
        count = 0 if value is None else len(graph.inputs[score.axis]) - entry.get("missing", 0)
        reason = "" if value is not None else entry.get("failure") or "it was not made"
        found.append(Result(score.name, value, score.of, count, pictures.total - count, reason))
    for name, reason in graph.unscored.items():
        found.append(Result(name, None, "", 0, pictures.total, reason))
    return found


def table(found: Sequence[Result]) -> Table:
    """A line a number."""
    from ..summary import show_number
    from ..terminal import table

    numbers = ("value", "pictures", "missing")
    lines = table("metric", "value", "of", "pictures", "missing", numbers=numbers, folds="metric")
    for result in found:
        value = "–" if result.value is None else show_number(result.value)
        lines.add_row(result.metric, value, result.of, f"{result.pictures:,}", f"{result.missing:,}")
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
