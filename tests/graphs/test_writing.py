"""Writing on a thread of its own: order, company, bounds, and errors that don't get lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from mezzotint.graphs import writing
from mezzotint.graphs.profile import Tracer
from mezzotint.graphs.running import Delivered
from mezzotint.graphs.store import Entry
from mezzotint.graphs.writing import Writer


class Disk:
    """A store and a sink that write down what comes, and wait or fail where a test asks them to."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.transactions: list[int] = []
        self.open = threading.Event()
        self.open.set()
        self.begun = threading.Event()
        self.error: Exception | None = None

    def write_all(self, groups: Sequence[tuple[Sequence[Entry], Any]]) -> None:
        self.begun.set()
        assert self.open.wait(30)
        if self.error is not None:
            raise self.error
        self.transactions.append(len(groups))
        self.log += [entry.key for entries, _ in groups for entry in entries]

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        self.log += [name for name, _ in delivered]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def writer(disk: Disk) -> Iterator[Writer]:
    made = Writer(disk, disk, Tracer())  # type: ignore[arg-type]
    yield made
    disk.open.set()
    with suppress(OSError):
        made.close()


def store(writer: Writer, number: int, size: int = 1, done: Any = lambda: None) -> None:
    writer.store([Entry(bytes([number]), "toy", b"x" * size)], None, done)


def test_things_are_written_in_the_order_of_making(writer: Writer, disk: Disk) -> None:
    for number in range(9):
        store(writer, number)
    writer.deliver("a", {0: Delivered(b"")}, 1)
    writer.deliver("b", {0: Delivered(b"")}, 1)
    writer.wait()
    assert disk.log == [*(bytes([number]) for number in range(9)), "a", "b"]


def test_what_comes_meanwhile_is_one_transaction(writer: Writer, disk: Disk) -> None:
    disk.open.clear()
    store(writer, 0)
    assert disk.begun.wait(30)
    for number in range(1, 9):
        store(writer, number)
    disk.open.set()
    writer.wait()
    assert disk.transactions == [1, 8]


def test_an_item_is_done_once_it_is_stored(writer: Writer, disk: Disk) -> None:
    disk.open.clear()
    done: list[list[Any]] = []
    store(writer, 1, done=lambda: done.append(list(disk.log)))
    assert disk.begun.wait(30)
    assert done == []
    disk.open.set()
    writer.wait()
    assert done == [[b"\x01"]]


@pytest.mark.parametrize("bound", ["WAITING_ITEMS", "WAITING_BYTES"])
def test_whoever_makes_more_than_is_written_waits(
    writer: Writer, disk: Disk, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, bound, 2)
    disk.open.clear()

    def make() -> None:
        for number in range(3):
            store(writer, number)

    more = threading.Thread(target=make)
    more.start()
    assert disk.begun.wait(30)
    assert more.is_alive()
    disk.open.set()
    more.join(30)
    writer.wait()
    assert len(disk.log) == 3


def test_an_error_ends_the_writing_and_is_raised_from_then_on(writer: Writer, disk: Disk) -> None:
    disk.error = OSError(28, "No space left on device")
    store(writer, 0)
    for call in (
        writer.wait,
        lambda: store(writer, 1),
        lambda: writer.deliver("a", {0: Delivered(b"")}, 1),
        writer.close,
    ):
        with pytest.raises(OSError, match="No space left"):
            call()
        disk.error = None  # room again: what was made since may stand on what was not written
    assert disk.log == []


def test_closing_writes_what_waits(disk: Disk) -> None:
    writer = Writer(disk, disk, Tracer())  # type: ignore[arg-type]
    for number in range(5):
        store(writer, number)
    writer.close()
    assert len(disk.log) == 5
    assert all(thread.name != "mezzotint writer" for thread in threading.enumerate())


def test_nothing_to_write_takes_no_thread(disk: Disk) -> None:
    before = threading.active_count()
    writer = Writer(disk, disk, Tracer())  # type: ignore[arg-type]
    writer.wait()
    writer.close()
    assert threading.active_count() == before
