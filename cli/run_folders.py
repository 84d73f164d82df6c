"""Run folders as a command finds them: the one that was named, or the newest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..graphs.problem import GraphError, fail

if TYPE_CHECKING:
    from .run_record import RunRecord

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


def read_record(folder: Path) -> RunRecord:
    """What a run wrote of itself in ``run.json``.

    GraphError where it isn't a run's folder, and where the file isn't what a run writes.
    """
    from pydantic import ValidationError

    from .run_record import RunRecord

    path = folder / RECORD
    if not path.is_file():
        why = f"it has no {RECORD}" if folder.is_dir() else "it is a file"
        raise fail(None, f"{folder} is no run's folder: {why if folder.exists() else 'it is not there'}")
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(map(str, found["loc"]))
        why = f"{where}: {found['msg']}" if where else found["msg"]
        hint = "take the file away, and the command of the run writes it anew"
        raise fail(None, f"{path} is not what a run writes: {why}", hint) from None
    except OSError as error:
        raise fail(None, f"{path} can't be read: {error.strerror}") from None


def _name_in(folder: Path) -> str | None:
    with suppress(GraphError):  # a damaged one may be of any graph
        return read_record(folder).name
    return None


def _records(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from root.glob(f"*/{RECORD}")
