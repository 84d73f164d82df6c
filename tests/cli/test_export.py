"""``mezzotint export``: tables of scores and items for other tools."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import parquet
from typer.testing import Result

Invoke = Callable[..., Result]


@pytest.fixture
def run(invoke: Invoke, folder: Path) -> Path:
    text = (folder / "graph.yaml").read_text().replace("[a red circle, a star]", "['=1+1', a star]")
    (folder / "graph.yaml").write_text(text)
    invoke("run", "graph.yaml", "--each", "scale=1,2", "--out", "out", "--quiet")
    return Path("out")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_scores_and_items_are_files_of_their_own(invoke: Invoke, run: Path, kind: str) -> None:
    done = invoke("export", "out", "--to", kind, "-o", "tables", toys=False)
    assert done.exit_code == 0
    paths = [Path("tables") / f"{name}.{kind}" for name in ("scores", "items")]
    assert done.stdout.splitlines() == [f"{paths[0]}: 4 scores", f"{paths[1]}: 14 items"]
    if kind == "csv":
        found = [list(csv.DictReader(path.open(newline=""))) for path in paths]
    elif kind == "jsonl":
        found = [[json.loads(line) for line in path.read_text().splitlines()] for path in paths]
    else:
        found = [parquet.read_table(path).to_pylist() for path in paths]
    scores, items = found
    assert [(row["name"], int(row["at.scale"])) for row in scores] == [
        ("average", 1),
        ("average", 2),
        ("number", 1),
        ("number", 2),
    ]
    assert float(scores[0]["value"]) == pytest.approx(float(scores[2]["value"]))
    assert int(scores[0]["clusters"]) == int(scores[2]["clusters"]) == 2
    assert len(items) == 14


def test_a_formula_is_told_of(invoke: Invoke, run: Path) -> None:
    done = invoke("export", "out", "--to", "csv", toys=False)
    assert "6 cells would be a formula" in done.stderr
    assert "'=1+1" in (run / "export/items.csv").read_text()
    assert invoke("export", "out", "--to", "jsonl", toys=False).stderr == ""
    assert "'=1+1" not in (run / "export/items.jsonl").read_text()


def test_the_same_command_still_goes_on_in_a_folder_with_an_export(invoke: Invoke, run: Path) -> None:
    invoke("export", "out", "--to", "csv", toys=False)
    again = invoke("run", "graph.yaml", "--each", "scale=1,2", "--out", "out")
    assert again.exit_code == 0
    assert "nothing: all was there" in again.stdout


def test_a_run_that_was_stopped_says_so(invoke: Invoke, run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "complete": False}))
    assert "not finished" in invoke("export", "out", "--to", "jsonl", toys=False).stderr


def test_a_mistake_is_one_message(invoke: Invoke, run: Path) -> None:
    for arguments, words in (
        (("nowhere", "--to", "csv"), "is no run's folder"),
        (("out", "--to", "csv", "--by", "lost"), "has no column 'lost'"),
        (("out", "--to", "excel"), "excel"),
        (("out",), "--to"),
    ):
        done = invoke("export", *arguments, toys=False)
        assert done.exit_code == 2
        assert words in done.stderr


def test_a_tracker_is_told_and_says_where(invoke: Invoke, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="pip install mezzotint[mlflow]")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "tracked")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    done = invoke("export", "out", "--to", "mlflow", "--project", "mine", toys=False)
    assert done.exit_code == 0
    assert done.stdout.startswith("4 scores logged to tracked, run ")
    assert list(Path("tracked").glob("*/*/metrics/average.scale 1"))
