"""Run folders as a command finds them: the one that was named, or the newest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..graphs.problem import GraphError, fail


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


def _name_in(folder: Path) -> str | None:
    from ..evaluation.results.run_record import read_record

    with suppress(GraphError):  # a damaged one may be of any graph
        return read_record(folder).name
    return None


def _records(root: Path) -> Iterator[Path]:
    from ..evaluation.results.run_record import RECORD

    if root.is_dir():
        yield from root.glob(f"*/{RECORD}")
