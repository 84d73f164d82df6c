"""Runs that are killed or told to stop, at any moment: what is finished stays, and nothing is made twice."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

KILLS = 30
#: Seconds after which what a test waits for never comes.
PATIENCE = 60

GRAPH = """\
inputs:
  number: {each: {range: 150}}
nodes:
  squared: {use: square, number: $number}
  fine: {use: fussy, number: $squared, every: 49}
  text: {use: long, number: $fine}
  picture: {use: draw, number: $fine}
  total: {use: add, number: $fine, over: number}
outputs: {text: $text, picture: $picture, total: $total}
"""
MOMENTS = ("calls", "calls", "calls", "out/.lock", "out/run.json", "out/.items.db-wal", "store/items.db-wal")


def finished(project: Any) -> set[str]:
    """The calls that need not be made again, by what is in the store: what was made names what it is of."""
    if not (project.folder / "store" / "items.db").exists():
        return set()
    names = {"toys.long@1": "long", "toys.draw@1": "draw", "toys.fussy@1": "fussy"}
    return {
        f"{names[node]} {int(data.decode().strip(chr(34)))}"
        for node, data in project.stored().values()
        if node in names
    }


def reach(moment: str, project: Any, child: Any, chance: random.Random) -> bool:
    """Wait for a moment of a run: some more calls, or a file that is written; False if the run ends first."""
    calls = len(project.calls) + chance.randint(0, 25)
    path = project.folder / moment
    before = path.stat().st_mtime_ns if path.exists() else 0
    until = time.monotonic() + PATIENCE
    while child.is_running():
        assert time.monotonic() < until
        if moment == "calls" and len(project.calls) > calls:
            return True
        if moment != "calls" and path.exists() and path.stat().st_mtime_ns != before:
            return True
        time.sleep(0.001)
    return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_killed_at_thirty_moments_a_run_ends_as_if_undisturbed(
    project: Any, nursery: Any, undisturbed: Callable[[], None]
) -> None:
    project.write(GRAPH)
    chance = random.Random(1)
    arguments = project.arguments("--batch", "2", "--quiet")
    kills = 0
    while kills < KILLS:
        done = finished(project)
        project.forget_calls()
        child = nursery.start(project.folder, arguments)
        if reach(chance.choice(MOMENTS), project, child, chance):
            child.kill()
        status = child.status()
        assert status in (-signal.SIGKILL, 3), (project.folder / "stderr").read_text()
        assert not done & set(project.calls), "made again though it was in the store"
        kills += status == -signal.SIGKILL
        if status == 3:
            project.begin_anew()
    done = finished(project)
    project.forget_calls()
    assert nursery.start(project.folder, arguments).status() == 3
    assert not done & set(project.calls)
    assert "22 items failed" in (project.folder / "stderr").read_text()
    undisturbed()
