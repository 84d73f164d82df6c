"""Digests of files, remembered by path, size and time of change, so that large weights are read once."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

CHUNK = 1 << 20


def cache_folder() -> Path:
    """Where mezzotint keeps its store and caches: ``$MEZZOTINT_CACHE``, else the user's cache folder."""
    given = os.environ.get("MEZZOTINT_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mezzotint"


def file_digest(path: Path) -> str:
    """blake2b of a file's content, 32 hex digits; raises OSError where it can't be read."""
    path = path.resolve()
    state = path.stat()
    stamp = (str(path), state.st_size, state.st_mtime_ns)
    known = _remembered(stamp)
    if known is not None:
        return known
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    _remember(stamp, digest.hexdigest())
    return digest.hexdigest()


def files_digest(paths: Iterable[Path], root: Path) -> str:
    """One digest of several files: their names relative to ``root`` and what they hold."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root).as_posix()}\0{file_digest(path)}\n".encode())
    return digest.hexdigest()


def _connect() -> sqlite3.Connection:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "digests.db", timeout=10)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS digests (path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, digest TEXT)"
    )
    return connection


def _remembered(stamp: tuple[str, int, int]) -> str | None:
    try:
        with closing(_connect()) as connection:
            row = connection.execute(
                "SELECT digest FROM digests WHERE path = ? AND size = ? AND changed = ?", stamp
            ).fetchone()
    except (sqlite3.Error, OSError):  # the cache is a convenience: without it the file is read
        return None
    return None if row is None else str(row[0])


def _remember(stamp: tuple[str, int, int], digest: str) -> None:
    try:
        with closing(_connect()) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)", (*stamp, digest))
    except (sqlite3.Error, OSError):
        return
