"""What ``run.json`` and ``failures.jsonl`` say of a run, read back: somebody may have edited them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, ValidationError

from ...graphs.problem import fail

if TYPE_CHECKING:
    from ...graphs.calls import Failure

RECORD = "run.json"

#: Given on as it was written.
_Moment = Annotated[AwareDatetime, PlainSerializer(datetime.isoformat)]


class _Written(BaseModel):
    """Values are of their own types; what else stands there is kept, for ``--json``."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class StepRecord(_Written):
    """What one run did at one step."""

    made: int
    seconds: float
    skipped: int


class Entry(_Written):
    """One of the runs that a folder saw."""

    started: _Moment
    finished: _Moment
    steps: dict[str, StepRecord]
    damaged: int
    peak_memory: int | None

    @property
    def seconds(self) -> float:
        """How long it took; nothing where the clock was set back."""
        return max(0.0, (self.finished - self.started).total_seconds())


class RunRecord(_Written):
    """A run folder's ``run.json``; ``history`` has an entry for every run that made something."""

    name: str
    digest: str
    complete: bool
    axes: dict[str, int]
    flags: dict[str, int]
    history: list[Entry]


def read_record(folder: Path) -> RunRecord:
    """What a run wrote of itself in ``run.json``.

    GraphError where it isn't a run's folder, and where the file isn't what a run writes.
    """
    path = folder / RECORD
    if not path.is_file():
        why = f"it has no {RECORD}" if folder.is_dir() else "it is a file"
        raise fail(None, f"{folder} is no run's folder: {why if folder.exists() else 'it is not there'}")
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        hint = "take the file away, and the command of the run writes it anew"
        raise fail(None, f"{path} is not what a run writes: {first_fault(error)}", hint) from None
    except OSError as error:
        raise fail(None, f"{path} can't be read: {error.strerror}") from None


def first_fault(error: ValidationError) -> str:
    """Where a file first differs from what it should hold, and how."""
    found = error.errors()[0]
    where = ".".join(map(str, found["loc"]))
    return f"{where}: {found['msg']}" if where else found["msg"]


def failures_of(folder: Path) -> list[Failure]:
    """What ``failures.jsonl`` tells; lines that aren't whole are passed over."""
    from ...graphs.calls import Failure

    try:
        lines = (folder / "failures.jsonl").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
            found.append(Failure(*(entry[key] for key in ("step", "node", "point", "error", "message"))))
        except (ValueError, KeyError, TypeError):
            continue
    return found
