"""Errors that are the machine's and not an item's: what fails by them may well succeed another time."""

from __future__ import annotations

import errno
from collections.abc import Iterator

_ERRNOS = {
    errno.EACCES,
    errno.EBUSY,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOLCK,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
    getattr(errno, "EDQUOT", errno.ENOSPC),
    getattr(errno, "ESTALE", errno.EIO),
}


def is_hardship(error: BaseException) -> bool:
    """Whether memory, disk space, file descriptors, rights or a library were lacking."""
    return any(
        isinstance(cause, (MemoryError, ImportError))
        or (isinstance(cause, OSError) and cause.errno in _ERRNOS)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__
