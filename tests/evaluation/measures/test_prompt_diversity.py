"""Diversity within and across prompts: the plain means over pairs, without making the pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mezzotint
from mezzotint.evaluation import Diversity, PromptDiversity
from mezzotint.graphs.store import Store


def by_definition(features: np.ndarray, prompts: list[str]) -> tuple[float, float]:
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    pairs = [(i, j) for i in range(len(units)) for j in range(i)]
    within = [1 - units[i] @ units[j] for i, j in pairs if prompts[i] == prompts[j]]
    across = [1 - units[i] @ units[j] for i, j in pairs if prompts[i] != prompts[j]]
    return float(np.mean(within)), float(np.mean(across))


def gathered(*batches) -> PromptDiversity:
    metric = PromptDiversity()
    for features, prompts in batches:
        metric.update(features, prompts)
    return metric


@settings(max_examples=40, deadline=None)
@given(
    prompts=st.lists(st.sampled_from(["a cat", "a dog", "", "a 猫"]), min_size=1, max_size=30),
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, 30), max_size=5),
)
def test_it_is_the_mean_over_pairs_however_the_set_was_cut_and_ordered(prompts, seed, cuts):
    prompts = ["a dog", "a dog", "a cat", *prompts]
    n = len(prompts)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)) + rng.normal(size=5)
    order = rng.permutation(n)
    merged = PromptDiversity()
    for part in np.split(order, sorted(cut % (n + 1) for cut in cuts)):
        batches = [(x[batch], [prompts[i] for i in batch]) for batch in np.array_split(part, 2)]
        merged.merge(gathered(*batches))
    assert merged.compute() == pytest.approx(by_definition(x, prompts), rel=1e-9)
    there = PromptDiversity()
    there.absorb(merged.pack())
    assert there.compute() == pytest.approx(merged.compute(), rel=1e-12)


def test_weighed_by_their_pairs_the_two_make_up_the_diversity_of_the_set():
    x, prompts = np.random.default_rng(0).normal(size=(7, 4)), list("aaabbcd")
    found, whole = gathered((x, prompts)).compute(), Diversity()
    whole.update(x)
    assert (4 * found.within + 17 * found.across) / 21 == pytest.approx(whole.compute(), rel=1e-12)


def test_nearly_equal_images_keep_their_digits():
    x = np.array([[1.0, 0.0], [1.0, 1e-7], [0.0, 1.0], [1e-7, 1.0]])
    found = gathered((x, ["a", "a", "b", "b"])).compute()
    assert found.within == pytest.approx(0.5e-14, rel=1e-6)
    found = gathered((x[:2], ["a", "b"]), (x[:2], ["a", "b"])).compute()
    assert found == pytest.approx((0, 0.5e-14), rel=1e-6)


def test_a_graph_gives_both(tmp_path: Path):
    (tmp_path / "graph.yaml").write_text(
        """
inputs:
  prompt: {each: [a red circle, two blue stars]}
  seed: {each: {range: 3}}
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: $seed}
  both: {use: prompt_diversity, images: $scene, prompt: $prompt, over: [prompt, seed]}
  each: {use: diversity, images: $scene, over: seed}
  worth: {use: vendi, images: $scene, over: seed}
  whole: {use: vendi, images: $scene, order: 2, over: [prompt, seed]}
  commonest: {use: vendi, images: $scene, order: infinity, over: [prompt, seed]}
outputs:
  within: $both.within
  across: $both.across
  each: $each
  worth: $worth
  whole: $whole
  commonest: $commonest
"""
    )
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(tmp_path / "graph.yaml").run(store=store)
    assert run["within"].value == pytest.approx(np.mean(list(run["each"])))
    assert run["across"].value > run["within"].value > 0
    assert all(1 < worth < 3 for worth in run["worth"])
    assert 1 < run["commonest"].value < run["whole"].value < 6


@pytest.mark.parametrize(
    ("prompts", "got"), [([], "0 images of 0"), (["a", "a"], "2 images of 1"), (["a", "b"], "2 images of 2")]
)
def test_without_pairs_of_either_kind_it_is_an_error(prompts, got):
    with pytest.raises(ValueError, match=rf"at least 2 prompts, and 2 images of one of them; got {got}"):
        gathered((np.ones((len(prompts), 3)), prompts)).compute()


def test_bad_input_is_an_error():
    with pytest.raises(ValueError, match="2 images can't be grouped by 1 prompts"):
        gathered((np.ones((2, 3)), ["a"]))
    with pytest.raises(ValueError, match="dimension 4 can't join a set of dimension 3"):
        gathered((np.ones((1, 3)), ["a"]), (np.ones((1, 4)), ["b"]))
    with pytest.raises(ValueError, match="length 0"):
        gathered((np.zeros((1, 3)), ["a"]))
