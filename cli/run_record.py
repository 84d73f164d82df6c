"""What ``run.json`` says of a run, as a command reads it: somebody may have edited it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer

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
