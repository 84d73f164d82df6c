"""What nobody meant to write: some damaged and made-up files of each kind, MEZZOTINT_FUZZ=20000 for more."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: How many inputs of each kind (graph files, stored entries, pictures, tables); the same ones every time.
COUNT = int(os.environ.get("MEZZOTINT_FUZZ", "800"))
#: Bytes that reading small files may add to what the process holds at most; Hypothesis remembers each input.
ROOM = (256 << 20) + COUNT * (200 << 10)


@pytest.fixture(scope="session")
def fuzzed() -> Callable[..., None]:
    """Tries a property with all the inputs of a kind, or with one of the ``parts`` that share them."""

    def fuzz(test: Any, parts: int = 1) -> None:
        settings(
            max_examples=COUNT // parts,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(test)()

    return fuzz


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """No input may make the process much larger."""
    resource = pytest.importorskip("resource")

    def peak() -> int:
        unit = 1 if sys.platform == "darwin" else 1024
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit

    before = peak()
    yield
    assert peak() - before < ROOM


@pytest.fixture(scope="session")
def damaged() -> Callable[..., st.SearchStrategy[bytes]]:
    """A strategy: some of these bytes, with pieces of them changed, cut out, doubled or put elsewhere."""

    def strategy(*originals: bytes, words: tuple[bytes, ...] = ()) -> st.SearchStrategy[bytes]:
        longest = max(map(len, originals))
        place = st.integers(0, longest)
        piece = st.one_of(
            st.binary(max_size=6),
            st.sampled_from([*words, b"\0", b"\xff", b"\n", b"\x80\x80", b"9" * 30, b"\xff\xff\xff\x7f"]),
        )
        change = st.tuples(st.sampled_from(("put", "over", "cut", "double", "flip")), place, place, piece)
        return st.tuples(st.sampled_from(originals), st.lists(change, min_size=1, max_size=8)).map(_changed)

    return strategy


def _changed(drawn: tuple[bytes, list[tuple[str, int, int, bytes]]]) -> bytes:
    data, changes = drawn
    for how, at, other, piece in changes:
        at, other = at % (len(data) + 1), other % 64
        if how == "put":
            data = data[:at] + piece + data[at:]
        elif how == "over":
            data = data[:at] + piece + data[at + len(piece) :]
        elif how == "cut":
            data = data[:at] + data[at + other :]
        elif how == "double":
            data = data[: at + other] + data[at:]
        elif at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << other % 8)]) + data[at + 1 :]
    return data


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Write a file of a name over and over again."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
