"""What to do when the machine lacks something that a run needs."""

from __future__ import annotations

import errno
import sqlite3

_KEPT = "all that is finished is kept"
_AGAIN = "then give the same command again"

_FULL = f"{_KEPT}; make room (`mezzotint store --trim 5GB` drops what was used longest ago), {_AGAIN}"
_CLOSED = "make it writable, or name other folders with --out and --store"
_FILES = f"{_KEPT}; raise the limit (`ulimit -n 4096`), {_AGAIN}"
_MEMORY = f"{_KEPT}; end other programs, or ask for less at once with --batch 1, {_AGAIN}"
_DISK = f"{_KEPT}; see whether the disk is full, still there, and whole, {_AGAIN}"
_BUSY = f"{_KEPT}; another process holds the store for long; wait for it, {_AGAIN}"

_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EFBIG: _FULL,
    getattr(errno, "EDQUOT", errno.ENOSPC): _FULL,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.EROFS: _CLOSED,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOMEM: _MEMORY,
    errno.EIO: _DISK,
}
#: SQLite says in words what is wrong; its numbers came to Python with 3.11.
_BY_WORD = {"is full": _FULL, "readonly": _CLOSED, "locked": _BUSY, "I/O error": _DISK}


def advice(error: Exception) -> str:
    """What to do about an error of the machine's; empty where there is nothing to say."""
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, OSError):
        return _BY_NUMBER.get(error.errno or 0, "")
    if isinstance(error, sqlite3.Error):
        return next((said for word, said in _BY_WORD.items() if word in str(error)), "")
    return ""
