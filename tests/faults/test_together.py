"""Several processes at once: one run folder has one holder, one store has any number of users."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

HELD = """\
inputs: {number: {each: {range: 12}}}
nodes: {held: {use: hold, number: $number, at: 7}, text: {use: long, number: $held}}
outputs: {text: $text}
"""

OVERLAPPING = """\
inputs: {number: {each: {range: 60}}, size: 40000}
nodes:
  squared: {use: square, number: $number}
  text: {use: long, number: $squared, size: $size}
  picture: {use: draw, number: $squared}
  total: {use: add, number: $squared, over: number}
outputs: {text: $text, picture: $picture, total: $total}
"""


def test_a_second_run_of_a_folder_is_told_who_holds_it_and_touches_nothing(project: Any) -> None:
    project.write(HELD)
    first = project.start("--batch", "1")
    project.wait_for("held", first)
    before = {path: path.stat().st_mtime_ns for path in (project.folder / "out").rglob("*")}
    calls = project.calls
    second = project.run()
    assert second.returncode == 2
    assert f"out is in use by process {first.pid} on {socket.gethostname()} since 20" in second.stderr
    assert "wait until it is done, or give another folder with --out" in second.stderr
    assert project.calls == calls
    assert {path: path.stat().st_mtime_ns for path in (project.folder / "out").rglob("*")} == before
    (project.folder / "go").touch()
    assert first.wait(60) == 0
    assert project.run().returncode == 0


def test_a_killed_holder_holds_nothing(project: Any) -> None:
    project.write(HELD)
    first = project.start("--batch", "1")
    project.wait_for("held", first)
    first.kill()
    first.wait(60)
    (project.folder / "go").touch()
    assert project.run().returncode == 0


def test_what_one_process_has_stored_another_takes(project: Any) -> None:
    project.write(HELD)
    first = project.start("--batch", "1", "--out", "one")
    project.wait_for("held", first)
    (project.folder / "go").touch()
    assert first.wait(60) == 0
    project.forget_calls()
    assert project.run("--out", "two").returncode == 0
    assert project.calls == []


@pytest.mark.parametrize("count", [2, 4])
def test_processes_at_once_share_one_store(project: Any, count: int) -> None:
    """They open a store that isn't there yet, write the same items and others, and find each other's."""
    project.write(OVERLAPPING)
    started = [
        project.start("--out", f"out{index}", "--set", f"size={40000 + index // 2}", "--batch", "3")
        for index in range(count)
    ]
    for process in started:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    stored = project.stored()
    nodes = Counter(node for node, _ in stored.values())
    texts = 60 * len({index // 2 for index in range(count)})
    assert nodes == {"toys.square@1": 60, "toys.long@1": texts, "toys.draw@1": 60, "toys.add@1": 1}
    assert all(project.files("out0")[name] == project.files("out1")[name] for name in project.files("out0"))
    project.forget_calls()
    assert project.run("--set", "size=40000").returncode == 0
    assert project.calls == []


OPENER = """
import sys
from pathlib import Path
from mezzotint.graphs.store import Entry, Store
first = int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
with Store(Path(sys.argv[1])) as store:
    for number in range(first, first + 20):
        store.write([Entry(number.to_bytes(20, "big"), "toy.node@1", str(number).encode())])
    print(store.damaged)
"""


def openers(folder: Any, count: int) -> list[int]:
    """Processes that open one store at the same moment; how often each found it damaged."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(folder), str(100 * index)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for index in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return [int(line) for line in said]


def test_four_first_openings_at_once_make_one_store(project: Any) -> None:
    assert openers(project.folder / "store", 4) == [0, 0, 0, 0]
    assert len(project.stored()) == 80


def test_of_four_that_find_a_store_damaged_one_begins_it_anew(project: Any) -> None:
    store = project.folder / "store"
    store.mkdir()
    (store / "items.db").write_bytes(b"rubbish" * 4000)
    assert sum(openers(store, 4)) == 1
    assert len(project.stored()) == 80
    assert (store / "items.damaged").read_bytes() == b"rubbish" * 4000


def test_a_lock_file_of_a_machine_that_crashed_is_no_lock(project: Any) -> None:
    (project.folder / "out").mkdir()
    note = {"pid": os.getpid(), "host": "elsewhere", "since": "2999-01-01", "command": "mezzotint"}
    (project.folder / "out" / ".lock").write_text(json.dumps(note))
    assert project.run().returncode == 0
