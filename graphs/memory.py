"""Values of a run: those in use, those carried over in memory, those set aside on scratch, those stored."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .check import Step
from .hardship import is_hardship
from .keys import output_key
from .plan import Asked, look_up
from .store import Entry, Store
from .writing import Writer

#: Memory for values carried from one box to a later one, in bytes.
CARRIED_BYTES = 512 << 20


@dataclass(frozen=True)
class Value:
    """What a step made at one point: an item an output, words about it, how many members it lacks."""

    items: Mapping[str, Any]
    flags: tuple[str, ...] = ()
    missing: int = 0


@dataclass
class Values:
    """Values by step key, wherever they are.

    A step's ``keep`` decides what becomes of a value when its box is done: ``disk`` is in the store anyway,
    ``memory`` is carried to the end of the run, ``none`` is dropped and made again where it is needed again.
    """

    store: Store
    writer: Writer
    since: float = 0.0
    limit: int = CARRIED_BYTES
    held: dict[bytes, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        #: On their way to the store; the writer's thread takes them out when they are there.
        self._written: dict[bytes, Value] = {}
        self._carried: OrderedDict[bytes, tuple[Step, Value, int]] = OrderedDict()
        self._carried_bytes = 0
        self._scratch: Store | None = None
        self._scratch_folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Drop everything that was only for this run."""
        self.held.clear()
        self._carried.clear()
        if self._scratch is not None and self._scratch_folder is not None:
            self._scratch.close()
            self._scratch_folder.cleanup()
            self._scratch = None

    def available(self, asked: Asked) -> dict[str, set[bytes]]:
        """For each step, by name, which of its keys need not be computed."""
        at_hand = (self.held, self._carried)
        found = {
            step.name: {
                key
                for key in keys
                if any(key in values for values in at_hand) or (step.takes_stored and key in self._written)
            }
            for step, keys in asked
        }
        for store, since in ((self._scratch, 0.0), (self.store, self.since)):
            if store is None:
                continue
            open_keys = [
                (step, set(keys) - found[step.name])
                for step, keys in asked
                if store is self._scratch or step.takes_stored
            ]
            for name, known in look_up(store, open_keys, since).items():
                found[name].update(known)
        return found

    def load(self, step: Step, keys: Iterable[bytes]) -> set[bytes]:
        """Bring values into ``held``; the keys that turn out to be lost (damaged, trimmed) are returned."""
        asked = {key for key in keys if key not in self.held}
        for key in asked & self._carried.keys():
            self.held[key] = self._carried[key][1]
            self._carried.move_to_end(key)
        if step.takes_stored:
            for key in asked - self.held.keys():
                value = self._written.get(key)  # asked once: the writer may be taking it out
                if value is not None:
                    self.held[key] = value
        rest = asked - self.held.keys()
        for store in (self._scratch, self.store if step.takes_stored else None):
            if rest and store is not None:
                self._read(store, step, rest)
                rest -= self.held.keys()
        return rest

    def _read(self, store: Store, step: Step, keys: set[bytes]) -> None:
        outputs = step.type.outputs
        single = step.type.single_output
        parts = {key: {name: output_key(key, None if single else name) for name in outputs} for key in keys}
        entries = store.read([part for group in parts.values() for part in group.values()])
        for key, group in parts.items():
            if not all(part in entries for part in group.values()):
                continue
            found = {name: entries[part] for name, part in group.items()}
            try:
                items = {name: outputs[name].decode(entry.data) for name, entry in found.items()}
            except Exception as error:  # an entry that its type can't read is as good as damaged
                if is_hardship(error):
                    raise
                store.damaged += 1
                store.drop(group.values())
                continue
            flags = tuple(sorted({flag for entry in found.values() for flag in entry.flags}))
            self.held[key] = Value(items, flags, max(entry.missing for entry in found.values()))

    def put(
        self, step: Step, made: Sequence[tuple[bytes, Value]], made_with: Mapping[str, Any]
    ) -> list[tuple[bytes, Exception]]:
        """Take new values into use, and into the store where the step keeps them on disk.

        Those that can't be written in their type's stored form are handed back with the reason.
        """
        if step.keep != "disk":
            self.held.update(made)
            return []
        refused: list[tuple[bytes, Exception]] = []
        entries: list[Entry] = []
        taken: list[bytes] = []
        for key, value in made:
            try:
                entries += _entries(step, key, value)
            except Exception as error:  # a type may raise anything
                refused.append((key, error))
                continue
            self.held[key] = self._written[key] = value
            taken.append(key)
        if taken:
            self.writer.store(entries, made_with, partial(self._stored, taken))
        return refused

    def _stored(self, keys: Iterable[bytes]) -> None:
        for key in keys:
            self._written.pop(key, None)

    def store_held(self, step: Step, keys: Set[bytes]) -> None:
        """Store values in use that an equal step made, if this one keeps them on disk."""
        if keys and step.keep == "disk":
            known = look_up(self.store, [(step, keys)], self.since)[step.name]
            self.put(step, [(key, self.held[key]) for key in keys - known - self._written.keys()], {})

    def drop(self, keys: Iterable[bytes]) -> None:
        """Values that nothing in this box or a later one needs."""
        for key in keys:
            self.held.pop(key, None)
            self._forget(key)

    def end_box(self, later: Mapping[bytes, Step], done: Iterable[bytes]) -> None:
        """Let go of what the box used, but carry on what is needed later."""
        for key, step in later.items():
            if key in self.held:
                self.carry(step, key)
        self.held.clear()
        for key in done:
            if key not in later:
                self._forget(key)

    def carry(self, step: Step, key: bytes) -> None:
        """Keep a value in memory for later, setting older ones aside when there are too many."""
        self._forget(key)
        value = self.held[key]
        size = sum(step.type.outputs[name].nbytes(item) for name, item in value.items.items())
        self._carried[key] = (step, value, size)
        self._carried_bytes += size
        while self._carried_bytes > self.limit and len(self._carried) > 1:
            old_key, (old_step, old_value, old_size) = self._carried.popitem(last=False)
            self._carried_bytes -= old_size
            if old_step.keep != "disk":
                self._set_aside(old_step, old_key, old_value)

    def _forget(self, key: bytes) -> None:
        if key in self._carried:
            self._carried_bytes -= self._carried.pop(key)[2]

    def _set_aside(self, step: Step, key: bytes, value: Value) -> None:
        stacks = all(kind.stacks for kind in step.type.outputs.values())
        if not (stacks or step.type.is_reducer):
            return  # a handle is made again sooner than read back with all that it has loaded
        if self._scratch is None:
            self._scratch_folder = tempfile.TemporaryDirectory(prefix="mezzotint-")
            self._scratch = Store(Path(self._scratch_folder.name))
        self._scratch.write(_entries(step, key, value))


def _entries(step: Step, key: bytes, value: Value) -> list[Entry]:
    single = step.type.single_output
    return [
        Entry(
            output_key(key, None if single else name),
            step.type.qualified,
            step.type.outputs[name].encode(item),
            value.flags,
            value.missing,
        )
        for name, item in value.items.items()
    ]
