"""How many items a call takes: what its node type declares, what the run says, or what proves fastest.

With ``auto`` a size is found on the run's own work: it starts from what the node type declares, and doubles
while that makes an item noticeably cheaper and memory allows. What was found is remembered in the cache
folder, for each node type, device, options, shapes, and all that a call shares, such as the model's weights;
the next run starts there, and tries whether more has become worthwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

from .check import Step
from .digest import cache_folder
from .store import write_atomically

#: Most items in a call: a number, the best one, or (None) what each node type declares.
Batch: TypeAlias = "int | Literal['auto'] | None"

#: Up to this many times the declared size; beyond, hardly anything gets cheaper.
MOST_GROWTH = 8
#: A doubled size must save this share of an item's time, or it isn't worth its memory.
WORTHWHILE = 0.05
#: Times that a size may disappoint before it is given up: a single call may have been disturbed.
PATIENCE = 2
#: Kinds of calls that are remembered, the latest.
MOST_REMEMBERED = 1000


@dataclass
class Size:
    """A size that stays as it is, unless memory runs out."""

    size: int

    def measured(self, count: int, seconds: float) -> None:
        """Learn that a call with ``count`` items took ``seconds``."""
        return

    def limit(self, largest: int) -> None:
        """Learn that more than ``largest`` items don't fit."""
        self.size = min(self.size, largest)


@dataclass(frozen=True)
class Found:
    """The best size so far; and whether more ran out of memory."""

    size: int
    is_limit: bool = False


class Search(Size):
    """A size in search of its best: up to ``largest``, from ``first`` or what was ``found`` before.

    Times are compared within one run only, and a size that was given up is tried again in the next: on a
    machine that does other things, too, a time is no more than a hint. ``has_room`` says whether twice the
    memory would fit; ``keep`` is told of what is found.
    """

    def __init__(
        self,
        first: int,
        largest: int,
        found: Found | None,
        *,
        has_room: Callable[[], bool],
        keep: Callable[[Found], None],
    ) -> None:
        super().__init__(first if found is None else min(found.size, largest))
        self._largest = largest
        self._has_room = has_room
        self._keep = keep
        self._best = self.size
        self._seconds: float | None = None
        self._settled = found is not None and found.is_limit
        self._warm = False
        self._disappointed = 0

    def measured(self, count: int, seconds: float) -> None:
        if count != self.size or self._settled:
            return
        if not self._warm:  # the first call also loads and prepares
            self._warm = True
            return
        each = seconds / count
        if self._seconds is None or each < self._seconds * (1 - WORTHWHILE):
            self._best, self._seconds = count, each
            self._disappointed = 0
            self._keep(Found(count))
            self._settled = 2 * count > self._largest or not self._has_room()
        else:
            self._disappointed += 1
            self._settled = self._disappointed == PATIENCE
        self.size = self._best if self._settled else 2 * self._best

    def limit(self, largest: int) -> None:
        self.size = self._best = min(self._best, largest)
        self._settled = True
        self._keep(Found(self.size, is_limit=True))


class BatchSizes:
    """The sizes of one run's calls. ``device`` names what the calls run on."""

    def __init__(self, batch: Batch, *, device: str, has_room: Callable[[], bool]) -> None:
        self.batch = batch
        self._device = device
        self._has_room = has_room
        self._searches: dict[str, Search] = {}
        self._remembered = Remembered(cache_folder() / "batches.json")

    def of(self, step: Step, count: int, shared: Any) -> Size:
        """The size for calls that share all of ``shared``, with ``count`` items left to make."""
        declared = step.type.largest_batch
        if declared == 1 or self.batch is None:
            return Size(declared)
        if self.batch != "auto":
            return Size(self.batch)
        # One item has nothing to find; and a limit of time was set for calls as they are declared.
        if count == 1 or step.timeout is not None:
            return Size(declared)
        text = f"{self._device}\n{step.type.qualified}\n{step.type.source_digest}\n{shared!r}"
        name = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
        if name not in self._searches:
            self._searches[name] = Search(
                declared,
                declared * MOST_GROWTH,
                self._remembered.get(name),
                has_room=self._has_room,
                keep=lambda found: self._remembered.put(name, found),
            )
        return self._searches[name]


class Remembered:
    """What earlier runs found. A convenience: a file that can't be read or written is done without."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> Found | None:
        entry = self._at_first.get(name)
        return None if entry is None else Found(**entry)

    @cached_property
    def _at_first(self) -> dict[str, dict[str, Any]]:
        return self._read()

    def put(self, name: str, found: Found) -> None:
        entries = self._read()  # anew: other runs write here, too
        entries.pop(name, None)  # what is new stands last
        entries[name] = asdict(found)
        latest = dict(list(entries.items())[-MOST_REMEMBERED:])
        try:
            write_atomically(self._path, json.dumps(latest).encode())
        except OSError:
            return

    def _read(self) -> dict[str, dict[str, Any]]:
        """What the file holds, less whatever of it isn't as it was written."""
        try:
            entries = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(entries, dict):
            return {}
        return {name: entry for name, entry in entries.items() if _is_found(entry)}


def _is_found(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == {"size", "is_limit"}
        and type(entry["size"]) is int
        and entry["size"] >= 1
        and type(entry["is_limit"]) is bool
    )
