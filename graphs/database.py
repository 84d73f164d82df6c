"""SQLite files: several processes may use one at once, and one that is damaged or gone is begun anew."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, TypeVar

from .lock import FileLock

T = TypeVar("T")

#: What a database raises. The second, when a damaged name stands in SQLite's own message.
FAULTS = (sqlite3.DatabaseError, UnicodeDecodeError)
#: What SQLite says of a machine that lacks something; its numbers came to Python with 3.11.
_HARDSHIPS = ("locked", "busy", "is full", "I/O error", "readonly", "unable to open", "interrupted", "memory")
#: Seconds to wait for another process that writes.
_PATIENCE = 60
#: How often a store's folder may be removed while it is being opened.
_REMOVALS = 2


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """A database that several processes may use at once; sqlite3.DatabaseError for a damaged file.

    OSError where it can't be opened. Another thread may close the connection.
    """
    try:
        return _open(path, schema)
    except sqlite3.OperationalError as error:
        # The system says more than SQLite does, which opens a file, its journals and their folder. The file
        # itself is never opened here: closing it would end the locks of this process's other connections.
        with ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(tempfile.TemporaryFile(dir=path.parent))
        if "readonly" in str(error) and os.access(path, os.W_OK):
            # A damaged header may name a format to come, which SQLite doesn't write.
            raise sqlite3.DatabaseError("the file can be written, and says that it can't") from None
        raise


def _open(path: Path, schema: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    # Damaged text is noticed by whoever compares digests; it is no reason to stop.
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        database.execute("PRAGMA journal_mode = WAL")
        # With WAL, NORMAL can lose the last transactions to a power cut, never corrupt: they are remade.
        database.execute("PRAGMA synchronous = NORMAL")
        # Keys fall anywhere in an index, so a little more of it than the default stays in memory.
        database.execute("PRAGMA cache_size = -4096")
        database.executescript(schema)
        # Whether it may be written is told now, not in the middle of a run.
        database.execute("BEGIN IMMEDIATE")
        database.execute("PRAGMA user_version = 1")
        database.execute("ROLLBACK")
    except BaseException:
        database.close()
        raise
    return database


def in_transaction(database: sqlite3.Connection, write: Callable[[sqlite3.Connection], T]) -> T:
    """Run ``write`` in one transaction, which is kept whole or not at all."""
    database.execute("BEGIN IMMEDIATE")
    try:
        result = write(database)
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk, say, has ended the transaction already
            database.execute("ROLLBACK")
        raise
    return result


def is_damage(error: Exception) -> bool:
    """Whether an error tells of a damaged file: all that aren't of locks, full disks and the like.

    Where a bit of the schema has flipped, SQLite takes the statement for wrong rather than the file.
    """
    if type(error) is sqlite3.DatabaseError or isinstance(error, UnicodeDecodeError):
        return True
    hardship = any(word in str(error) for word in _HARDSHIPS)
    return isinstance(error, sqlite3.OperationalError) and not hardship


def put_aside(path: Path) -> Path:
    """Rename a damaged database, for whoever wants to look, and its journal: no new one must replay that."""
    aside = path.with_suffix(".damaged")
    for suffix in ("-shm", "-wal", ""):
        aside.with_name(aside.name + suffix).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    return aside


class SharedDatabase:
    """A database for any number of processes and threads, which outlives damage and removal by starting anew.

    Opening it and putting it aside is for one process at a time; afterwards each notices by the file's
    identity that another has begun a new one. ``opened`` is told of every opening, and whether this process
    found the file damaged: what was remembered of the old one holds no longer. Every thread has a connection
    of its own, so that reading never waits for writing. ``rescue`` takes over from a damaged database what
    can still be read of it.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        opened: Callable[[bool], None],
        rescue: Callable[[sqlite3.Connection, sqlite3.Connection], None],
    ) -> None:
        self.path = path
        self.schema = schema
        self.opened = opened
        self.rescue = rescue
        self._own = _OfThread()
        self._connections: list[sqlite3.Connection] = []
        self._open()

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """All rows of a statement; of a database that had to begin anew, those of the new one."""
        rows: list[Any] = self._with(lambda database: database.execute(statement, parameters).fetchall())
        return rows

    def ask_for(self, keys: Sequence[Any], statement: str, parameters: Sequence[Any]) -> list[Any]:
        """Rows that begin with one of ``keys``. One that begins with another betrays a damaged index."""
        asked = set(keys)

        def find(database: sqlite3.Connection) -> list[Any]:
            rows = database.execute(statement, parameters).fetchall()
            if not asked.issuperset(row[0] for row in rows):
                raise sqlite3.DatabaseError("the index leads to other rows")
            return rows

        return self._with(find)

    def change(self, write: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``write`` in one transaction, which is kept whole or not at all."""

        return self._with(lambda database: in_transaction(database, write))

    def close(self) -> None:
        """Close the connections of all threads; none of them may be at work."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._own = _OfThread()

    def _with(self, use: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._own.connection
        if connection is None or self._own.identity != _identity(self.path):
            connection = self._open()
        try:
            return use(connection)
        except FAULTS as error:
            if not is_damage(error):
                raise
            return use(self._open(damaged=True))

    def _open(self, *, damaged: bool = False) -> sqlite3.Connection:
        """Open this thread's connection anew; ``damaged`` tells that it found the file to be."""
        for _ in range(_REMOVALS):
            with suppress(FileNotFoundError):  # the folder was removed between making it and opening
                return self._open_once(damaged=damaged)
        return self._open_once(damaged=damaged)

    def _open_once(self, *, damaged: bool) -> sqlite3.Connection:
        known = self._own.identity
        if self._own.connection is not None:
            self._connections.remove(self._own.connection)
            self._own.connection.close()
            self._own.connection = None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), wait=True):
            damaged = damaged and known == _identity(self.path)  # else another process has begun a new one
            if not damaged:
                try:
                    connection = open_database(self.path, self.schema)
                except FAULTS as error:
                    if not is_damage(error):
                        raise
                    damaged = True
            if damaged:
                connection = self._begin_anew()
            self._own.connection, self._own.identity = connection, _identity(self.path)
        self._connections.append(connection)
        self.opened(damaged)
        return connection

    def _begin_anew(self) -> sqlite3.Connection:
        aside = put_aside(self.path)
        connection = open_database(self.path, self.schema)
        with suppress(sqlite3.Error, UnicodeDecodeError), closing(sqlite3.connect(aside)) as old:
            old.text_factory = connection.text_factory
            self.rescue(old, connection)
        return connection


class _OfThread(threading.local):
    """A thread's connection, and the identity of the file that it is to."""

    connection: sqlite3.Connection | None = None
    identity: tuple[int, int] | None = None


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None for none."""
    with suppress(OSError):
        state = os.stat(path)
        return state.st_dev, state.st_ino
    return None
