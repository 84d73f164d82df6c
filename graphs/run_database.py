"""The record inside a run folder, ``.items.db``: what tells the next run of the graph what it may skip."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from .calls import Failure
from .database import FAULTS, in_transaction, is_damage, open_database, put_aside
from .items_table import Cell, without_paths

T = TypeVar("T")

NAME = ".items.db"
#: SQLite takes a bounded number of parameters a statement; 500 is safe everywhere.
_PORTION = 500

#: Raised when the tables change; those of another version are made anew.
_VERSION = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (digest TEXT);
CREATE TABLE IF NOT EXISTS cells (
    output TEXT, point INTEGER, key BLOB, cell TEXT, flags TEXT, missing INTEGER, failure TEXT, checked BLOB,
    PRIMARY KEY (output, point)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    output TEXT, point INTEGER, size INTEGER, changed INTEGER, digest BLOB,
    PRIMARY KEY (output, point)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
    key BLOB PRIMARY KEY, step TEXT, node TEXT, point TEXT, error TEXT, message TEXT, frames TEXT
) WITHOUT ROWID;
"""


_to_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


class DamagedError(Exception):
    """The record was found damaged in the middle of a run."""


class WrittenFile(NamedTuple):
    """What a file was when it was written: bytes, time of change in nanoseconds, digest of its content."""

    size: int
    changed: int
    digest: bytes


class Row(NamedTuple):
    """One output at one point."""

    output: str
    point: int
    key: bytes
    cell: Cell
    file: WrittenFile | None = None


class RunDatabase:
    """Cells, files and failures of one run folder; for all threads of the process that holds the folder."""

    def __init__(self, folder: Path, digest: str) -> None:
        self.path = folder / NAME
        self._turn = threading.RLock()  # the run asks while another thread writes
        try:
            self._database = open_database(self.path, _SCHEMA)
        except FAULTS as error:
            if not is_damage(error):
                raise
            put_aside(self.path)  # what it spoke of is delivered again
            self._database = open_database(self.path, _SCHEMA)
        if self._ask("PRAGMA user_version") != [(_VERSION,)]:
            tables = "".join(
                f"DROP TABLE IF EXISTS {name};" for name in ("cells", "files", "failures", "run")
            )
            self._use(lambda database: database.executescript(tables + _SCHEMA))
            self._ask(f"PRAGMA user_version = {_VERSION}")
        self._failed: dict[bytes, Failure] = {}
        self._change("DELETE FROM run", [()])
        self._change("INSERT INTO run VALUES (?)", [(digest,)])

    @staticmethod
    def digest_in(folder: Path) -> str | None:
        """Which run a folder's record is of; None where there is none, or none that can be read."""
        path = folder / NAME
        with (
            suppress(sqlite3.Error, UnicodeDecodeError, TypeError),
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database,
        ):
            return str(database.execute("SELECT digest FROM run").fetchone()[0])
        return None

    def close(self) -> None:
        self._database.close()

    # Cells

    def recorded(
        self, output: str, points: Iterable[int]
    ) -> Iterator[tuple[int, bytes, Any, WrittenFile | None]]:
        """Of points that were delivered and didn't fail: point, key, value, and the file that holds it.

        A damaged row is left out, so that it is delivered again.
        """
        for portion in _portions(list(points)):
            rows = self._ask(
                "SELECT point, key, cell, flags, missing, failure, checked, size, changed, digest "
                "FROM cells LEFT JOIN files USING (output, point) "
                f"WHERE output = ? AND failure IS NULL AND point IN ({','.join('?' * len(portion))})",
                (output, *portion),
            )
            for point, *content, checked, size, changed, digest in rows:
                if _check(*content) == checked:
                    written = digest and WrittenFile(size, changed, digest)
                    yield point, content[0], json.loads(content[1]), written

    def put(self, rows: Sequence[Row]) -> None:
        """Enter what was delivered, whole or not at all."""
        cells = []
        for output, point, key, cell, _ in rows:
            content = (key, _to_json(cell.value), cell.flags, cell.missing, cell.failure)
            cells.append((output, point, *content, _check(*content)))
        files = [
            (row.output, row.point, row.file.size, row.file.changed, row.file.digest)
            for row in rows
            if row.file is not None
        ]

        def write(database: sqlite3.Connection) -> None:
            database.executemany("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?)", cells)
            database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", files)
            self._write_failures(database)

        self._within(write)

    def cells(self, output: str, start: int, stop: int) -> dict[int, Cell]:
        """The cells of an output by index over its axes, of those at hand in ``range(start, stop)``."""
        rows = self._ask(
            "SELECT point, key, cell, flags, missing, failure, checked FROM cells "
            "WHERE output = ? AND point >= ? AND point < ?",
            (output, start, stop),
        )
        found = {}
        for point, key, cell, flags, missing, failure, checked in rows:
            if _check(key, cell, flags, missing, failure) != checked:
                raise self._put_aside()
            found[point] = Cell(json.loads(cell), flags, missing, failure)
        return found

    def outputs(self) -> set[str]:
        """The outputs of which something is at hand."""
        return {output for (output,) in self._ask("SELECT DISTINCT output FROM cells")}

    def flags(self) -> Counter[str]:
        """How many cells carry each word, whichever run made them."""
        counts: Counter[str] = Counter()
        for flags, count in self._ask("SELECT flags, COUNT(*) FROM cells WHERE flags != '' GROUP BY flags"):
            counts.update(dict.fromkeys(flags.split(), count))
        return counts

    def forget_cells(self) -> None:
        """Forget what was delivered, so that all of it is delivered again."""
        for table in ("cells", "files"):
            self._change(f"DELETE FROM {table}", [()])

    # Failures

    def failures(self) -> dict[bytes, Failure]:
        """What failed in earlier runs and is remembered, by key."""
        found = {}
        for key, step, node, point, error, message, frames in self._ask(
            "SELECT key, step, node, point, error, message, frames FROM failures"
        ):
            with suppress(ValueError):  # damaged: it is tried again
                found[key] = Failure(step, node, dict(json.loads(point)), error, message, frames)
        return found

    def remember(self, key: bytes, failure: Failure) -> None:
        """Remember a failure; it is written with what is delivered next, or by :meth:`write_failures`."""
        with self._turn:
            self._failed[key] = failure

    def write_failures(self) -> None:
        if self._failed:
            self._within(self._write_failures)

    def forget_failures(self) -> None:
        self._change("DELETE FROM failures", [()])

    def _write_failures(self, database: sqlite3.Connection) -> None:
        failed, self._failed = self._failed, {}
        database.executemany(
            "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    key,
                    failure.step,
                    failure.node,
                    _to_json(without_paths(failure.point)),
                    failure.error,
                    failure.message,
                    failure.frames,
                )
                for key, failure in failed.items()
            ],
        )

    # The file

    def _ask(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        return self._use(lambda database: database.execute(statement, parameters).fetchall())

    def _change(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self._within(lambda database: database.executemany(statement, rows))

    def _within(self, write: Callable[[sqlite3.Connection], Any]) -> None:
        self._use(lambda database: in_transaction(database, write))

    def _use(self, use: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._turn:
                return use(self._database)
        except FAULTS as error:
            if not is_damage(error):
                raise
            raise self._put_aside() from None

    def _put_aside(self) -> DamagedError:
        """Going on with an empty record would leave out of the tables what was delivered before."""
        self._database.close()
        put_aside(self.path)
        return DamagedError(f"{self.path} was damaged and is put aside; the same command again makes it anew")


def _check(*content: Any) -> bytes:
    """What tells that a row is as it was written: a flipped bit may leave a number a number."""
    return hashlib.blake2b(repr(content).encode("utf-8", "replace"), digest_size=8).digest()


def _portions(points: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(points), _PORTION):
        yield points[start : start + _PORTION]
