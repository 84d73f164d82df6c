"""How far a count has come: a bar on a terminal, now and then a line in a pipe."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .statuses import say
from .terminal import console

#: Seconds between two lines.
_PAUSE = 10.0


class Counting(AbstractContextManager["Counting"]):
    """Called with how many are done, and of how many; ``shown=False`` says nothing."""

    def __init__(self, word: str, *, shown: bool = True) -> None:
        out = console(err=True)
        self._word = word
        self._lines = shown and not out.is_terminal
        self._last = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=out,
            disable=not (shown and out.is_terminal),
        )
        self._task = self._bar.add_task(word, total=None)

    def __enter__(self) -> Counting:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)
        if self._lines and (done == total or time.monotonic() - self._last > _PAUSE):
            self._last = time.monotonic()
            say(f"{self._word}: {done:,} of {total:,}")
