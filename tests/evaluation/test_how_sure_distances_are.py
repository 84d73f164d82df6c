"""The nodes fd, fid, kid and cmmd say how sure they are, by prompt, in a graph and fed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import mezzotint
from mezzotint.evaluation import FrechetDistance, Statistics, cmmd, fd, kid
from mezzotint.evaluation.references import ReferenceSet
from mezzotint.evaluation.references.feature_sets import FeatureSet
from mezzotint.graphs.members import Member
from mezzotint.graphs.program.outputs import Results

GRAPH = """
inputs:
  prompt:
    each: [a red circle, a blue square, a green star, two red circles, a large blue star, a small red square]
  seed: {each: {range: 2}SEEDS}
nodes:
  image: {use: render_scene, prompt: $prompt, seed: $seed}
  fd: {use: fd, images: $image, reference: starter, over: [prompt, seed]}
  kid: {use: kid, images: $image, reference: starter, extractor: starter, over: [prompt, seed]}
  cmmd: {use: cmmd, images: $image, reference: starter, extractor: starter, over: [prompt, seed]}
outputs: {fd: $fd, kid: $kid, cmmd: $cmmd, image: $image}
"""
NODES = {"fd": fd, "kid": kid, "cmmd": cmmd}
EACH = pytest.mark.parametrize("name", NODES)


def run(folder: Path, seeds: str) -> Results:
    path = folder / "graph.yaml"
    path.write_text(GRAPH.replace("SEEDS", seeds))
    return mezzotint.load(path).run(out=folder / "run")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sure")


@pytest.fixture(scope="module")
def results(folder: Path, shared_cache: Path) -> Results:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEZZOTINT_CACHE", str(shared_cache))
        return run(folder, ", per: prompt")


@EACH
def test_a_distance_of_a_graph_has_a_standard_error_by_prompt(results: Results, name: str):
    value = results[name].value
    assert value.standard_error > 0
    assert (value.n, value.clusters, value.conditional_on) == (12, 6, ("reference",))
    by_prompt = np.bincount(value.places[:, 0], value.influence)
    assert value.standard_error == pytest.approx(np.sqrt(6 / 5 * np.square(by_prompt).sum()), rel=1e-9)


def test_the_run_folder_says_what_each_picture_adds(results: Results, folder: Path):
    recorded = json.loads((folder / "run" / "metrics.json").read_text())["metrics"]
    table = pq.read_table(folder / "run" / "items.parquet").to_pydict()
    for name in NODES:
        (entry,) = recorded[name]["values"]
        assert entry["standard_error"] == results[name].value.standard_error
        rows = zip(table["prompt.index"], table["seed.index"], table[f"{name}.influence"], strict=True)
        found = {(p, s): value for p, s, value in rows if value is not None}
        expected = dict(
            zip(map(tuple, results[name].value.places), results[name].value.influence, strict=True)
        )
        assert found == pytest.approx(expected)


def test_a_frechet_distance_of_few_pictures_says_what_an_interval_would_take(results: Results):
    value = results["fd"].value
    assert value.interval is None
    assert value.reason.startswith("12 pictures for 128 features: an interval takes ")
    assert "lead with kid" in value.reason


def test_seeds_that_all_prompts_share_are_what_it_is_conditional_on(tmp_path: Path):
    assert run(tmp_path, "")["kid"].value.conditional_on == ("reference", "seed")


def fed(name: str, rows: np.ndarray, members: list[Member] | None, batch: int = 7):
    """The state of a node after features ``[n, 128]`` that came in batches."""
    real = np.random.default_rng(0).normal(size=(50, 128)).astype("float32")
    reference = ReferenceSet("set", features=FeatureSet(real, tuple(map(str, range(50)))))
    state = NODES[name](reference, extractor="starter")
    for start in range(0, len(rows), batch):
        part = slice(start, start + batch)
        state.update(rows[part], *([members[part]] if members is not None else []))
    return state


def drawn(count: int) -> tuple[np.ndarray, list[Member]]:
    rows = np.random.default_rng(1).normal(size=(count, 128)).astype("float32") + 0.1
    return rows, [Member({"prompt": i // 2, "seed": i % 2}, f"prompt {i // 2}") for i in range(count)]


@EACH
@pytest.mark.parametrize("count", [20, 300], ids=["few", "many"])
def test_merged_it_says_what_the_whole_says_whatever_the_order(name: str, count: int):
    rows, members = drawn(count)
    whole = fed(name, rows, members).compute()
    order = np.random.default_rng(2).permutation(count)
    left, right = order[: count // 3], order[count // 3 :]
    merged = fed(name, rows[left], [members[i] for i in left])
    merged.merge(fed(name, rows[right], [members[i] for i in right]))
    found = merged.compute()
    assert found == pytest.approx(float(whole), rel=1e-9)
    assert found.standard_error == pytest.approx(whole.standard_error, rel=1e-6)
    assert (found.places == whole.places).all()
    assert found.influence == pytest.approx(whole.influence, rel=1e-5, abs=1e-9)


@EACH
def test_who_is_told_no_members_gives_the_same_number_alone(name: str):
    rows, members = drawn(20)
    plain = fed(name, rows, None).compute()
    assert plain == fed(name, rows, members).compute()
    assert plain.standard_error is None


def test_the_value_is_that_of_the_plain_measure_to_the_last_bit():
    rows, members = drawn(300)
    state = fed("fd", rows, members)
    metric = FrechetDistance(state.metric.reference)
    for start in range(0, 300, 7):
        metric.update(rows[start : start + 7])
    assert isinstance(metric.reference, Statistics)
    assert float(state.compute()) == metric.compute()
