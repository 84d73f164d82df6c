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

from mezzotint.graphs.figures import with_error

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
        assert with_error(entry["value"], entry["standard_error"]) in shown.stdout


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
    said = json.loads(Path("out/metrics.json").read_text())
    said["metrics"]["average"]["values"] = []
    Path("out/metrics.json").write_text(json.dumps(said))
    lines = dict(line.split(maxsplit=1) for line in invoke("show", "out", toys=False).stdout.splitlines()[1:])
    assert lines["made"].startswith("nothing (")
    assert lines["average"] == "none yet"


def test_scores_say_how_sure_they_are(invoke: Invoke) -> None:
    done = invoke("run", "graph.yaml", "--out", "out")
    shown = invoke("show", "out", toys=False)
    (entry,) = json.loads(Path("out/metrics.json").read_text())["metrics"]["average"]["values"]
    low, high = entry["interval"]
    for output in (done, shown):
        lines = dict(line.split(maxsplit=1) for line in output.stdout.splitlines()[1:] if line)
        assert lines["average"] == lines["number"]  # the mean of numbers that the graph has no mean of
        assert lines["average"].startswith(with_error(entry["value"], entry["standard_error"]))
        assert lines["average"].endswith(f"(95 % {low:.1f} to {high:.1f}; 6 values of 2 prompts)")


def test_a_sweep_is_a_table_with_the_means_of_the_items(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--each", "scale=10,20", "--out", "out", "--quiet")
    shown = invoke("show", "out", toys=False).stdout
    (heading,) = [line.split() for line in shown.splitlines() if line.startswith("scale ")]
    assert heading == ["scale", "average", "number"]
    (ten,) = [line.split() for line in shown.splitlines() if line.startswith("10 ")]
    assert ten[1:4] == ten[4:7]
    assert "2 values over scale: " in shown


def test_a_folder_of_an_earlier_version_says_what_to_do(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    said = json.loads(Path("out/metrics.json").read_text())
    Path("out/metrics.json").write_text(json.dumps({"mezzotint": 1, "metrics": said["metrics"]}))
    shown = invoke("show", "out", toys=False)
    assert shown.exit_code == 0
    assert "of an earlier version" in shown.stdout
    assert "nothing is computed twice" in shown.stdout


DAMAGED = [
    ("", "Invalid JSON: EOF"),
    ('{"name": "gr', "Invalid JSON: EOF"),
    ("\udcff", "Invalid JSON: expected value"),
    ("[]", "Input should be an object"),
    ("{}", "name: Field required"),
]
EDITED = [
    ({"flags": 3}, "flags: Input should be an object"),
    ({"flags": {"blank": "many"}}, "flags.blank: Input should be a valid integer"),
    ({"axes": ["prompt"]}, "axes: Input should be an object"),
    ({"complete": None}, "complete: Input should be a valid boolean"),
    ({"history": 3}, "history: Input should be a valid array"),
    ({"history": [3]}, "history.0: Input should be an object"),
    ({"history": [{}]}, "history.0.started: Field required"),
]
EDITED_RUN = [
    ({"started": "yesterday"}, "started: Input should be a valid datetime"),
    ({"finished": "2026-01-01T00:00:00"}, "finished: Input should have timezone info"),
    ({"steps": 3}, "steps: Input should be an object"),
    ({"steps": {"loud": {"made": "two"}}}, "steps.loud.made: Input should be a valid integer"),
    ({"damaged": None}, "damaged: Input should be a valid integer"),
    ({"peak_memory": "much"}, "peak_memory: Input should be a valid integer"),
]


def shows_no_run(invoke: Invoke, record: str, words: str) -> None:
    path = Path("out/run.json")
    path.write_bytes(record.encode("utf-8", "surrogateescape"))
    shown = invoke("show", "out", toys=False)
    assert (shown.exit_code, shown.stdout) == (2, "")
    message, hint = shown.stderr.splitlines()
    assert message.startswith(f"{path} is not what a run writes: ")
    assert words in message
    assert "take the file away" in hint


@pytest.mark.parametrize(("record", "words"), DAMAGED)
def test_a_damaged_record_is_one_message(invoke: Invoke, record: str, words: str) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    shows_no_run(invoke, record, words)


@pytest.mark.parametrize(("edits", "words"), EDITED)
def test_a_record_that_somebody_edited_is_one_message(
    invoke: Invoke, edits: dict[str, object], words: str
) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    record = json.loads(Path("out/run.json").read_text())
    shows_no_run(invoke, json.dumps({**record, **edits}), words)


@pytest.mark.parametrize(("edits", "words"), EDITED_RUN)
def test_what_is_noted_of_one_run_is_looked_at_too(
    invoke: Invoke, edits: dict[str, object], words: str
) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    record = json.loads(Path("out/run.json").read_text())
    record["history"][0] |= edits
    shows_no_run(invoke, json.dumps(record), f"history.0.{words}")


def test_a_record_that_is_taken_away_is_written_anew(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    Path("out/run.json").unlink()
    assert invoke("run", "graph.yaml", "--out", "out", "--quiet").exit_code == 0
    assert "complete" in invoke("show", "out", toys=False).stdout


def test_json_tells_the_history_as_it_was_written(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    told = json.loads(invoke("show", "out", "--json", toys=False).stdout)
    assert told["history"] == json.loads(Path("out/run.json").read_text())["history"]


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
