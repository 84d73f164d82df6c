"""Run folders as a command finds them: the one that was named, or the newest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..graphs.problem import GraphError, fail

RECORD = "run.json"


def newest_run(root: Path, name: str | None = None) -> Path:
    """The run folder below ``root`` that was written last, of the graph ``name`` if one is given.

    GraphError where there is none.
    """
    runs = [(path.stat().st_mtime_ns, path.parent) for path in _records(root)]
    for _, folder in sorted(runs, reverse=True):
        if name is None or _name_in(folder) == name:
            return folder
    what = f"no run of {name} in {root}" if name else f"no run in {root}"
    raise fail(None, what, "name its folder, or the folder of all runs with --runs")


def read_record(folder: Path) -> dict[str, Any]:
    """What a run wrote of itself in ``run.json``; GraphError where it isn't a run's folder."""
    path = folder / RECORD
    if not path.is_file():
        why = f"it has no {RECORD}" if folder.is_dir() else "it is a file"
        raise fail(None, f"{folder} is no run's folder: {why if folder.exists() else 'it is not there'}")
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise fail(None, f"{path} can't be read: {error}") from None
    if not isinstance(record, dict):
        raise fail(None, f"{path} is not of a run")
    return record


def _name_in(folder: Path) -> str | None:
    with suppress(GraphError):  # a damaged one may be of any graph
        name = read_record(folder).get("name")
        return name if isinstance(name, str) else None
    return None


def _records(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from root.glob(f"*/{RECORD}")
