"""Scores that vary over settings, as tables: a line a point, a column a score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

#: A table longer than this is for items.parquet and metrics.json.
MOST_ROWS = 40


def score_tables(metrics: Mapping[str, Any]) -> Iterator[Table]:
    """A table for each set of axes that scores of ``metrics.json`` vary over; none for longer ones."""
    from rich.text import Text

    from .summary import show_number
    from .terminal import table

    groups: dict[tuple[str, ...], dict[str, list[Mapping[str, Any]]]] = {}
    for name, metric in metrics.items():
        values = metric["values"]
        if values and values[0]["point"] and len(values) <= MOST_ROWS:
            groups.setdefault(tuple(values[0]["point"]), {})[name] = values
    for axes, scores in groups.items():
        made = table(*axes, *scores, numbers=tuple(scores))
        rows: dict[str, list[str]] = {}
        points: dict[str, Mapping[str, Any]] = {}
        for name, values in scores.items():
            for entry in values:
                key = repr(entry["point"])
                points[key] = entry["point"]
                cells = rows.setdefault(key, [""] * len(scores))
                cells[list(scores).index(name)] = show_number(entry["value"])
        for key, cells in rows.items():
            made.add_row(*(Text(show_number(value)) for value in points[key].values()), *cells)
        yield made
