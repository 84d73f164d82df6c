"""Calls that are given up when they take too long."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from contextvars import copy_context
from types import FrameType, TracebackType
from typing import Any

#: Seconds that a call which was told to end may take for that.
_GRACE = 5.0


class _GivenUp(BaseException):
    """Raised inside a call that is to end; no ``except Exception`` of a node stops it."""


def within(seconds: float, function: Callable[[], Any], abandoned: Callable[[], None]) -> Any:
    """What ``function`` returns; TimeoutError, with the traceback of where it was, when it takes longer.

    It runs in a thread of its own. Python code is ended at its next instruction. Code outside Python (a
    system call, a kernel) can't be: its thread is left behind, of which ``abandoned`` is told, and ends with
    the process.
    """
    call = _Call(function)
    try:
        call.start()
        call.join(seconds)
    except BaseException:  # whoever waits is interrupted
        call.give_up()
        raise
    if call.give_up():
        stack = _stack(call.ident)
        call.join(min(seconds, _GRACE))
        if call.is_alive():
            abandoned()
        raise TimeoutError(f"took longer than its timeout of {seconds:g} s").with_traceback(stack)
    if call.error is not None:
        raise call.error
    return call.result


class _Call(threading.Thread):
    """A function at work. Whether it is done or given up is settled under a lock: never both."""

    def __init__(self, function: Callable[[], Any]) -> None:
        # A daemon, so that the process ends though a call never does.
        super().__init__(name="mezzotint call", daemon=True)
        context = copy_context()
        self.function: Callable[[], Any] = lambda: context.run(function)
        self.result: Any = None
        self.error: BaseException | None = None
        self._settled = threading.Lock()
        self._is_done = False
        self._is_given_up = False

    def run(self) -> None:
        try:
            try:
                self.result = self.function()
            except BaseException as error:
                self.error = error
            with self._settled:
                self._is_done = not self._is_given_up
            for _ in range(1000 if self._is_given_up else 0):  # the exception is on its way: here it ends
                pass
        except _GivenUp:
            return

    def give_up(self) -> bool:
        """End the call where it is, unless it is done."""
        with self._settled:
            if self._is_done:
                return False
            self._is_given_up = True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self.ident or 0), ctypes.py_object(_GivenUp)
            )
            return True


def _stack(ident: int | None) -> TracebackType | None:
    """Where a thread is at the moment, as a traceback, from its call of the function on."""
    trace: TracebackType | None = None
    frame: FrameType | None = sys._current_frames().get(ident or 0)
    while frame is not None and frame.f_code is not _Call.run.__code__:
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return trace
