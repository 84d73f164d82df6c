"""The store: whole entries or none, damage noticed, several processes, trimming."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mezzotint.graphs import database
from mezzotint.graphs import store as store_module
from mezzotint.graphs.store import SMALL, Entry, Store, whole, write_atomically

LARGE = b"x" * (SMALL + 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as store:
        yield store


def key(number: int) -> bytes:
    return number.to_bytes(20, "big")


def entry(number: int, data: bytes = b"data") -> Entry:
    return Entry(key(number), "toy.node@1", data)


def test_an_entry_is_read_as_it_was_written(store: Store) -> None:
    written = [Entry(key(1), "toy.node@1", b"small", ("blank",), 3), entry(2, LARGE)]
    store.write(written)
    assert store.read([key(1), key(2), key(3)]) == {item.key: item for item in written}
    assert store.known([key(1)])[key(1)].flags == ("blank",)
    assert store.known([key(1)])[key(1)].missing == 3


def test_large_items_are_files_beside_the_database(store: Store) -> None:
    store.write([entry(1), entry(2, LARGE)])
    files = [path for path in (store.folder / "files").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [LARGE]
    store.drop([key(2)])
    assert not files[0].exists()


def test_a_look_up_of_more_keys_than_a_statement_takes(store: Store) -> None:
    store.write([entry(number) for number in range(1200)])
    assert len(store.known(map(key, range(2000)))) == 1200
    assert len(store.read(map(key, range(2000)))) == 1200


def test_a_damaged_row_is_noticed_and_dropped(store: Store) -> None:
    store.write([entry(1), entry(2)])
    store._database.ask("UPDATE items SET data = ? WHERE key = ?", (b"date", key(1)))
    assert store.read([key(1), key(2)]).keys() == {key(2)}
    assert store.damaged == 1
    assert store.known([key(1)]) == {}


@pytest.mark.parametrize("harm", ["cut", "gone", "changed"])
def test_a_damaged_file_is_noticed_and_dropped(store: Store, harm: str) -> None:
    store.write([entry(1, LARGE)])
    path = next(path for path in (store.folder / "files").rglob("*") if path.is_file())
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(LARGE[:-1] + (b"y" if harm == "changed" else b""))
    assert store.read([key(1)]) == {}
    assert store.known([key(1)]) == {}
    store.write([entry(1, LARGE)])
    assert store.read([key(1)])[key(1)].data == LARGE


@pytest.mark.parametrize("journal", [False, True])
def test_a_database_that_is_none_is_put_aside(tmp_path: Path, journal: bool) -> None:
    with Store(tmp_path) as store:
        store.write([entry(1)])
    (tmp_path / "items.db").write_bytes(b"rubbish" * 5000)
    if journal:
        (tmp_path / "items.db-wal").write_bytes(b"rubbish" * 5000)
    with Store(tmp_path) as store:
        assert store.damaged == 1
        assert store.read([key(1)]) == {}
        store.write([entry(1)])
        assert store.read([key(1)]).keys() == {key(1)}
    assert (tmp_path / "items.damaged").is_file()


def test_damage_found_at_work_begins_an_empty_database(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.write([entry(number, b"x" * 3000) for number in range(200)])
    path = tmp_path / "items.db"
    data = path.read_bytes()
    with path.open("r+b") as file:  # the first page, with the schema, stays
        file.seek(4096)
        file.write(b"\xff" * (len(data) - 4096))
    with Store(tmp_path) as store:
        assert store.read(map(key, range(200))) == {}
        store.write([entry(7)])
        assert store.read([key(7)]).keys() == {key(7)}
        assert store.damaged >= 1


def test_writing_to_a_damaged_database_begins_an_empty_one(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.write([entry(number, b"x" * 3000) for number in range(200)])
    path = tmp_path / "items.db"
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with Store(tmp_path) as store:
        store.write([entry(7)])
        assert store.read([key(7)]).keys() == {key(7)}


def test_items_are_dropped_in_the_order_of_their_last_use(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000, 1_000_000, 1000))
    monkeypatch.setattr(store_module.time, "time", lambda: float(next(clock)))
    for number in range(4):
        store.write([entry(number, b"x" * 100)])
    store.read([key(0)])
    assert store.trim(200) == (2, 200)
    assert store.known(map(key, range(4))).keys() == {key(0), key(3)}
    assert store.size() == 200


def test_what_was_used_a_moment_ago_is_not_written_down_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([entry(1), entry(2)])
    made = store._database.ask("SELECT used FROM items")
    store.read([key(1)])
    store._note_used()
    assert store._database.ask("SELECT used FROM items") == made


def test_what_was_used_is_remembered_when_the_store_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000, 1_000_000, 1000))
    monkeypatch.setattr(store_module.time, "time", lambda: float(next(clock)))
    with Store(tmp_path) as store:
        store.write([entry(1)])
        store.write([entry(2)])
        store.read([key(1)])
    with Store(tmp_path) as store:
        store.trim(4)
        assert store.known([key(1), key(2)]).keys() == {key(1)}


def test_trimming_removes_what_a_killed_process_left(store: Store) -> None:
    store.write([entry(1, LARGE)])
    folder = next((store.folder / "files").iterdir())
    old, new = folder / ".abc.part", folder / ".def.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 86_400,) * 2)
    store.trim(1 << 30)
    assert not old.exists()
    assert new.exists()
    assert store.read([key(1)])[key(1)].data == LARGE


def test_items_made_before_a_fresh_run_count_as_absent(store: Store) -> None:
    store.write([entry(1)])
    since = time.time() + 1
    assert store.known([key(1)], since) == {}
    assert store.known([key(1)]).keys() == {key(1)}


def test_an_item_says_what_it_was_made_with(store: Store) -> None:
    store.write([entry(1)], {"versions": {"toy": "1.0"}, "effort": {"device": "cpu"}})
    store.write([entry(2)])
    assert store.made_with(key(1)) == {"versions": {"toy": "1.0"}, "effort": {"device": "cpu"}}
    assert store.made_with(key(2)) == {}


def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(sqlite3.Error):
        store.write([entry(1), Entry(key(2), None, b"")], {"versions": {}})  # type: ignore[arg-type]
    assert store.known([key(1), key(2)]) == {}
    store.write([entry(1)], {"versions": {}})
    assert store.made_with(key(1)) == {"versions": {}}


WRITER = """
import sys
from pathlib import Path
from mezzotint.graphs.store import SMALL, Entry, Store
folder, first, count, size = Path(sys.argv[1]), *map(int, sys.argv[2:5])
with Store(folder) as store:
    print("open", flush=True)
    for number in range(first, first + count):
        data = str(number).encode() * size
        store.write([Entry(number.to_bytes(20, "big"), "toy.node@1", data)], {"versions": {}})
"""


def writer(folder: Path, first: int, count: int, size: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), *map(str, (first, count, size))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_several_processes_share_a_store(tmp_path: Path) -> None:
    processes = [writer(tmp_path, first, 60, 4) for first in (0, 30, 60)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with Store(tmp_path) as store:
        found = store.read(map(key, range(120)))
        assert {number: found[key(number)].data for number in range(120)} == {
            number: str(number).encode() * 4 for number in range(120)
        }


def test_a_process_killed_while_it_writes_leaves_whole_entries(tmp_path: Path) -> None:
    process = writer(tmp_path, 1000, 100_000, SMALL)
    assert process.stdout is not None
    process.stdout.readline()
    with Store(tmp_path) as store:
        while len(store.known(map(key, range(1000, 1010)))) < 10:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        found = store.read(map(key, range(1000, 2000)))
        assert len(found) >= 10
        assert store.damaged == 0
        assert all(
            item.data == str(int.from_bytes(name, "big")).encode() * SMALL for name, item in found.items()
        )


@pytest.mark.parametrize(
    ("place", "piece"),
    [
        (47, b"\x05"),  # the number of the schema's format: "unsupported file format", says SQLite
        (18, b"\x03"),  # the version that may write it: "attempt to write a readonly database"
        (3564, b"\0\0\x80"),  # a name in it, which SQLite's message then shows
    ],
)
def test_a_flipped_bit_in_the_schema_is_damage(tmp_path: Path, place: int, piece: bytes) -> None:
    with Store(tmp_path) as store:
        store.write([entry(1)])
    path = tmp_path / "items.db"
    content = path.read_bytes()
    path.write_bytes(content[:place] + piece + content[place + len(piece) :])
    with Store(tmp_path) as store:
        assert store.damaged == 1
        store.write([entry(1)])
        assert store.read([key(1)]).keys() == {key(1)}


def test_of_a_damaged_database_what_is_whole_is_taken_over(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.write([entry(number, b"x" * 300) for number in range(400)])
    path = tmp_path / "items.db"
    with path.open("r+b") as file:  # a page in the middle
        file.seek(path.stat().st_size // 8192 * 4096)
        file.write(b"\xff" * 4096)
    with Store(tmp_path) as store:
        found = store.read(map(key, range(400)))
        assert 300 < len(found) < 400
        assert store.known(map(key, range(400))).keys() == found.keys()
        assert store.damaged == 1
        store.write([entry(number, b"x" * 300) for number in range(400)])
        assert len(store.read(map(key, range(400)))) == 400
    assert (tmp_path / "items.damaged").exists()


@pytest.mark.parametrize("data", [7, "text", 0.5])
def test_a_column_of_another_type_is_damage(store: Store, data: object) -> None:
    store.write([entry(1)])
    store._database.ask("UPDATE items SET data = ?, flags = 7 WHERE key = ?", (data, key(1)))
    assert store.known([key(1)]).keys() == {key(1)}
    assert store.read([key(1)]) == {}
    assert store.damaged == 1


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "folder", Path("/proc/x.json")):  # neither can become a file
        with pytest.raises(OSError, match=r"\[Errno") as caught:
            write_atomically(target, b"data")
        assert (caught.value.filename, caught.value.filename2) == (str(target), None)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_an_error_of_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, whole(tmp_path / "target"):
        (tmp_path / "source").read_bytes()
    assert caught.value.filename == str(tmp_path / "source")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_removed_while_it_is_opened_is_made_again(tmp_path: Path, monkeypatch) -> None:
    opened = database._open

    def removed_once(path: Path, schema: str):
        monkeypatch.setattr(database, "_open", opened)
        shutil.rmtree(path.parent)
        return opened(path, schema)

    monkeypatch.setattr(database, "_open", removed_once)
    with Store(tmp_path / "store") as store:
        store.write([entry(1)])
        assert key(1) in store.read([key(1)])
