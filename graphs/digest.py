"""Digests of files, remembered by path, size and time of change, so that large weights are read once."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

CHUNK = 1 << 20

#: What names a state of a file: its path, its size, its time of change in nanoseconds.
_Stamp = tuple[str, int, int]

#: What this process has come upon: a plan asks for each file several times.
_met: dict[_Stamp, str] = {}


def cache_folder() -> Path:
    """Where mezzotint keeps its store and caches: ``$MEZZOTINT_CACHE``, else the user's cache folder."""
    given = os.environ.get("MEZZOTINT_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mezzotint"


def file_digest(path: Path) -> str:
    """blake2b of a file's content, 32 hex digits; raises OSError where it can't be read."""
    with _Remembered() as remembered:
        return remembered.digest(path)


def files_digest(paths: Iterable[Path], root: Path) -> str:
    """One digest of several files: their names relative to ``root`` and what they hold."""
    digest = hashlib.blake2b(digest_size=16)
    with _Remembered() as remembered:
        for path in sorted(paths):
            digest.update(f"{path.relative_to(root).as_posix()}\0{remembered.digest(path)}\n".encode())
    return digest.hexdigest()


def digest_of(content: object) -> str:
    """blake2b of plain data, as JSON: 32 hex digits."""
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


class _Remembered:
    """Digests found earlier. A convenience: where its database can't be used, files are simply read."""

    def __enter__(self) -> _Remembered:
        self._new: list[tuple[str, int, int, str]] = []
        self._database: sqlite3.Connection | None = None
        self._is_opened = False
        return self

    def _open(self) -> None:
        self._is_opened = True
        try:
            folder = cache_folder()
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(folder / "digests.db", timeout=10)
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS digests "
                "(path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, digest TEXT)"
            )
        except (sqlite3.Error, OSError):
            self._close()

    def __exit__(self, *_: object) -> None:
        try:
            if self._database is not None and self._new:
                with self._database:
                    self._database.executemany(
                        "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)", self._new
                    )
        except sqlite3.Error:
            pass
        finally:
            self._close()

    def digest(self, path: Path) -> str:
        path = path.resolve()
        state = path.stat()
        stamp = (str(path), state.st_size, state.st_mtime_ns)
        known = _met.get(stamp) or self._look_up(stamp)
        if known is not None:
            _met[stamp] = known
            return known
        digest = hashlib.blake2b(digest_size=16)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        self._new.append((*stamp, digest.hexdigest()))
        _met[stamp] = digest.hexdigest()
        return _met[stamp]

    def _look_up(self, stamp: _Stamp) -> str | None:
        if not self._is_opened:
            self._open()
        if self._database is None:
            return None
        try:
            row = self._database.execute(
                "SELECT digest FROM digests WHERE path = ? AND size = ? AND changed = ?", stamp
            ).fetchone()
        except sqlite3.Error:
            return None
        return None if row is None else str(row[0])

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None
