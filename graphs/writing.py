"""Writing what a run has made while it makes the next: items to the store, outputs to where they go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .profile import Tracer
    from .running import Delivered, Sink
    from .store import Entry, Store

#: What may wait to be written, in bytes and in items: whoever makes more than that waits, too.
WAITING_BYTES = 256 << 20
WAITING_ITEMS = 1024
#: What is worth a transaction of its own; less than that waits a moment, in seconds, for company.
TOGETHER_BYTES = 1 << 20
TOGETHER_ITEMS = 256
A_MOMENT = 0.02


@dataclass(frozen=True)
class _Piece:
    """Entries for the store or one output for the sink, in the order in which they were made."""

    items: int
    nbytes: int
    entries: Sequence[Entry] = ()
    made_with: Mapping[str, Any] | None = None
    done: Callable[[], None] | None = None
    output: str = ""
    delivered: Mapping[int, Delivered] | None = None


class Writer:
    """One thread that writes in the order of making, as much at a time as has come in meanwhile.

    Hashing, encoding of pictures and the disk's own time so pass while the next batch is computed. An error
    stops the writing for good and is raised by whatever is called from then on.
    """

    def __init__(self, store: Store, sink: Sink, tracer: Tracer) -> None:
        self._store = store
        self._sink = sink
        self._span = tracer.span
        lock = threading.Lock()
        self._come = threading.Condition(lock)
        self._gone = threading.Condition(lock)
        self._waiting: list[_Piece] = []
        self._items = 0
        self._nbytes = 0
        self._hurried = False
        self._closing = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def store(
        self, entries: Sequence[Entry], made_with: Mapping[str, Any] | None, done: Callable[[], None]
    ) -> None:
        """Have entries stored; ``done`` is called from the thread as soon as they are."""
        nbytes = sum(len(entry.data) for entry in entries)
        self._add(_Piece(len(entries), nbytes, entries, made_with, done))

    def deliver(self, output: str, delivered: Mapping[int, Delivered], nbytes: int) -> None:
        """Have one output handed to the sink; ``nbytes`` is what its items take in memory."""
        self._add(_Piece(len(delivered), nbytes, output=output, delivered=delivered))

    def wait(self) -> None:
        """Return when everything is written; raise what went wrong in writing."""
        with self._come:
            self._hurry(lambda: self._items == 0)
            self._raise()

    def close(self) -> None:
        """Write what waits and end the thread; raise what went wrong."""
        with self._come:
            self._closing = self._hurried = True
            self._come.notify()
        if self._thread is not None:
            with self._span("wait"):
                self._thread.join()
            self._thread = None
        self._raise()

    def _hurry(self, enough: Callable[[], bool]) -> None:
        """Wait until enough is written, with the lock held."""
        if not enough():
            self._hurried = True
            self._come.notify()
            with self._span("wait"):
                self._gone.wait_for(enough)

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _add(self, piece: _Piece) -> None:
        with self._come:
            self._hurry(lambda: self._items < WAITING_ITEMS and self._nbytes < WAITING_BYTES)
            self._raise()
            self._waiting.append(piece)
            self._items += piece.items
            self._nbytes += piece.nbytes
            if len(self._waiting) == 1 or self._is_worth_it():
                self._come.notify()
        if self._thread is None:
            # A daemon, so that whoever is told twice to stop needn't wait for a slow disk.
            self._thread = threading.Thread(target=self._work, name="mezzotint writer", daemon=True)
            self._thread.start()

    def _is_worth_it(self) -> bool:
        return self._hurried or self._items >= TOGETHER_ITEMS or self._nbytes >= TOGETHER_BYTES

    def _work(self) -> None:
        while True:
            with self._come:
                self._come.wait_for(lambda: self._waiting or self._closing)
                self._come.wait_for(self._is_worth_it, timeout=A_MOMENT)
                pieces, self._waiting = self._waiting, []
                self._hurried = self._closing
            if not pieces:
                return
            try:
                if self._error is None:
                    self._write(pieces)
            except BaseException as error:
                self._error = error
            with self._gone:
                self._items -= sum(piece.items for piece in pieces)
                self._nbytes -= sum(piece.nbytes for piece in pieces)
                self._gone.notify_all()

    def _write(self, pieces: Sequence[_Piece]) -> None:
        """Items first, all of them in one transaction; then the outputs, of which the folder may speak."""
        stored = [piece for piece in pieces if piece.delivered is None]
        if stored:
            with self._span("write items", items=sum(piece.items for piece in stored)):
                self._store.write_all([(piece.entries, piece.made_with) for piece in stored])
            for piece in stored:
                if piece.done is not None:
                    piece.done()
        delivered = [(piece.output, piece.delivered) for piece in pieces if piece.delivered is not None]
        if delivered:
            with self._span("write outputs", items=sum(len(portion) for _, portion in delivered)):
                self._sink.put(delivered)
