"""What is saved of a damaged store: every item that is as it was written."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from .database import in_transaction

#: Rows taken over in one transaction.
_PORTION = 500


def item_digest(data: bytes, flags: str, missing: int) -> bytes:
    """What tells that an item, and what is said of it, is as it was written."""
    digest = hashlib.blake2b(data, digest_size=16)
    if flags or missing:
        digest.update(f"\0{flags}\0{missing}".encode())
    return digest.digest()


def rescue(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Take over the items of a damaged database that are as they were written, from both its ends."""
    for order in ("ASC", "DESC"):
        rows = _until_damage(
            old,
            "SELECT key, node, size, digest, data, flags, missing, NULL, made, used "
            f"FROM items NOT INDEXED ORDER BY rowid {order}",
        )
        while portion := list(islice(rows, _PORTION)):
            sound = [row for row in portion if _is_sound(row)]
            in_transaction(new, partial(_insert, rows=sound))


def _insert(database: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> None:
    database.executemany("INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _until_damage(database: sqlite3.Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    with suppress(sqlite3.Error, UnicodeDecodeError):
        yield from database.execute(statement)


#: The types of the columns of ``items``.
_TYPES: tuple[Any, ...] = (bytes, str, int, bytes, (bytes, type(None)), str, int, type(None), float, float)


def _is_sound(row: Sequence[Any]) -> bool:
    """Whether a row has the right types, and the content of its digest; files are looked at when read."""
    if not all(isinstance(value, kind) for value, kind in zip(row, _TYPES, strict=True)):
        return False
    _, _, _, digest, data, flags, missing, *_ = row
    return data is None or item_digest(data, flags, missing) == digest
