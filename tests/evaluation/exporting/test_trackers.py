"""Trackers of experiments get numbers, config, some pictures and the tables; here without any service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mezzotint
from mezzotint.evaluation.exporting import tracked as module
from mezzotint.evaluation.exporting.score_table import score_table
from mezzotint.evaluation.exporting.to_mlflow import to_mlflow
from mezzotint.evaluation.exporting.to_wandb import to_wandb
from mezzotint.evaluation.exporting.tracked import Tracked, tracked
from mezzotint.evaluation.results.run_folder import read_run
from mezzotint.evaluation.results.scores import scores
from mezzotint.graphs.problem import GraphError


@pytest.fixture
def what(folder: Path) -> Tracked:
    run = read_run(folder)
    found = scores(run, "row.category")
    return tracked(run, found, score_table(run, found), 2)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told to anybody, nor written outside the test's folder."""
    for name in ("CACHE", "CONFIG", "DATA", "ARTIFACT"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / "wandb-home"))
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)


def test_what_is_told_of_a_run(what: Tracked, folder: Path) -> None:
    assert what.name == "drawn-0123abcd"
    assert what.numbers["clip", "steps 4"] == 5.0
    assert what.numbers["clip", "steps 12", "missing"] == 1
    assert what.numbers["clip", "steps 4", "row.category two"] == 10.0
    assert "standard_error" in {parts[-1] for parts in what.numbers}
    assert what.config["inputs"] == {"scale": 7}  # lists are in the graph's file
    assert what.config["protocol"]["clip"]["model"] == "starter"
    assert [file.name for file in what.files] == ["graph.yaml", "run.json", "metrics.json", "items.parquet"]


def test_pictures_are_bounded_and_none_that_failed_is_among_them(what: Tracked, folder: Path) -> None:
    assert [picture.path for picture in what.pictures] == [
        folder / "images/images/0-0.png",
        folder / "images/images/1-0.png",
    ]
    assert what.pictures[1].caption == "a heart, two\nlines, 4"
    run = read_run(folder)
    assert tracked(run, [], what.table, 0).pictures == []
    assert len(tracked(run, [], what.table, 100).pictures) == 3


def test_a_picture_of_the_whole_run_stands_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "graph.yaml").write_text(
        """inputs: {prompt: {each: [a star, a ring]}}
nodes:
  image: {use: render_scene, prompt: $prompt, seed: 1}
  sheet: {use: grid, images: $image, over: prompt}
outputs: {sheet: $sheet}"""
    )
    mezzotint.load(tmp_path / "graph.yaml").run(out=tmp_path / "run")
    run = read_run(tmp_path / "run")
    (picture,) = tracked(run, [], score_table(run, []), 5).pictures
    assert picture.path.is_file()
    assert picture.caption == ""


def test_names_of_metrics_are_plain_and_distinct(what: Tracked) -> None:
    numbers = {("a", "way [1]"): 1.0, ("a", "way {1}"): 2.0, ("ä",): 3.0}
    named = Tracked("", numbers, what.table, {}, [], []).metrics("/")
    assert named == {"a/way _1_": 1.0, "a/way _1_ 2": 2.0, "_": 3.0}


@pytest.mark.parametrize("to", ["wandb", "mlflow"])
def test_a_missing_package_is_one_message(what: Tracked, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(GraphError, match=rf"needs the package {to}.*\n.*mezzotint\[{to}\]"):
        send(what, to)


def send(what: Tracked, to: str) -> str:
    if to == "wandb":
        return to_wandb(what, "project", None, offline=True, folder=None)
    return to_mlflow(what, "project", None, uri="mlruns")


def test_wandb_offline_holds_it_all(what: Tracked, tmp_path: Path) -> None:
    wandb = pytest.importorskip("wandb", reason="pip install mezzotint[wandb]")
    where = Path(to_wandb(what, "mine", "first", offline=True, folder=tmp_path / "out"))
    wandb.teardown()  # its service has then written all that it was told
    assert where.is_relative_to(tmp_path / "out")
    (log,) = where.glob("*.wandb")
    content = log.read_bytes()
    expected = ("mine", "first", "clip/steps 4/standard_error", "protocol", "drawn-0123abcd")
    assert [word for word in expected if word.encode() not in content] == []
    pictures = sorted((where / "files/media/images").rglob("*.png"))
    assert len(pictures) == 2
    assert list((where / "files/media/table").glob("scores*.json"))


def test_wandb_says_what_to_do_where_nobody_is_logged_in(
    what: Tracked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb", reason="pip install mezzotint[wandb]")
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # no .netrc
    with pytest.raises(GraphError, match="give --offline"):
        to_wandb(what, "mine", None, offline=False, folder=tmp_path)


@pytest.mark.parametrize("uri", ["a folder", "sqlite:///tracked.db"])
def test_mlflow_holds_it_all(what: Tracked, tmp_path: Path, uri: str) -> None:
    mlflow = pytest.importorskip("mlflow", reason="pip install mezzotint[mlflow]")
    where = to_mlflow(what, "mine", "first", uri=uri)
    (run,) = mlflow.search_runs(experiment_names=["mine"], output_format="list")
    assert where.endswith(f"run {run.info.run_id}")
    assert run.info.run_name == "first"
    assert run.data.metrics["clip.steps 4"] == 5.0
    assert run.data.metrics["clip.steps 12.missing"] == 1
    assert len(run.data.metrics) == len(what.numbers)
    assert run.data.params["protocol.clip.model"] == "starter"
    client: Any = mlflow.MlflowClient()
    artifacts = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert artifacts == {*(file.name for file in what.files), "pictures", "scores.csv"}
    assert len(client.list_artifacts(run.info.run_id, "pictures/images")) == 2


def test_mlflow_that_refuses_is_one_message(what: Tracked) -> None:
    pytest.importorskip("mlflow", reason="pip install mezzotint[mlflow]")
    with pytest.raises(GraphError, match="--to mlflow: "):
        to_mlflow(what, "mine", None, uri="nosuch://here")
