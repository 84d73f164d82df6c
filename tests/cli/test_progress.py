"""How far a run has come: counted, on a terminal, and in lines."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from mezzotint.cli import bars
from mezzotint.cli.progress import Lines, pace
from mezzotint.cli.stopping import SAID, Stopping
from mezzotint.cli.tally import Tally
from mezzotint.cli.terminal import count, duration, rate
from mezzotint.graphs.running import Event


def planned(**to_do: int) -> Event:
    lines: dict[str, Any] = {name: SimpleNamespace(to_do=number) for name, number in to_do.items()}
    plan: Any = SimpleNamespace(steps=lines, to_do=sum(to_do.values()), stored=2)
    return Event("planned", plan=plan)


def test_pace_is_that_of_the_node_itself() -> None:
    tally = Tally()
    tally.take(planned(text=0, latent=8))
    assert list(tally.nodes) == ["latent"]
    node = tally.take(Event("made", "latent", 4, 2.0))
    assert node is not None
    assert (node.per_second, node.left) == (2.0, 2.0)
    tally.take(Event("failed", "latent", 1, message="no"))
    assert pace(node) == "5 of 8, 1 failed, 2.0/s, 1.5 s left"


def test_what_no_plan_foresaw_is_counted_too() -> None:
    tally = Tally()
    tally.take(planned(latent=1))
    tally.take(Event("made", "text", 3, 1.0))
    assert (tally.nodes["text"].total, tally.nodes["text"].done) == (3, 3)


def test_lines_end_with_what_was_left_unfinished(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines() as lines:
        lines(planned(latent=3, image=3))
        lines(Event("made", "latent", 2, 0.5))
    assert capsys.readouterr().err.splitlines()[1:] == ["latent: 2 of 3"]


def test_lines_say_each_failure_once(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines() as lines:
        lines(planned(latent=3))
        lines(Event("note", "latent", message="out of memory: micro-batch now 1"))
        for _ in range(2):
            lines(Event("failed", "latent", 1, message="ValueError: no"))
        lines(Event("made", "latent", 1, 0.5))
    assert capsys.readouterr().err.splitlines() == [
        "3 items to make, 2 stored",
        "latent: out of memory: micro-batch now 1",
        "latent: failed: ValueError: no",
        "latent: 3 of 3, 2 failed, 2.0/s",
    ]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What bars write to a terminal."""
    text = io.StringIO()
    made = Console(file=text, force_terminal=True, width=120, color_system=None)
    monkeypatch.setattr(bars, "console", lambda err: made)
    return text


def test_bars_show_pace_time_left_and_failures(screen: io.StringIO) -> None:
    with bars.Bars(Stopping(announce=False)) as shown:
        shown(planned(latent=8, image=8))
        shown(Event("made", "latent", 4, 2.0))
        shown(Event("failed", "latent", 1, message="ValueError: [odd] text"))
        shown(Event("made", "image", 8, 4.0))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "latent: failed: ValueError: [odd] text" in text
    last = {line.split()[0]: line for line in text.splitlines() if "━" in line}
    assert "5/8" in last["latent"]
    assert "2.0/s" in last["latent"]
    assert "1 failed" in last["latent"]
    assert "took 4.0 s" in last["image"]


def test_bars_say_that_the_run_is_about_to_stop(screen: io.StringIO) -> None:
    stopping = Stopping(announce=False)
    with bars.Bars(stopping) as shown:
        shown(planned(latent=8))
        stopping.signal = 2
        shown(Event("note", "latent", message="a word"))
        shown._progress.refresh()
    assert SAID in screen.getvalue()


def test_numbers_are_said_as_people_say_them() -> None:
    assert [count(1, "item"), count(1200, "item"), count(2, "axis", "axes")] == [
        "1 item",
        "1,200 items",
        "2 axes",
    ]
    assert [duration(s) for s in (0.01, 0.44, 12.3, 59.6, 185, 3723)] == [
        "<0.1 s",
        "0.4 s",
        "12 s",
        "1:00",
        "3:05",
        "1:02:03",
    ]
    assert [rate(r) for r in (1234.0, 3.14, 0.1)] == ["1,234/s", "3.1/s", "10.0 s each"]
