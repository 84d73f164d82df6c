"""Skew: which attributes pictures of a neutral prompt show, against even shares or given ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mezzotint
from mezzotint.evaluation import AttributeVotes
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.store import Store

TEXTS = np.eye(3)
NAMES = ("red", "green", "blue")
GRAPH = """
inputs:
  seed: {each: {range: 4}}
  prompt: {each: [a red circle, a blue circle]}
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: $seed}
  each: {use: skew, images: $scene, attributes: [a red circle, a blue circle], over: seed}
  all: {use: skew, images: $scene, attributes: [a red circle, a blue circle], over: [prompt, seed]}
  given: {use: skew, images: $scene, attributes: [a red circle, a blue circle], expected: [1, 0], over: seed}
  split: {use: skew, images: $scene, attributes: [a red circle, a blue circle], vote: split, over: seed}
outputs:
  each: $each.skew
  shares: $each.distribution
  all: $all.skew
  deviation: $all.deviation
  given: $given.skew
  split: $split.skew
"""


def gathered(*batches: np.ndarray, **options) -> AttributeVotes:
    votes = AttributeVotes(NAMES, TEXTS, **options)
    for batch in batches:
        votes.update(batch)
    return votes


def test_shares_are_compared_with_even_ones():
    found = gathered(np.eye(3)[[0, 0, 0, 1]]).compute()
    assert found.distribution == {
        "red": {"count": 3, "share": 0.75},
        "green": {"count": 1, "share": 0.25},
        "blue": {"count": 0, "share": 0.0},
    }
    assert found.skew == pytest.approx((0.75 - 1 / 3 + 1 / 3 - 0.25 + 1 / 3) / 2)
    assert found.deviation == pytest.approx(2 * found.skew / 3)


def test_shares_are_compared_with_those_given():
    assert gathered(np.eye(3)[[0, 0, 0, 1]], expected=[0.75, 0.25, 0]).compute().skew == 0
    assert gathered(np.eye(3)[[0, 0, 0, 1]], expected=[0, 0, 1]).compute().skew == 1


@pytest.mark.parametrize("women", range(6))
def test_for_two_attributes_both_are_the_gender_imbalance_of_heim(women):
    """|the share of pictures that score higher with "a photo of a female" − ½|."""
    votes = AttributeVotes(["a photo of a male", "a photo of a female"], np.eye(2))
    votes.update(np.eye(2)[[1] * women + [0] * (5 - women)])
    found = votes.compute()
    assert found.skew == found.deviation == pytest.approx(abs(women / 5 - 0.5))


def test_the_deviation_is_the_one_of_dall_eval():
    """The mean of |share − mean share|, numpy's way."""
    shares = np.array([0.7, 0.2, 0.1])
    rows = np.repeat(np.eye(3), (10 * shares).astype(int), axis=0)
    assert gathered(rows).compute().deviation == pytest.approx(np.mean(np.abs(shares - shares.mean())))


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 30),
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([None, 1.0, 100.0]),
    cuts=st.lists(st.integers(0, 30), max_size=5),
)
def test_it_depends_on_neither_batches_order_nor_shards(n, seed, scale, cuts):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    merged = gathered(scale=scale)
    for part in np.split(rng.permutation(x), sorted(cut % (n + 1) for cut in cuts)):
        shard = gathered(scale=scale)
        shard.absorb(gathered(*np.array_split(part, 2), scale=scale).pack())
        merged.merge(shard)
    whole = gathered(x, scale=scale).compute()
    found = merged.compute()
    assert found.skew == pytest.approx(whole.skew, rel=1e-9, abs=1e-12)
    for name in NAMES:
        assert found.distribution[name] == pytest.approx(whole.distribution[name], rel=1e-9)


def test_of_equally_likely_attributes_the_first_is_counted():
    assert gathered(np.ones((1, 3))).compute().distribution["red"]["count"] == 1


def test_a_split_vote_is_a_softmax():
    x = np.array([[3.0, 4.0, 0.0]])
    powers = np.exp(10 * x[0] / 5)
    found = gathered(x, scale=10.0).compute().distribution
    assert [found[name]["share"] for name in NAMES] == pytest.approx(powers / powers.sum())


def test_a_graph_tells_what_prompts_show(tmp_path: Path):
    (tmp_path / "graph.yaml").write_text(GRAPH)
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(tmp_path / "graph.yaml").run(store=store)
    assert list(run["each"]) == [0.5, 0.5]
    assert [shares["a red circle"]["count"] for shares in run["shares"]] == [4, 0]
    assert run["all"].value == run["deviation"].value == 0
    assert list(run["given"]) == [0, 1]
    assert all(0.25 < skew < 0.5 for skew in run["split"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("attributes: [a cat]", "at least 2 attributes"),
        ("attributes: [a cat, a cat, a dog]", "each of them once"),
        ("attributes: [a cat, a dog], expected: [1]", "2 attributes have 1 expected shares"),
        ("attributes: [a cat, a dog], expected: [0.5, 0.6]", "sum to 1, and these to 1.1"),
        ("attributes: [a cat, a dog], expected: [1.5, -0.5]", "from 0 to 1"),
    ],
)
def test_a_graph_is_refused_before_it_runs(tmp_path, options, message):
    (tmp_path / "graph.yaml").write_text(
        "inputs: {seed: {each: {range: 2}}}\nnodes:\n"
        "  scene: {use: render_scene, prompt: a red circle, seed: $seed}\n"
        f"  wrong: {{use: skew, images: $scene, {options}, over: seed}}\noutputs: {{skew: $wrong.skew}}\n"
    )
    with pytest.raises(GraphError, match=message):
        mezzotint.load(tmp_path / "graph.yaml").check()


def test_bad_input_is_an_error():
    with pytest.raises(ValueError, match="at least 1 image, got 0"):
        gathered().compute()
    with pytest.raises(ValueError, match="features of dimension 2, the texts of 3"):
        gathered(np.ones((1, 2)))
    with pytest.raises(ValueError, match="3 attributes have 2 texts"):
        AttributeVotes(NAMES, np.eye(2))
