"""The tables of a run folder that people read: scores that are reductions, and what failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from .calls import Failure
from .check import CheckedGraph
from .draft import Output
from .items_table import Cells, as_text, point_of, without_paths
from .types import PortType, RecordType

_plain_json = json.JSONEncoder(ensure_ascii=False).encode


def metrics(graph: CheckedGraph, cells: Cells) -> dict[str, Any]:
    """Values without axes, and reductions, as plain data by output; pictures are left to their files."""
    lengths = {name: len(axis) for name, axis in graph.axes.items()}
    found: dict[str, Any] = {}
    for name, source in graph.outputs.items():
        kind = graph.type_of(source)
        if not isinstance(source, Output) or kind is None or kind.suffix is not None:
            continue
        step = graph.steps[source.step]
        if step.axes and not step.type.is_reducer:
            continue
        total = prod(lengths[axis] for axis in step.axes)
        found[name] = {
            "node": step.type.qualified,
            "over": list(step.over),
            "values": [
                {
                    "point": {
                        axis: without_paths(graph.axes[axis].values[position])
                        for axis, position in point_of(index, step.axes, lengths).items()
                    },
                    "value": _plain(cell.value, kind),
                    "missing": cell.missing,
                    **({"flags": cell.flags.split()} if cell.flags else {}),
                    **({"failure": cell.failure} if cell.failure else {}),
                }
                for index, cell in sorted(cells.cells(name, 0, total).items())
            ],
        }
    return found


def _plain(value: Any, kind: PortType) -> Any:
    """A cell as plain data: a record, which a cell holds as text, is one again."""
    return json.loads(value) if isinstance(kind, RecordType) and value is not None else value


def failure_lines(graph: CheckedGraph, failures: Sequence[Failure]) -> str:
    """Failures as JSON, one a line, by step and point, so that a run in several goes leaves the same file."""
    lines = (
        json.dumps(
            {
                "step": failure.step,
                "node": failure.node,
                "point": {axis: without_paths(value) for axis, value in failure.point.items()},
                "error": failure.error,
                "message": failure.message,
                "traceback": failure.traceback,
            },
            ensure_ascii=False,
        )
        for failure in sorted(failures, key=_order(graph))
    )
    return "".join(f"{line}\n" for line in lines)


def _order(graph: CheckedGraph) -> Callable[[Failure], Any]:
    position = {name: index for index, name in enumerate(graph.steps)}

    def order(failure: Failure) -> tuple[int, list[tuple[bool, Any]]]:
        point = [
            (False, value) if isinstance(value, (int, float)) else (True, as_text(value))
            for value in failure.point.values()
        ]
        return position[failure.step], point

    return order


def json_to_read(value: Any, indent: str = "") -> str:
    """JSON to read: one entry a line, but for what holds no further lists or mappings."""
    entries = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    if not any(isinstance(entry, (Mapping, list)) for entry in entries):
        return _plain_json(value)
    inner = indent + "  "
    names = [f"{_plain_json(key)}: " for key in value] if isinstance(value, Mapping) else [""] * len(value)
    lines = [f"{inner}{name}{json_to_read(entry, inner)}" for name, entry in zip(names, entries, strict=True)]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    return opening + "\n" + ",\n".join(lines) + f"\n{indent}{closing}"
