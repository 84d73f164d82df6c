"""Nodes over sets, told their members: each value says how sure it is, whatever the batches and shards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import mezzotint
from mezzotint.evaluation import (
    FeatureSet,
    Origin,
    authenticity,
    density_coverage,
    diversity,
    extractor_by_name,
    mean,
    precision_recall,
    prompt_diversity,
    skew,
    task_mean,
    vendi,
)
from mezzotint.evaluation.references import ReferenceSet
from mezzotint.evaluation.uncertainty.estimate import Estimate
from mezzotint.graphs.members import Member

PROMPTS, SEEDS, DIMENSION = 12, 4, 128
COUNT = PROMPTS * SEEDS


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    random = np.random.default_rng(0)
    # Few directions, so that 48 pictures are many for the Vendi score.
    directions = random.normal(size=(4, DIMENSION))
    directions[0] *= 3
    of_prompt = np.repeat(random.normal(size=(PROMPTS, 4)), SEEDS, axis=0)
    rows = (of_prompt + random.normal(size=(COUNT, 4))) @ directions + directions[0]
    return rows.astype("float32")


@pytest.fixture(scope="module")
def real() -> ReferenceSet:
    random = np.random.default_rng(1)
    rows = random.normal(size=(60, 4)) @ np.random.default_rng(0).normal(size=(4, DIMENSION))
    origin = Origin.of(extractor_by_name("starter"))
    kept = FeatureSet(rows.astype("float32"), tuple(str(at) for at in range(60)), origin)
    return ReferenceSet("set", features=kept)


def member(at: int) -> Member:
    prompt, seed = divmod(at, SEEDS)
    return Member({"prompt": prompt, "seed": seed}, f"prompt {prompt}", (), ("blank",) if at == 5 else ())


MEMBERS = [member(at) for at in range(COUNT)]
Inputs = Callable[[np.ndarray, Sequence[int]], list[Any]]


def pictures(rows: np.ndarray, chosen: Sequence[int]) -> list[Any]:
    return [rows[list(chosen)]]


def with_prompts(rows: np.ndarray, chosen: Sequence[int]) -> list[Any]:
    return [rows[list(chosen)], [MEMBERS[at].unit for at in chosen]]


def numbers(rows: np.ndarray, chosen: Sequence[int]) -> list[Any]:
    return [[float(rows[at, 0]) for at in chosen]]


def of_tasks(rows: np.ndarray, chosen: Sequence[int]) -> list[Any]:
    return [
        [float(rows[at, 0] > 0) for at in chosen],
        ["even" if at // SEEDS % 2 else "odd" for at in chosen],
    ]


#: By name a state that has seen nothing, and what it takes.
NODES: dict[str, tuple[Callable[[ReferenceSet], Any], Inputs]] = {
    "diversity": (lambda real: diversity(), pictures),
    "vendi": (lambda real: vendi(), pictures),
    "prompt_diversity": (lambda real: prompt_diversity(), with_prompts),
    "authenticity": (lambda real: authenticity(real), pictures),
    "precision_recall": (lambda real: precision_recall(real), pictures),
    "density_coverage": (lambda real: density_coverage(real), pictures),
    "skew": (lambda real: skew(attributes=["a circle", "a square", "a star"]), pictures),
    "mean": (lambda real: mean(), numbers),
    "task_mean": (lambda real: task_mean(), of_tasks),
}


def estimates(value: Any) -> list[Estimate]:
    return [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, float)]


@pytest.mark.parametrize("name", NODES)
def test_the_value_is_the_one_without_members_to_the_last_digit(name, features, real):
    make, inputs = NODES[name]
    plain, told = make(real), make(real)
    plain.update(*inputs(features, range(COUNT)))
    told.update(*inputs(features, range(COUNT)), MEMBERS)
    for one, other in zip(estimates(plain.compute()), estimates(told.compute()), strict=True):
        assert float(one) == float(other)
        assert getattr(one, "standard_error", None) is None
        assert other.standard_error is not None or other.reason
        assert (other.n, other.clusters, other.flagged) == (COUNT, PROMPTS, {"blank": 1})


@pytest.mark.parametrize("name", NODES)
def test_neither_batches_nor_order_nor_shards_matter(name, features, real):
    make, inputs = NODES[name]
    whole, left, right = make(real), make(real), make(real)
    whole.update(*inputs(features, range(COUNT)), MEMBERS)
    order = np.random.default_rng(2).permutation(COUNT).tolist()
    for state, chosen in ((left, order[:19]), (left, order[19:30]), (right, order[30:])):
        state.update(*inputs(features, chosen), [MEMBERS[at] for at in chosen])
    left.merge(right)
    for one, other in zip(estimates(whole.compute()), estimates(left.compute()), strict=True):
        assert float(other) == pytest.approx(float(one), rel=1e-9)
        assert (other.reason, other.n, other.clusters) == (one.reason, one.n, one.clusters)
        if one.standard_error is not None:
            assert other.standard_error == pytest.approx(one.standard_error, rel=1e-6)
            assert other.interval == pytest.approx(one.interval, rel=1e-6)
        if one.influence is not None:
            assert other.places.tolist() == one.places.tolist()
            assert other.influence == pytest.approx(one.influence, abs=1e-7)


@pytest.mark.parametrize("name", NODES)
def test_a_state_that_was_not_told_all_its_members_pretends_nothing(name, features, real):
    make, inputs = NODES[name]
    state = make(real)
    state.update(*inputs(features, range(20)), MEMBERS[:20])
    state.update(*inputs(features, range(20, COUNT)))
    found = estimates(state.compute())
    assert all(getattr(each, "standard_error", None) is None for each in found)


def test_tasks_say_how_sure_they_are_each(features, real):
    state = task_mean()
    state.update(*of_tasks(features, range(COUNT)), MEMBERS)
    found = state.compute()
    assert list(found.by_task) == list(found.tasks) == ["even", "odd"]
    for task, share in found.tasks.items():
        told = found.by_task[task]
        assert told["value"] == share
        assert told["interval"][0] < share < told["interval"][1]
        assert (told["n"], told["clusters"]) == (COUNT // 2, PROMPTS // 2)


def test_a_run_leaves_intervals(tmp_path):
    (tmp_path / "prompts.txt").write_text("".join(f"a prompt {at}\n" for at in range(6)))
    (tmp_path / "graph.yaml").write_text(
        """\
inputs:
  prompt: {each: {file: prompts.txt}}
  seed: {each: {range: 3}, per: prompt}
nodes:
  model: {use: load_model, source: starter}
  text: {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed, steps: 1}
  image: {use: decode, model: $model, latents: $latent}
  spread: {use: diversity, images: $image, over: [prompt, seed]}
  blank: {use: blank, images: $image}
  share: {use: mean, number: $blank, over: [prompt, seed]}
outputs: {images: $image, diversity: $spread, blank: $share}
"""
    )
    mezzotint.load(tmp_path / "graph.yaml").run(out=tmp_path / "run")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())["metrics"]
    (spread,) = metrics["diversity"]["values"]
    assert spread["interval"][0] < spread["value"] < spread["interval"][1]
    assert (spread["n"], spread["clusters"]) == (18, 6)
    (share,) = metrics["blank"]["values"]
    assert share["interval"][0] <= share["value"] <= share["interval"][1]
