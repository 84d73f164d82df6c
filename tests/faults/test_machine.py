"""Faults of disks, files and clocks: what is said, what is lost (nothing finished), and how a run goes on."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Undisturbed = Callable[[], None]

HELD = """\
inputs: {number: {each: {range: 40}}}
nodes:
  squared: {use: square, number: $number}
  held: {use: hold, number: $squared, at: 100}
  text: {use: long, number: $held}
  picture: {use: draw, number: $held}
  total: {use: add, number: $held, over: number}
outputs: {text: $text, picture: $picture, total: $total}
"""


def may_mount() -> bool:
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("unshare") or not may_mount(),
    reason="mounting isn't allowed here",
)


def on_a_disk(project: Any, size: str, body: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the shell with a small disk mounted at ``disk``."""
    mount = f"mkdir -p disk && mount -t tmpfs -o size={size} tmpfs disk || exit 99\n"
    script = 'exec unshare -m bash -c "$BODY" bash "$@"'
    done: subprocess.CompletedProcess[str] = project.shell(
        script, "--store", "disk/store", "--out", "disk/out", environment={"BODY": mount + body}
    )
    assert done.returncode != 99, done.stderr
    return done


@needs_mounts
def test_a_full_disk(project: Any, undisturbed: Undisturbed) -> None:
    """It fills in the middle; with room made the same command makes the rest, and only that."""
    done = on_a_disk(
        project,
        "1300k",
        """
        "$@" > first.out 2> first.err; echo $? > first
        cp calls.log first.log
        mount -o remount,size=64m disk
        rm calls.log
        "$@" > second.out 2> second.err; echo $? > second
        cp -r disk/store store; cp -r disk/out out
        """,
    )
    assert done.returncode == 0
    folder = project.folder
    first = (folder / "first.err").read_text()
    assert (folder / "first").read_text() == "1\n", first
    assert "Traceback" not in first
    assert "full" in first or "No space left on device" in first
    assert "all that is finished is kept; make room" in first
    assert (folder / "second").read_text() == "0\n", (folder / "second.err").read_text()
    before = (folder / "first.log").read_text().splitlines()
    assert 0 < len(project.calls) < 121
    assert len(set(before) | set(project.calls)) == 120
    undisturbed()


def test_no_room_for_a_file(project: Any, undisturbed: Undisturbed) -> None:
    """As on a full disk, where none can be mounted: no file may grow beyond what the store needs first."""
    done = project.shell('ulimit -f 60; "$@"')
    assert done.returncode == 1, done.stderr
    assert "all that is finished is kept; see whether the disk is full" in done.stderr
    assert project.run().returncode == 0
    undisturbed()


@needs_mounts
@pytest.mark.parametrize("which", ["store", "out"])
def test_a_read_only_folder(project: Any, which: str) -> None:
    done = project.shell(
        'exec unshare -m bash -c "$BODY" bash "$@"',
        environment={
            "BODY": f'mkdir {which} && mount -t tmpfs -o ro tmpfs {which} || exit 99; "$@"',
        },
    )
    assert done.returncode == 1
    assert f"{which}/" in done.stderr
    assert "Read-only file system" in done.stderr
    assert "make it writable, or name other folders with --out and --store" in done.stderr
    assert project.run("--store", "elsewhere", "--out", "there").returncode == 0


def test_a_folder_that_is_in_the_way(project: Any) -> None:
    (project.folder / "store").write_text("a file")
    done = project.run()
    assert done.returncode == 1
    assert "store" in done.stderr
    (project.folder / "store").unlink()
    assert project.run().returncode == 0


def test_a_store_that_vanishes_in_the_middle(project: Any, undisturbed: Undisturbed) -> None:
    """What was in it is made again where it is needed, by the same run."""
    project.write(HELD)
    process = project.start("--batch", "1")
    project.wait_for("held", process)
    shutil.rmtree(project.folder / "store")
    (project.folder / "go").touch()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert project.run("--fresh").returncode == 0
    undisturbed()


def test_a_run_folder_that_vanishes_in_the_middle(project: Any, undisturbed: Undisturbed) -> None:
    project.write(HELD)
    process = project.start("--batch", "1")
    project.wait_for("held", process)
    shutil.rmtree(project.folder / "out")
    (project.folder / "go").touch()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the run folder was taken away; what is finished is in the store" in said
    assert "Traceback" not in said
    assert project.run().returncode == 0
    undisturbed()


def flip(path: Path, at: int) -> None:
    """Flip one bit."""
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


def stored(folder: Path, index: int) -> Path:
    return sorted((folder / "store/files").glob("*/*"))[index]


def picture(folder: Path, index: int) -> Path:
    return sorted((folder / "out/images").rglob("*.png"))[index]


def harm_stored_files(folder: Path) -> None:
    flip(stored(folder, 0), 77)
    os.truncate(stored(folder, 1), 100)
    os.truncate(stored(folder, 2), 0)
    stored(folder, 3).unlink()


def harm_pictures(folder: Path) -> None:
    flip(picture(folder, 0), 60)
    os.truncate(picture(folder, 1), 40)
    os.truncate(picture(folder, 2), 0)
    picture(folder, 3).unlink()
    (picture(folder, 4).parent / ".x.part").write_bytes(b"half of a picture")


def harm_tables(folder: Path) -> None:
    os.truncate(folder / "out/items.parquet", 50)
    os.truncate(folder / "out/metrics.json", 9)
    os.truncate(folder / "out/run.json", 9)
    flip(folder / "out/graph.yaml", 3)
    (folder / "out/failures.jsonl").unlink()


HARMS: dict[str, Callable[[Path], None]] = {
    "files of the store": harm_stored_files,
    "pictures": harm_pictures,
    "tables": harm_tables,
    "the store's header": lambda folder: flip(folder / "store/items.db", 2),
    "the store, torn": lambda folder: os.truncate(folder / "store/items.db", 5000),
    "the store, empty": lambda folder: os.truncate(folder / "store/items.db", 0),
    "the record's header": lambda folder: flip(folder / "out/.items.db", 2),
    "the record, torn": lambda folder: os.truncate(folder / "out/.items.db", 5000),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_flipped_bit_or_a_torn_file(project: Any, undisturbed: Undisturbed, harm: str) -> None:
    """The same commands put it right: they make again what can't be read, and nothing else is lost."""
    assert project.run().returncode == 0
    HARMS[harm](project.folder)
    assert project.run().returncode == 0
    assert project.run("--out", "second").returncode == 0  # asks the store for everything
    undisturbed()
    assert project.files("second") == project.files("out")


def test_a_flipped_bit_in_a_score_is_no_score(project: Any, undisturbed: Undisturbed) -> None:
    """Numbers stay numbers when a bit of them flips: rows carry digests, as items do."""
    assert project.run().returncode == 0
    for name in ("store/items.db", "out/.items.db"):
        path = project.folder / name
        content = path.read_bytes()
        assert content.count(b"20540") == 1  # the total
        path.write_bytes(content.replace(b"20540", b"20541"))
    assert project.run().returncode == 0
    undisturbed()


def test_any_flipped_bit_of_the_databases(project: Any) -> None:
    """Wherever it is: no traceback, and never another result."""
    project.write(
        "inputs: {number: {each: {range: 20}}}\n"
        "nodes: {a: {use: square, number: $number}, b: {use: add, number: $a, over: number}}\n"
        "outputs: {a: $a, b: $b}\n"
    )
    assert project.run().returncode == 0
    expected = project.files()
    kept = project.folder / "kept"
    kept.mkdir()
    for name in ("store", "out"):
        shutil.copytree(project.folder / name, kept / name)
    for database in ("store/items.db", "out/.items.db"):
        size = (kept / database).stat().st_size
        for place in range(0, size - 5, size // 5):
            for name in ("store", "out"):
                shutil.rmtree(project.folder / name)
                shutil.copytree(kept / name, project.folder / name)
            flip(project.folder / database, place + 5)
            for _ in range(2):  # found at work, a damaged record is put aside and made by the next run
                done = project.run()
                if done.returncode == 0:
                    break
                assert "was damaged and is put aside; the same command again" in done.stderr
            assert done.returncode == 0, (database, place, done.stderr)
            assert project.files() == expected, (database, place)


def test_a_prompts_file_edited_in_the_middle(project: Any) -> None:
    """A run reads it once, at its beginning; what was edited is another run, which takes what it shares."""
    project.write(HELD.replace("{range: 40}", "{file: numbers.txt}"))
    numbers = project.folder / "numbers.txt"
    numbers.write_text("\n".join(map(str, range(40))))
    process = project.start("--batch", "1")
    project.wait_for("held", process)
    numbers.write_text("10\n11\n1000\n")
    (project.folder / "go").touch()
    assert process.wait(60) == 0
    assert project.record()["axes"] == {"number": 40}
    other = project.run()
    assert other.returncode == 2
    assert "out holds another run" in other.stderr
    project.forget_calls()
    assert project.run("--out", "edited").returncode == 0
    assert {line.split()[1] for line in project.calls} == {"1000", "1000000"}


BACKWARDS = """
import itertools, time
real = time.time
steps = itertools.count()
time.time = lambda: real() - 86400 * 365 * next(steps)
from mezzotint.cli import main
main()
"""


def test_a_clock_that_jumps_back(project: Any, undisturbed: Undisturbed) -> None:
    """Each question of the time is answered a year earlier; a fresh run is made anew once, all the same."""
    assert project.run().returncode == 0
    for arguments in ([], ["--fresh"]):
        project.forget_calls()
        done = subprocess.run(
            [sys.executable, "-c", BACKWARDS, *project.arguments(*arguments)],
            cwd=project.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert len(project.calls) == (120 if arguments else 0)
    undisturbed()


@pytest.mark.parametrize("limit", [8, 12, 18])
def test_no_file_descriptors_left(project: Any, undisturbed: Undisturbed, limit: int) -> None:
    done = project.run(limit=(resource.RLIMIT_NOFILE, limit))
    assert done.returncode in (0, 1), done.stderr
    if done.returncode:
        assert os.strerror(errno.EMFILE) in done.stderr
        assert "all that is finished is kept; raise the limit (`ulimit -n 4096`)" in done.stderr
    assert project.run().returncode == 0
    undisturbed()
