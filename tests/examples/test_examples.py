"""Each example runs as it stands, offline, and leaves what its comments promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

import mezzotint
from mezzotint.evaluation import read_run, scores
from mezzotint.evaluation.results.metrics_file import metrics_schema
from mezzotint.graphs.store import Store

EXAMPLES = Path(mezzotint.__file__).parent / "examples"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEZZOTINT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def run(name, store, tmp_path, nodes=()):
    graph = mezzotint.load(EXAMPLES / name, nodes=nodes)
    folder, outcome = graph.run_to_folder(tmp_path / "run", store=store)
    assert not outcome.failures
    said = json.loads((folder / "metrics.json").read_text())
    jsonschema.validate(said, metrics_schema())
    read = read_run(folder)
    assert read.complete
    assert [
        score.name for score in scores(read) if not score.contributions and not score.estimate.reason
    ] == []
    return folder, said["metrics"]


def test_txt2img_draws_a_picture_for_each_prompt_and_scores_it(store, tmp_path):
    folder, metrics = run("txt2img.yaml", store, tmp_path)
    pictures = sorted((folder / "images" / "images").glob("*.png"))
    assert len(pictures) == 8
    assert Image.open(pictures[0]).size == (256, 256)
    assert metrics["mean_clip_score"]["values"][0]["value"] > 0


def test_a_picture_carries_the_graph_that_drew_it(store, tmp_path):
    folder, _ = run("txt2img.yaml", store, tmp_path)
    picture = Image.open(folder / "images" / "images" / "3.png")
    again = tmp_path / "again.yaml"
    again.write_text(picture.info["mezzotint"])
    redrawn = mezzotint.load(again).run(store=Store(tmp_path / "empty"))
    # Drawn alone where it was one of eight: the same to float tolerance, which can tip a rounding.
    difference = np.asarray(redrawn["images"].pil()[0], int) - np.asarray(picture, int)
    assert abs(difference).max() <= 1


def test_score_leaves_one_distance_and_a_diversity_for_each_prompt(store, tmp_path):
    folder, metrics = run("score.yaml", store, tmp_path)
    assert len(list((folder / "images" / "images").glob("*.png"))) == 32
    assert len(metrics["fd"]["values"]) == 1
    assert len(metrics["diversity"]["values"]) == 8


def test_sweep_leaves_one_score_for_each_setting(store, tmp_path):
    _, metrics = run("sweep.yaml", store, tmp_path)
    for name in ("fd", "clip_score"):
        points = [entry["point"] for entry in metrics[name]["values"]]
        assert points == [{"guidance": g, "steps": s} for g in (1, 3, 7) for s in (4, 12)]


def test_metrics_scores_the_pictures_in_every_way_that_needs_no_download(store, tmp_path):
    folder, metrics = run("metrics.yaml", store, tmp_path)
    values = {name: metric["values"][0]["value"] for name, metric in metrics.items()}
    assert 0.2 < values["obeyed"] < 0.9
    assert values["fd"] > 0
    assert values["within_a_prompt"] < values["across_prompts"]
    assert 1 < values["vendi"] < 32
    table = pyarrow.parquet.read_table(folder / "items.parquet").to_pylist()
    pictures = [row for row in table if row["images"]]
    assert len(pictures) == 32
    assert all(row["seconds"] > 0 for row in pictures)
    assert sum(not row["reason"] for row in pictures) == values["obeyed"] * 32


def test_best_of_keeps_one_picture_a_prompt_and_names_it_after_the_prompt(store, tmp_path):
    folder, metrics = run("best_of.yaml", store, tmp_path)
    assert len(metrics["score"]["values"]) == 8
    assert (
        metrics["mean_score_of_best"]["values"][0]["value"]
        > metrics["mean_score_of_all"]["values"][0]["value"]
    )
    files = sorted(path.name for path in (folder / "images" / "saved").iterdir())
    assert len(files) == 8
    assert "a-blue-ring-to-the-left-of-an-orange-cross.webp" in files
    picture = Image.open(folder / "images" / "saved" / "a-red-circle.webp")
    assert (picture.format, picture.size) == ("WEBP", (256, 256))


def test_img2img_obeys_the_other_prompt_the_more_the_stronger_it_is(store, tmp_path):
    folder, metrics = run("img2img.yaml", store, tmp_path)
    assert len(list((folder / "images" / "images").glob("*.png"))) == 24
    scores = [entry["value"] for entry in metrics["clip_score"]["values"]]
    assert [entry["point"] for entry in metrics["clip_score"]["values"]] == [
        {"strength": strength} for strength in (0.3, 0.5, 0.7, 0.9)
    ]
    assert scores == sorted(scores)


def test_own_node_runs_nodes_of_a_file(store, tmp_path):
    _, metrics = run("own_node.yaml", store, tmp_path, nodes=[EXAMPLES / "own_node.py"])
    assert [entry["point"] for entry in metrics["span"]["values"]] == [
        {"strength": strength} for strength in (0, 0.5, 1)
    ]


def test_hello_runs_from_any_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, EXAMPLES / "hello.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "4 pictures, the first is 128×128" in done.stdout
