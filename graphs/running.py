"""What a run is told, and what it tells: settings, events, delivered items, its outcome."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

from .batching import Batch
from .calls import Failure, Interrupted
from .plan import Plan
from .profile import Tracer
from .walk import BLOCK


@dataclass(frozen=True)
class Event:
    """Something a run tells whoever watches."""

    kind: Literal["planned", "made", "failed", "note"]
    step: str = ""
    count: int = 0
    seconds: float = 0.0
    message: str = ""
    plan: Plan | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Delivered:
    """One output at one point: its item, or the reason why there is none."""

    key: bytes
    item: Any = None
    flags: tuple[str, ...] = ()
    missing: int = 0
    failure: str | None = None


class Sink(Protocol):
    """Where outputs go."""

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        """Which of the points (index over the output's axes → key) it has already."""
        ...

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        """Take portions of outputs, each with its name. Called from a thread of its own."""
        ...


class Ledger:
    """Remembers from run to run which items failed, by key; this one remembers nothing.

    ``folder`` is where it keeps that.
    """

    folder: Path = Path()
    failed_before: Mapping[bytes, Failure] = MappingProxyType({})

    def remember(self, key: bytes, failure: Failure) -> None:
        """Remember a failure for the runs to come."""
        return


@dataclass(frozen=True)
class Settings:
    """How to run: none of this changes a result.

    ``batch`` is the most items in a call: a number, ``auto`` for what proves fastest, or None for what each
    node type declares. Pictures are the same to float tolerance; equal sizes make them equal bit for bit.
    ``max_failures`` items that fail end the run early. What failed in an earlier run is left alone unless
    ``retry_failed`` or ``fresh``.
    """

    batch: Batch = "auto"
    fresh: bool = False
    retry_failed: bool = False
    max_failures: int | None = None
    block: int = BLOCK
    tracer: Tracer = field(default_factory=Tracer)


@dataclass
class Outcome:
    """What a run did. ``left_alone`` are the keys of those ``failures`` that an earlier run came upon."""

    made: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    failures: list[Failure] = field(default_factory=list)
    left_alone: set[bytes] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    peak_memory: int | None = None

    @property
    def failed_now(self) -> int:
        """How many items failed in this run itself."""
        return len(self.failures) - len(self.left_alone)


class TooManyFailures(Interrupted):
    """As many items failed as ``max_failures`` allows; everything finished is stored."""

    def __init__(self, outcome: Outcome, folder: Path) -> None:
        self.outcome = outcome
        super().__init__(folder, f"the run stopped because {outcome.failed_now} items failed")
