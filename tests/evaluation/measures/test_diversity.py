"""Diversity: the plain mean over pairs, without making the pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation import Diversity


def by_definition(features: np.ndarray) -> float:
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    n = len(units)
    return float(np.mean([1 - units[i] @ units[j] for i in range(n) for j in range(n) if i != j]))


def gathered(*batches: np.ndarray) -> Diversity:
    metric = Diversity()
    for batch in batches:
        metric.update(batch)
    return metric


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 40), seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 40), max_size=5))
def test_it_is_the_mean_over_pairs_however_the_set_was_cut_and_ordered(n, seed, cuts):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)) + rng.normal(size=6)
    merged = Diversity()
    for part in np.split(rng.permutation(x), sorted(cut % (n + 1) for cut in cuts)):
        merged.merge(gathered(*np.array_split(part, 2)))
    assert merged.count == n
    assert merged.compute() == pytest.approx(by_definition(x), rel=1e-9)


def test_equal_members_have_none():
    assert gathered(np.tile([[0.1, 0.2, 0.3]], (5, 1))).compute() == pytest.approx(0, abs=1e-30)


def test_nearly_equal_members_keep_their_digits():
    x = np.array([[1.0, 0.0], [1.0, 1e-7]])
    assert gathered(x).compute() == pytest.approx(0.5e-14, rel=1e-6)


def test_the_length_of_a_feature_has_no_say():
    x = np.random.default_rng(0).normal(size=(6, 4))
    assert gathered(x * np.arange(1, 7)[:, None]).compute() == pytest.approx(gathered(x).compute())


def test_opposite_members_are_two_apart():
    assert gathered(np.array([[1.0, 0.0], [-3.0, 0.0]])).compute() == pytest.approx(2)


@pytest.mark.parametrize("n", [0, 1])
def test_without_a_pair_it_is_an_error(n):
    with pytest.raises(ValueError, match=rf"at least 2 images to form a pair, got {n}"):
        gathered(np.ones((n, 3))).compute()


def test_a_feature_of_length_zero_is_an_error():
    with pytest.raises(ValueError, match="length 0"):
        gathered(np.zeros((2, 3)))


def test_features_of_two_extractors_do_not_mix():
    with pytest.raises(ValueError, match="dimension 4 can't join a set of dimension 3"):
        gathered(np.ones((2, 3)), np.ones((2, 4)))
