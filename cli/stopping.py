"""Ending a run on request: the first Ctrl-C lets the micro-batch end, the second ends the process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any

from .statuses import Status

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SAID = "Stopping after this micro-batch; once more stops at once."


class Stopping:
    """Whether somebody asked the run to stop. While entered, Ctrl-C and SIGTERM ask for that."""

    def __init__(self, *, announce: bool) -> None:
        self.announce = announce
        self.signal: int | None = None
        self.pipe_closed = False
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.signal is not None or self.pipe_closed

    @property
    def status(self) -> Status:
        """The exit status that says why the run stopped."""
        if self.pipe_closed:
            return Status.BROKEN
        return Status.TERMINATED if self.signal == signal.SIGTERM else Status.INTERRUPTED

    def __enter__(self) -> Stopping:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        for each in _SIGNALS:  # the store and the run folder are written atomically: nothing is lost
            signal.signal(each, signal.SIG_DFL)
        if self.announce:
            # Not print: the signal may have come in the middle of one.
            cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # progress bars hide it
            os.write(2, f"{cursor}{SAID}\n".encode())
