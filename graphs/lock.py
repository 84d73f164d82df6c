"""Advisory locks on files: the kernel lets go of them when a process ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

if sys.platform == "win32":
    import msvcrt

    #: Windows locks ranges of bytes, and nobody else may read those: one far behind all that is written.
    _FAR = 1 << 30

    def _lock(handle: int, wait: bool, shared: bool = False) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int, wait: bool, shared: bool = False) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)


class HeldError(Exception):
    """Somebody else holds the lock; the message is what they wrote of themselves, if anything."""


def held(path: Path) -> str | None:
    """What whoever holds a lock file wrote of themselves; None where nobody does, or none can be told.

    Changes nothing. Somebody who doesn't wait for the lock may find it taken for as long as this looks.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        _lock(handle, wait=False, shared=True)
    except (BlockingIOError, PermissionError):
        return os.read(handle, 1 << 16).decode("utf-8", "replace")
    except OSError:  # a file system without locks
        return None
    finally:
        os.close(handle)
    return None


class FileLock:
    """Holds a lock file while entered. Neither a killed process nor a clock that is set leaves it locked.

    With ``wait`` entering waits for whoever holds it, else it raises :class:`HeldError`. ``note`` is written
    to the file for others to read. The file itself stays: removing it would race with whoever opens it.
    """

    def __init__(self, path: Path, *, wait: bool, note: str = "") -> None:
        self.path = path
        self.wait = wait
        self.note = note
        self._handle: int | None = None

    def __enter__(self) -> FileLock:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            try:
                _lock(handle, self.wait)
            except (BlockingIOError, PermissionError):
                raise HeldError(os.read(handle, 1 << 16).decode("utf-8", "replace")) from None
            except OSError as error:  # a file system without locks, such as some of those on a network
                raise OSError(error.errno, f"can't be locked: {error.strerror}", str(self.path)) from None
            if self.note:
                os.ftruncate(handle, 0)
                os.write(handle, self.note.encode())
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    @property
    def is_in_place(self) -> bool:
        """Whether the file that is locked is still the one of that name; else its folder was taken away."""
        try:
            found, held = os.stat(self.path), os.fstat(-1 if self._handle is None else self._handle)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
