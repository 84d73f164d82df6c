"""Who holds a run folder: one process at a time, and the next one is told which."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from .lock import FileLock, HeldError, held
from .problem import fail, shorten

_LOCK = ".lock"


@contextmanager
def holding(folder: Path) -> Iterator[FileLock]:
    """Hold a run folder; GraphError says who holds it already, and touches nothing."""
    note = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv),
    }
    try:
        with FileLock(folder / _LOCK, wait=False, note=json.dumps(note)) as lock:
            yield lock
    except HeldError as error:
        hint = "wait until it is done, or give another folder with --out"
        raise fail(None, f"{folder} is in use by {_in_words(str(error))}", hint) from None


def holder(folder: Path) -> str | None:
    """The process that is at work in a run folder now, in words; None where there is none."""
    note = held(folder / _LOCK)
    return None if note is None else _in_words(note)


def _in_words(note: str) -> str:
    try:
        noted = json.loads(note)
        pid, host, since, command = (noted[key] for key in ("pid", "host", "since", "command"))
    except (ValueError, KeyError, TypeError):  # it has only just taken the folder
        return "another run"
    here = " (this very process)" if (pid, host) == (os.getpid(), socket.gethostname()) else ""
    return f"process {pid} on {host}{here} since {since}: {shorten(str(command), 200)}"
