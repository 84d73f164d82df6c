"""Items on disk, by key: small ones in one SQLite file, large ones as files beside it.

An entry is written whole or not at all, carries a digest of its bytes, and is dropped and made again when
those don't match. Several processes may share a store.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .database import SharedDatabase
from .digest import cache_folder
from .hardship import is_hardship
from .rescue import item_digest, rescue

#: Threads that hash, encode and write files side by side.
HANDS = min(4, os.cpu_count() or 1)
#: Items up to this many bytes live in the database itself.
SMALL = 32 << 10
#: SQLite takes a bounded number of parameters a statement; 500 is safe everywhere.
_PORTION = 500
#: Seconds between what was there before a mark and what came after it.
_TICK = 1e-3
#: After this many reads their time is written down.
_MOST_USED = 10_000
#: Seconds by which the time of an item's last use may be off.
A_MOMENT = 60.0
#: Seconds after which a file without a row was left by a process that ended in between.
_ABANDONED = 3600.0
#: How the name of a file ends that isn't whole yet.
_PART = ".part"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    key BLOB PRIMARY KEY, node TEXT NOT NULL, size INTEGER NOT NULL, digest BLOB NOT NULL, data BLOB,
    flags TEXT NOT NULL, missing INTEGER NOT NULL, made_with INTEGER, made REAL NOT NULL, used REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS provenance (id INTEGER PRIMARY KEY, record TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS costs (key BLOB PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_used ON items (used);
"""


@dataclass(frozen=True)
class Entry:
    """An item as the store holds it.

    ``flags`` are words about the item (``blank``), ``missing`` how many members a reduction lacks.
    """

    key: bytes
    node: str
    data: bytes = field(repr=False)
    flags: tuple[str, ...] = ()
    missing: int = 0


@dataclass(frozen=True)
class Known:
    """What a look-up tells of an item without reading it."""

    flags: tuple[str, ...]
    missing: int


#: What a look-up tells of most items.
_PLAIN = Known((), 0)
#: An entry as the database holds it, but for when and with what it was made.
_Row = tuple[bytes, str, int, bytes, "bytes | None", str, int]


class Store:
    """A folder of items, for any number of threads and processes at once."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "store"
        self.damaged = 0
        self._provenance: dict[str, int] = {}
        self._used: set[bytes] = set()
        self._mark = 0.0
        self._hands = ThreadPoolExecutor(HANDS, "mezzotint files")
        self._database = SharedDatabase(self.folder / "items.db", _SCHEMA, self._opened, rescue)

    def _opened(self, damaged: bool) -> None:
        self.damaged += damaged
        self._provenance.clear()

    def close(self) -> None:
        try:
            self._note_used()
        finally:
            self._hands.shutdown()
            self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def known(self, keys: Iterable[bytes], since: float = 0.0) -> dict[bytes, Known]:
        """Which of ``keys`` are stored (and made at or after ``since``, a :meth:`mark`)."""
        found: dict[bytes, Known] = {}
        for portion in _portions(keys):
            rows = self._database.ask_for(
                portion,
                f"SELECT key, flags, missing FROM items WHERE key IN ({_marks(portion)}) AND made >= ?",
                (*portion, since),
            )
            found.update((key, _known(flags, missing)) for key, flags, missing in rows)
        return found

    def mark(self) -> float:
        """Tells what is written from now on from all that there is, whatever the clock did or will do.

        In seconds since the epoch, but later than anything stored.
        """
        latest = self._database.ask("SELECT MAX(used) FROM items")[0][0] or 0.0
        self._mark = max(time.time(), latest + _TICK)
        return self._mark

    def read(self, keys: Iterable[bytes]) -> dict[bytes, Entry]:
        """The entries of ``keys``; a damaged one is dropped from the store and left out."""
        found: dict[bytes, Entry] = {}
        for portion in _portions(keys):
            rows = self._database.ask_for(
                portion,
                f"SELECT key, node, digest, data, flags, missing FROM items WHERE key IN ({_marks(portion)})",
                portion,
            )
            for key, node, digest, data, flags, missing in rows:
                content = data if data is not None else self._read_file(key)
                # In a damaged row a column may hold a value of any type.
                if not isinstance(content, bytes) or item_digest(content, flags, missing) != digest:
                    self.damaged += 1
                    self.drop([key])
                    continue
                found[key] = Entry(key, node, content, tuple(flags.split()), missing)
                self._used.add(key)
        if len(self._used) >= _MOST_USED:
            self._note_used()
        return found

    def _note_used(self) -> None:
        """Write down what was read; many at a time, so that reading hardly ever waits for a writer.

        What was used a moment ago keeps that time: a run that finds everything stored writes next to nothing.
        """
        used, self._used = self._used, set()
        now = time.time()
        for portion in _portions(used):
            self._database.ask(
                f"UPDATE items SET used = MAX(made, ?) WHERE key IN ({_marks(portion)}) "
                "AND used NOT BETWEEN ? AND ?",
                (now, *portion, now - A_MOMENT, now),
            )

    def _read_file(self, key: bytes) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except OSError as error:
            if is_hardship(error) and error.errno != errno.EIO:
                raise  # the file may be whole: to drop it would lose it
            return None

    def made_with(self, key: bytes) -> dict[str, Any]:
        """The effort options and library versions an item was made with; empty when not recorded."""
        rows = self._database.ask(
            "SELECT record FROM items JOIN provenance ON made_with = id WHERE key = ?", (key,)
        )
        return _record(rows[0][0]) if rows else {}

    def costs(self, keys: Iterable[bytes]) -> dict[bytes, dict[str, Any]]:
        """What making items took; those of which nothing is recorded are left out."""
        found: dict[bytes, dict[str, Any]] = {}
        for portion in _portions(keys):
            rows = self._database.ask_for(
                portion, f"SELECT key, record FROM costs WHERE key IN ({_marks(portion)})", portion
            )
            found.update((key, _record(record)) for key, record in rows)
        return found

    # Writing

    def write(self, entries: Sequence[Entry], made_with: Mapping[str, Any] | None = None) -> None:
        """Store entries in one transaction; ``made_with`` says what they were made with.

        Its ``cost`` is noted for each of them; the rest is the same for most, and written once.
        """
        self.write_all([(entries, made_with)])

    def write_all(self, groups: Sequence[tuple[Sequence[Entry], Mapping[str, Any] | None]]) -> None:
        """Store groups of entries in one transaction; files first: no row speaks of one that is absent."""
        written = [(self._filed(entries), made_with) for entries, made_with in groups]
        try:
            self._database.change(lambda database: self._write_rows(database, written))
        except BaseException:
            self._provenance.clear()  # an identity given in a transaction that is none may be given again
            raise

    def _filed(self, entries: Sequence[Entry]) -> list[_Row]:
        """Rows of entries, with the files of large ones written: several at a time, as that takes a while."""
        if sum(len(entry.data) > SMALL for entry in entries) > 1:
            return list(self._hands.map(self._file, entries))
        return [self._file(entry) for entry in entries]

    def _file(self, entry: Entry) -> _Row:
        if len(entry.data) > SMALL:
            write_atomically(self._path(entry.key), entry.data)
        return _row(entry)

    def _write_rows(
        self,
        database: sqlite3.Connection,
        groups: Sequence[tuple[list[_Row], Mapping[str, Any] | None]],
    ) -> None:
        now = max(time.time(), self._mark)
        for rows, made_with in groups:
            said = dict(made_with or {})
            cost = said.pop("cost", None)
            origin = self._origin(database, said)
            if cost:
                record = json.dumps(cost)
                database.executemany(
                    "INSERT OR REPLACE INTO costs VALUES (?, ?)", [(row[0], record) for row in rows]
                )
            database.executemany(
                "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*row, origin, now, now) for row in rows],
            )

    def _origin(self, database: sqlite3.Connection, made_with: Mapping[str, Any] | None) -> int | None:
        if not made_with:
            return None
        record = json.dumps(made_with, sort_keys=True)
        if record not in self._provenance:
            database.execute("INSERT OR IGNORE INTO provenance (record) VALUES (?)", (record,))
            row = database.execute("SELECT id FROM provenance WHERE record = ?", (record,)).fetchone()
            self._provenance[record] = int(row[0])
        return self._provenance[record]

    def drop(self, keys: Iterable[bytes]) -> None:
        """Forget entries; their rows first, so that no row promises a file that isn't there."""
        for portion in _portions(keys):
            for table in ("items", "costs"):
                self._database.ask(f"DELETE FROM {table} WHERE key IN ({_marks(portion)})", portion)
            for key in portion:
                self._path(key).unlink(missing_ok=True)

    # Keeping house

    def size(self) -> int:
        """Bytes of all items."""
        return int(self._database.ask("SELECT COALESCE(SUM(size), 0) FROM items")[0][0])

    def by_node(self) -> list[tuple[str, int, int]]:
        """(node type, items, bytes) of everything stored, largest first."""
        return self._database.ask(
            "SELECT node, COUNT(*), SUM(size) FROM items GROUP BY node ORDER BY SUM(size) DESC"
        )

    def trim(self, limit: int) -> tuple[int, int]:
        """Drop the items that were used longest ago until ``limit`` bytes remain: (items, bytes) dropped.

        Also removes what a killed process has left half written.
        """
        self._note_used()
        excess = self.size() - limit
        dropped, freed = [], 0
        for key, size in self._database.ask("SELECT key, size FROM items ORDER BY used, key"):
            if freed >= excess:
                break
            dropped.append(key)
            freed += size
        self.drop(dropped)
        self._sweep()
        if dropped:
            with suppress(sqlite3.OperationalError):  # another process is at work: the space serves new items
                self._database.ask("VACUUM")
        return len(dropped), freed

    def _sweep(self) -> None:
        """Remove files that no row speaks of and that nobody can be writing any more."""
        rows = self._database.ask("SELECT key FROM items WHERE data IS NULL")
        spoken_of = {self._path(key) for (key,) in rows}
        for path in (self.folder / "files").glob("*/*"):
            with suppress(OSError):
                if path not in spoken_of and path.stat().st_mtime < time.time() - _ABANDONED:
                    path.unlink()

    def _path(self, key: bytes) -> Path:
        name = key.hex()
        return self.folder / "files" / name[:2] / name


def _record(text: Any) -> dict[str, Any]:
    """A mapping that was written as JSON; empty for damaged text."""
    with suppress(ValueError, TypeError):
        return dict(json.loads(text))
    return {}


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with whole(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file of this process alone to write to; it becomes ``path`` in the end, unless writing fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _named(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_PART)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors name the file that was asked for, and not the one that is written before it."""
    try:
        yield
    except OSError as error:
        if str(error.filename).endswith(_PART):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


@cache
def _umask() -> int:
    # Asked once: it can only be read by setting it, which two threads may do in each other's way.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _known(flags: str, missing: int) -> Known:
    return Known(tuple(str(flags).split()), missing) if flags or missing else _PLAIN


def _row(entry: Entry) -> _Row:
    data = entry.data if len(entry.data) <= SMALL else None
    flags = " ".join(entry.flags)
    digest = item_digest(entry.data, flags, entry.missing)
    return (entry.key, entry.node, len(entry.data), digest, data, flags, entry.missing)


def _portions(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    listed = list(keys)
    for start in range(0, len(listed), _PORTION):
        yield listed[start : start + _PORTION]


def _marks(portion: Sequence[bytes]) -> str:
    return ",".join("?" * len(portion))
