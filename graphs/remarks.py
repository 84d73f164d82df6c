"""What Python warns of while node functions run: told to the run whose call it is, and to no other."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: Where the warnings of this context go; None where no call is under way.
_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class _Listening:
    """Listens to Python's warnings, of which a process has one stream, while any call anywhere runs.

    ``warnings.catch_warnings`` around every call would do in one thread; of two that overlap, the first to
    end takes the other's ear away, and the last leaves it behind for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._stock = warnings.catch_warnings()
        self._shown: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._calls += 1
            if self._calls == 1:
                self._stock = warnings.catch_warnings()
                self._stock.__enter__()
                self._shown = warnings.showwarning
                warnings.simplefilter("ignore")
                warnings.simplefilter("always", UserWarning)
                warnings.showwarning = self._hear

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            if self._calls == 0:
                self._stock.__exit__(None, None, None)

    def _hear(self, message: Warning | str, *details: Any, **more: Any) -> None:
        heard = _heard.get()
        if heard is None:
            self._shown(message, *details, **more)
        else:
            heard.append(str(message))


_listening = _Listening()


@contextmanager
def remarks() -> Iterator[list[str]]:
    """Holds while a node's code runs; gathers what users are to know of the warnings in this context."""
    heard: list[str] = []
    with _listening:
        token = _heard.set(heard)
        try:
            yield heard
        finally:
            _heard.reset(token)
