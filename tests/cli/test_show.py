"""``mezzotint show``: what a run left, told later; the newest, one by name, or a picture's graph."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from typer.testing import Result

Invoke = Callable[..., Result]

FRAGILE = """\
inputs: {prompt: {each: [good, bad one, fine, bad two]}}
nodes:
  first: {use: fragile, text: $prompt}
  loud: {use: shout, text: $first}
outputs: {loud: $loud}
"""


def test_a_run_is_told_with_its_scores_as_a_table(invoke: Invoke, folder: Path) -> None:
    (folder / "sweep.yaml").write_text(
        (folder / "graph.yaml").read_text().replace("over: [prompt, seed]", "over: seed")
    )
    invoke("run", "sweep.yaml", "--out", "out", "--quiet")
    shown = invoke("show", "out", toys=False)
    assert shown.exit_code == 0
    lines = [line.split(maxsplit=1) for line in shown.stdout.splitlines() if line.strip()]
    told = {line[0]: line[1] for line in lines if len(line) == 2}
    assert lines[0] == ["out"]
    assert told["what"] == "A number for every prompt and seed, and their mean."
    assert told["state"] == "complete"
    assert told["axes"] == "prompt (2) × seed (3)"
    assert "2 loud, 6 number, 2 average" in told["made"]
    metrics = json.loads(Path("out/metrics.json").read_text())["metrics"]["average"]["values"]
    for entry in metrics:
        assert f"{entry['point']['prompt']}" in shown.stdout
        assert f"{entry['value']:.4g}" in shown.stdout


def test_without_a_name_the_newest_run_is_shown(invoke: Invoke, folder: Path) -> None:
    invoke("run", "graph.yaml", "--quiet")
    invoke("run", "graph.yaml", "--quiet", "--set", "scale=3")
    older, newer = sorted((folder / "runs").iterdir())
    for age, run in ((100, older), (200, newer)):
        os.utime(run / "run.json", (age, age))
    assert str(newer.relative_to(folder)) in invoke("show", toys=False).stdout
    os.utime(older / "run.json", (300, 300))
    assert str(older.relative_to(folder)) in invoke("show", toys=False).stdout


def test_failures_are_told_again(invoke: Invoke, folder: Path) -> None:
    (folder / "fragile.yaml").write_text(FRAGILE)
    assert invoke("run", "fragile.yaml", "--out", "out").exit_code == 3
    shown = invoke("show", "out", toys=False)
    assert shown.exit_code == 0
    assert "2 items failed; 2 items that needed them skipped" in shown.stderr
    assert "ValueError: 'bad one' holds 'bad'" in shown.stderr
    told = json.loads(invoke("show", "out", "--json", toys=False).stdout)
    assert (told["failed"], told["skipped"], told["name"]) == (2, 2, "fragile")
    assert not {"stored", "failed_before"} & told.keys()  # a folder can't tell them
    assert told["made"] == {"first": 2, "loud": 2}


def test_a_run_that_was_broken_off_says_so(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    record = json.loads(Path("out/run.json").read_text())
    Path("out/run.json").write_text(json.dumps({**record, "complete": False}))
    assert "not finished" in invoke("show", "out", toys=False).stdout
    assert json.loads(invoke("show", "out", "--json", toys=False).stdout)["complete"] is False


def test_a_run_that_a_limit_of_failures_ended_is_not_complete(invoke: Invoke, folder: Path) -> None:
    (folder / "fragile.yaml").write_text(FRAGILE)
    invoke("run", "fragile.yaml", "--out", "out", "--max-failures", "1", "--batch", "1")
    shown = invoke("show", "out", toys=False)
    assert "not finished" in shown.stdout
    assert "--max-failures" not in shown.stderr  # nothing in the folder says why it ended
    assert json.loads(invoke("show", "out", "--json", toys=False).stdout)["complete"] is False


def test_of_a_run_that_was_killed_nothing_is_claimed(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    record = json.loads(Path("out/run.json").read_text())
    Path("out/run.json").write_text(json.dumps({**record, "complete": False, "history": []}))
    Path("out/metrics.json").write_text(json.dumps({"metrics": {"average": {"values": []}}}))
    lines = dict(line.split(maxsplit=1) for line in invoke("show", "out", toys=False).stdout.splitlines()[1:])
    assert lines["made"].startswith("nothing (")
    assert lines["average"] == "none yet"


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"history": 3}', '{"history": [3]}'])
def test_a_damaged_record_is_a_message_or_shows_what_there_is(invoke: Invoke, damage: str) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    Path("out/run.json").write_text(damage)
    assert invoke("show", "out", toys=False).exit_code in (0, 2)


def test_what_is_no_run_is_one_message(invoke: Invoke, folder: Path) -> None:
    assert "no run in runs" in invoke("show", toys=False).stderr
    for name in (".", "nowhere", "graph.yaml"):
        result = invoke("show", name, toys=False)
        assert result.exit_code == 2
        assert "is no run's folder" in result.stderr


def test_of_a_picture_the_graph_it_carries_is_shown(invoke: Invoke, folder: Path) -> None:
    graph = {"nodes": {"a": {"use": "upscale"}}, "outputs": {"a": "$a"}}
    info = PngInfo()
    info.add_text("mezzotint", json.dumps(graph))
    Image.new("RGB", (4, 4)).save(folder / "one.png", pnginfo=info)
    assert yaml.safe_load(invoke("show", "one.png", toys=False).stdout) == graph
    assert json.loads(invoke("show", "one.png", "--json", toys=False).stdout) == graph
