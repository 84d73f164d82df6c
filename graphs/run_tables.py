"""The tables of a run folder that people read: scores that are reductions, and what failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from .calls import Failure
from .check import CheckedGraph, Step
from .draft import Output
from .items_table import Cells, as_text, point_of, without_paths
from .keys import Keys
from .protocol import Protocols
from .roles import Sampling, label_key
from .types import PortType, RecordType
from .values import Axis

#: Version of what ``metrics.json`` holds; raised when an entry goes or changes its meaning.
SCHEMA = 2

_plain_json = json.JSONEncoder(ensure_ascii=False).encode


def details_of(output: str) -> str:
    """Where a run's record keeps what results say beside their values: a name that no output can have."""
    return f"{output}.details"


def metrics(graph: CheckedGraph, keys: Keys, cells: Cells) -> dict[str, Any]:
    """What ``metrics.json`` holds: axes, values without axes and reductions, and what each item's score is.

    Pictures and other items are left to their files and to the items table.
    """
    protocols = Protocols(graph, keys)
    reductions: dict[str, Any] = {}
    items: dict[str, Any] = {}
    for name, source in graph.outputs.items():
        kind = graph.type_of(source)
        if not isinstance(source, Output) or kind is None:
            continue
        step = graph.steps[source.step]
        about = {
            "node": step.type.qualified,
            "type": kind.name.lower(),
            "axes": list(step.axes),
            "over": list(step.over),
            "better": protocols.better(step),
            "protocol": {} if kind.is_judged else protocols.of(step),
        }
        if kind.suffix is None and (step.type.is_reducer or not step.axes):
            reductions[name] = {**about, "values": _values(graph, cells, name, step, kind)}
        else:
            items[name] = about
    return {
        "mezzotint": 1,
        "schema": SCHEMA,
        "axes": _axes(graph, keys.sampling),
        "metrics": reductions,
        "items": items,
    }


def _values(graph: CheckedGraph, cells: Cells, name: str, step: Step, kind: PortType) -> list[dict[str, Any]]:
    lengths = {axis: len(graph.axes[axis]) for axis in graph.axes}
    total = prod(lengths[axis] for axis in step.axes)
    details = cells.cells(details_of(name), 0, total)
    return [
        {
            "point": {
                axis: without_paths(graph.axes[axis].values[position])
                for axis, position in point_of(index, step.axes, lengths).items()
            },
            "value": _plain(cell.value, kind),
            "missing": cell.missing,
            **({"flags": cell.flags.split()} if cell.flags else {}),
            **({"failure": cell.failure} if cell.failure else {}),
            **(details[index].value if index in details and cell.failure is None else {}),
        }
        for index, cell in sorted(cells.cells(name, 0, total).items())
    ]


def _axes(graph: CheckedGraph, sampling: Sampling) -> dict[str, Any]:
    """Of each axis its role, its length, and the column of the items table that tells its values apart."""
    found: dict[str, Any] = {}
    for name, axis in graph.axes.items():
        role = sampling.roles[name]
        found[name] = {"role": role.name, "length": len(axis), "label": _label_column(name, axis)}
        if role.per:
            found[name]["per"] = list(role.per)
    return found


def _label_column(name: str, axis: Axis) -> str:
    if isinstance(axis.values, range) or not isinstance(axis.values[0], Mapping):
        return name
    key = label_key(axis.values)
    return f"{name}.index" if key is None else f"{name}.{key}"


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
