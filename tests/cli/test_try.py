"""``mezzotint try``: the graph in the package, the table and the sentence, and pictures in a terminal."""

from __future__ import annotations

import base64
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

from mezzotint.cli.comparison import Comparison
from mezzotint.cli.inline import escapes, protocol

Invoke = Callable[..., Result]


def compared(before: list[float], after: list[float]) -> Comparison:
    prompts = [f"prompt {number}" for number in range(max(len(before), len(after)))]
    scores = {1: dict(zip(prompts, before, strict=False)), 3: dict(zip(prompts, after, strict=False))}
    return Comparison("guidance", "CLIP score", scores)


def test_a_clear_difference_is_said_with_its_size_and_how_often_chance_would_make_it() -> None:
    said = compared([50, 60, 40, 55, 45, 50, 52, 48], [70, 75, 65, 72, 61, 49, 70, 69]).sentence()
    assert "better with guidance 3 than with 1: more for 7 of 8 prompts, and 16.4 more on average" in said
    assert "chance alone makes a mean differ as much in 1.6%" in said


def test_the_better_setting_may_be_the_first() -> None:
    said = compared([70, 75, 65, 72, 61, 66, 70, 69], [50, 60, 40, 55, 45, 50, 52, 48]).sentence()
    assert "better with guidance 1 than with 3" in said
    assert "8 of 8" in said


def test_a_difference_that_is_small_beside_its_spread_is_not_called_one() -> None:
    said = compared([50, 60, 40, 55, 45, 50, 52, 48], [52, 58, 44, 50, 49, 46, 55, 47]).sentence()
    assert "can't tell guidance 1 from 3" in said
    assert "better" not in said


def test_equal_and_missing_scores_claim_nothing() -> None:
    assert "can't tell" in compared([50, 60, 40], [50, 60, 40]).sentence()
    assert "Too few prompts" in compared([50], [60, 70, 80]).sentence()
    assert "Too few prompts" in compared([], [60, 70]).sentence()


def test_the_graph_is_copied_out_and_never_over_a_file(invoke: Invoke, folder: Path) -> None:
    assert invoke("try", "--save", "mine.yaml", toys=False).exit_code == 0
    saved = (folder / "mine.yaml").read_text()
    assert yaml.safe_load(saved)["inputs"]["guidance"] == {"each": [1, 3]}
    assert "fine" in invoke("check", "mine.yaml", toys=False).stdout
    (folder / "mine.yaml").write_text("precious")
    again = invoke("try", "--save", "mine.yaml", toys=False)
    assert again.exit_code == 2
    assert "there already" in again.stderr
    assert (folder / "mine.yaml").read_text() == "precious"


@pytest.mark.slow
def test_it_draws_compares_and_finds_everything_stored_the_second_time(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mezzotint.cli import trying

    # The same graph with one step a picture, since the pictures are not what is tested here.
    shorter = trying.read_graph().replace("steps: 15", "steps: 1")
    monkeypatch.setattr(trying, "read_graph", lambda: shorter)
    first = invoke("try", toys=False)
    assert first.exit_code == 0
    (sheet,) = (folder / "runs").glob("try-*/images/sheet/0.png")
    assert str(sheet.relative_to(folder)) in first.stdout
    (made,) = re.findall(r"^(\d+) items made in", first.stdout, re.MULTILINE)
    rows = [line.split() for line in first.stdout.splitlines() if re.match(r"[13] ", line)]
    assert [(row[0], row[-1]) for row in rows] == [("1", "8"), ("3", "8")]
    assert "guidance" in first.stdout.split("prompts\n")[1].split("The graph")[0]
    assert "    " + shorter.splitlines()[0] in first.stdout
    assert "toy" in first.stdout
    assert "checkpoint=owner/name" in first.stdout
    assert "\x1b" not in first.stdout
    again = invoke("try", toys=False)
    assert f"all stored: {made} items, in runs" in again.stdout
    assert again.stdout.partition("guidance")[2] == first.stdout.partition("guidance")[2]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "dumb"}, None),
        ({}, None),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux", "TERM_PROGRAM": "iTerm.app"}, None),
    ],
)
def test_a_terminal_is_told_by_its_environment(environment: dict[str, str], expected: str | None) -> None:
    assert protocol(environment) == expected


def test_what_a_terminal_gets_is_the_whole_file() -> None:
    picture = bytes(range(256)) * 40
    pieces = re.findall(r"\x1b_G(.*?)m=([01]);(.*?)\x1b\\", escapes(picture, "kitty"))
    assert pieces[0][0] == "a=T,f=100,"
    assert [more for _, more, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    assert max(len(piece) for _, _, piece in pieces) <= 4096
    assert base64.b64decode("".join(piece for _, _, piece in pieces)) == picture
    (size, text), *_ = re.findall(
        r"\x1b\]1337;File=inline=1;size=(\d+);.*?:(.*)\x07", escapes(picture, "iterm")
    )
    assert int(size) == len(picture)
    assert base64.b64decode(text) == picture


def shown(path: Path, **environment: str) -> bytes:
    """What a terminal with this environment receives."""
    here, there = pty.openpty()
    script = (
        "import sys, pathlib\n"
        "from mezzotint.cli.inline import show_inline\n"
        "show_inline(pathlib.Path(sys.argv[1]))\n"
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TMUX", "TERM", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID")
    }
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], stdout=there, env={**inherited, **environment}, check=True
    )
    assert done.returncode == 0
    os.close(there)
    received = b""
    try:
        while piece := os.read(here, 65536):
            received += piece
    except OSError:  # the end of a terminal that has been closed
        pass
    os.close(here)
    return received


def test_a_picture_is_shown_in_a_terminal_that_can_and_in_no_other(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    path.write_bytes(b"\x89PNG, more or less")
    assert base64.b64encode(path.read_bytes()) in shown(path, TERM="xterm-kitty")
    assert shown(path, TERM="xterm-256color") == b""
