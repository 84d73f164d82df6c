"""Where a run's time goes: spans of the engine and of node calls, as totals and as a trace to look at.

A trace is JSON in Chrome's trace event format, complete events (``ph: X``) with the thread they ran on;
https://ui.perfetto.dev and chrome://tracing show it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .store import write_atomically

Kind = Literal["run", "node", "engine"]

#: A trace holds this many spans at most, so that the profile of a long run stays small; totals go on.
MOST_SPANS = 1_000_000

_NOTHING: AbstractContextManager[Any] = nullcontext()


@dataclass
class Total:
    """What all spans of one name took on one kind of thread, less what ran inside them.

    ``background`` are threads other than the run's own: their seconds pass beside it.
    """

    name: str
    kind: Kind
    background: bool
    calls: int = 0
    items: int = 0
    seconds: float = 0.0


class Tracer:
    """Hands out spans that record nothing: what a run has unless it is profiled."""

    def span(self, name: str, kind: Kind = "engine", **details: Any) -> AbstractContextManager[Any]:
        """A context whose time is noted under ``name``. ``items=`` counts, other details are for reading."""
        return _NOTHING


class Profile(Tracer):
    """Records the spans of one run, on whatever thread they are; belongs to the thread that makes it."""

    def __init__(self) -> None:
        self._home = threading.get_ident()
        self._started = time.perf_counter_ns()
        self._open = threading.local()
        self._lock = threading.Lock()
        self._events: list[tuple[str, Kind, int, int, int, dict[str, Any]]] = []
        self._threads: dict[int, str] = {}
        self._totals: dict[tuple[str, Kind, bool], Total] = {}

    def span(self, name: str, kind: Kind = "engine", **details: Any) -> AbstractContextManager[Any]:
        return _Span(self, name, kind, details)

    @property
    def totals(self) -> list[Total]:
        """Totals in the order in which their names first ended. Those of one thread add up to its time."""
        return list(self._totals.values())

    @property
    def seconds(self) -> float:
        """What the spans of the run's own thread took together."""
        return sum(total.seconds for total in self._totals.values() if not total.background)

    def write(self, path: Path) -> None:
        """Write the trace; OSError where that can't be."""
        process = os.getpid()
        events: list[dict[str, Any]] = [
            {"ph": "M", "name": "thread_name", "pid": process, "tid": thread, "args": {"name": name}}
            for thread, name in self._threads.items()
        ]
        events += [
            {
                "ph": "X",
                "name": name,
                "cat": kind,
                "pid": process,
                "tid": thread,
                "ts": started / 1000,
                "dur": taken / 1000,
                "args": details,
            }
            for name, kind, thread, started, taken, details in self._events
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"displayTimeUnit": "ms", "traceEvents": events}, ensure_ascii=False, default=str)
        write_atomically(path, text.encode())

    def _stack(self) -> list[_Span]:
        """The spans open on this thread, the innermost last."""
        try:
            stack: list[_Span] = self._open.stack
        except AttributeError:
            stack = self._open.stack = []
            with self._lock:
                self._threads[threading.get_ident()] = threading.current_thread().name
        return stack

    def _end(self, span: _Span, taken: int) -> None:
        thread = threading.get_ident()
        where = (span.name, span.kind, thread != self._home)
        with self._lock:
            total = self._totals.setdefault(where, Total(*where))
            total.calls += 1
            total.items += span.details.get("items", 0)
            total.seconds += (taken - span.inside) / 1e9
            if len(self._events) < MOST_SPANS:
                started = span.started - self._started
                self._events.append((span.name, span.kind, thread, started, taken, span.details))


class _Span:
    """One stretch of time on one thread; ``inside`` are the nanoseconds of the spans within it."""

    __slots__ = ("details", "inside", "kind", "name", "profile", "started")

    def __init__(self, profile: Profile, name: str, kind: Kind, details: dict[str, Any]) -> None:
        self.profile = profile
        self.name = name
        self.kind = kind
        self.details = details
        self.inside = 0

    def __enter__(self) -> None:
        self.profile._stack().append(self)
        self.started = time.perf_counter_ns()

    def __exit__(self, *_: object) -> None:
        taken = time.perf_counter_ns() - self.started
        stack = self.profile._stack()
        stack.pop()
        if stack:
            stack[-1].inside += taken
        self.profile._end(self, taken)
