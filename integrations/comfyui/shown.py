"""What stands on a node after it has run: its numbers and texts, as lines and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...evaluation.uncertainty.estimate import Estimate
from ...evaluation.uncertainty.wording import told
from ...graphs.figures import with_error
from ...graphs.node_type import NodeType
from ...graphs.types import BooleanType, NumberType, PlainType

#: What an independent draw is called here, where nothing is known of prompts and seeds.
ITEM = "item"
#: What an interval takes for granted.
ASSUMED = (
    "The interval takes each item for a draw of its own; several of one prompt are more alike than that."
)
#: Rows of a table, at most; a canvas has no room for more, and wires carry them all.
MOST_ROWS = 100


def shown(
    declared: NodeType,
    names: Mapping[str, str],
    items: Mapping[str, Sequence[Any]],
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """The ``ui`` of a node: ``text`` lines and, of several items, a ``table`` of them; nothing for no text.

    ``names`` are the outputs as the canvas calls them; ``warnings`` are lines, too. Cells are text.
    """
    ui = _results(declared, names, items)
    if warnings:
        ui["text"] = [*ui.get("text", ()), *(f"Mind: {warning}" for warning in warnings)]
    return ui


def _results(
    declared: NodeType, names: Mapping[str, str], items: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    plain = {name: kind for name, kind in declared.outputs.items() if isinstance(kind, PlainType)}
    count = max((len(items[name]) for name in plain), default=0)
    if not count:
        return {}
    if count == 1:
        found = {name: items[name][0] for name in plain}
        return {"text": [*(line(names[name], value) for name, value in found.items()), *_assumed(found)]}
    scores = [name for name, kind in plain.items() if isinstance(kind, (NumberType, BooleanType))]
    means = {name: known for name in scores if (known := _mean(items[name])) is not None}
    lines = [_told(names[name], items[name], known) for name, known in means.items()] + _assumed(means)
    if count > MOST_ROWS:
        lines.append(f"the first {MOST_ROWS} of {count}")
    rows = [
        [str(number + 1), *(cell(items[name][number]) for name in plain)]
        for number in range(min(count, MOST_ROWS))
    ]
    table = {"columns": ["", *(names[name] for name in plain)], "rows": rows}
    return {"text": lines, "table": [table]}


def line(name: str, value: Any) -> str:
    """One result in words: a number with how sure it is, a text as it is."""
    if isinstance(value, Estimate):
        return f"{name}: {told(value, ITEM)}"
    return value if isinstance(value, str) else f"{name}: {cell(value)}"


def _told(name: str, values: Sequence[Any], mean: Estimate) -> str:
    share = all(isinstance(value, bool) for value in values if value is not None)
    return f"{name}: {'share' if share else 'mean'} {told(mean, ITEM)}"


def _mean(values: Sequence[Any]) -> Estimate | None:
    """The mean of numbers, or the share of what is true; None where nothing is known."""
    from ...evaluation.uncertainty.means import mean_or_share

    known = [value for value in values if value is not None]
    return mean_or_share(known, [str(number) for number in range(len(known))]) if known else None


def _assumed(known: Mapping[str, Any]) -> list[str]:
    """What intervals take for granted, where there are any: a canvas doesn't know prompts and seeds."""
    sure = any(isinstance(value, Estimate) and value.interval is not None for value in known.values())
    return [ASSUMED] if sure else []


def cell(value: Any) -> str:
    """A value in a few characters."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Estimate):
        return with_error(float(value), value.standard_error)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {cell(held)}" for name, held in value.items())
    return str(value)
