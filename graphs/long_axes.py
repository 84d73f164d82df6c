"""Long axes of a run's graph stand in tables beside it, so that ``graph.yaml`` stays a file to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .store import write_atomically

#: An axis of more values than this has a table of its own.
MOST_VALUES = 1000
#: The folder of the tables, in the run folder.
AXES = "axes"


def set_aside(resolved: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The graph with the values of long axes in ``axes/<input>.jsonl`` below ``folder``, a value a line.

    It reads back as the same graph from wherever the run folder goes.
    """
    inputs = {
        name: {**given, "each": {"file": _table(given["each"], name, folder)}} if _is_long(given) else given
        for name, given in resolved.get("inputs", {}).items()
    }
    return {key: inputs if key == "inputs" else value for key, value in resolved.items()}


def _is_long(given: Any) -> bool:
    values = given.get("each") if isinstance(given, Mapping) else None
    return isinstance(values, list) and len(values) > MOST_VALUES


def _table(values: list[Any], name: str, folder: Path) -> str:
    path = Path(AXES) / f"{name}.jsonl"
    lines = "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values)
    write_atomically(folder / path, lines.encode())
    return path.as_posix()
