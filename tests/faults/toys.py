"""Node types for runs that are harmed. Each call writes down what it is asked for, in ``calls.log``."""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from mezzotint.graphs.node import node
from mezzotint.graphs.types import Integer, PlainType, Text


def log(name: str, items: Sequence[object]) -> None:
    """One line an item, written at once, so that a killed process has written whole lines."""
    handle = os.open("calls.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, "".join(f"{name} {item}\n" for item in items).encode())
    os.close(handle)


def wait_for(name: str) -> None:
    """Wait until a file is there: the test holds the run in the middle of a call."""
    while not os.path.exists(name):
        time.sleep(0.005)


class DrawnType(PlainType):
    """A picture of one grey, drawn as a PNG of 8 by 8 pixels."""

    name = "Drawn"
    suffix = ".png"
    folder = "images"

    def parse(self, value: object) -> int:
        assert isinstance(value, int)
        return value

    def export(self, item: int, metadata: Mapping[str, str]) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        rows = b"".join(b"\0" + bytes([item % 256]) * 8 for _ in range(8))
        texts = [chunk(b"tEXt", f"{key}\0{text}".encode()) for key, text in metadata.items()]
        header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
        parts = [chunk(b"IHDR", header), *texts, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


Drawn = Annotated[list[int], DrawnType()]


@node(version=1)
def square(number: Integer) -> Integer:
    """The square of a number."""
    log("square", number)
    return [entry * entry for entry in number]


@node(version=1)
def long(number: Integer, *, size: int = 40_000) -> Text:
    """Text too long for the store's database, so that it becomes a file."""
    log("long", number)
    return [str(entry).zfill(size) for entry in number]


@node(version=1)
def draw(number: Integer) -> Drawn:
    """A picture of a number."""
    log("draw", number)
    return list(number)


@node(version=1)
def fussy(number: Integer, *, every: int = 3, at: int = -1) -> Integer:
    """Raises for every so many numbers, or at one."""
    log("fussy", number)
    for entry in number:
        if entry == at or (at < 0 and entry % every == 0):
            raise ValueError(f"{entry} is not for me")
    return list(number)


@node(version=1)
def hold(number: Integer, *, at: int = 0) -> Integer:
    """Hands numbers through, but at one says ``held`` and waits for ``go``."""
    log("hold", number)
    if at in number:
        open("held", "w").close()
        wait_for("go")
    return list(number)


@node(version=1)
def stick(number: Integer, *, at: int = 0) -> Integer:
    """Never returns for one number."""
    log("stick", number)
    if at in number:
        wait_for("what never comes")
    return list(number)


class Sum:
    def __init__(self) -> None:
        self.value = 0

    def update(self, number: Integer) -> None:
        self.value += sum(number)

    def merge(self, other: Any) -> None:
        self.value += other.value

    def compute(self) -> int:
        return self.value


@node(version=1)
def add() -> Sum:
    """The sum of numbers."""
    return Sum()
