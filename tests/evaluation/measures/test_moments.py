"""Moments: rows while there are few, folded beyond, and the same value however a set was cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation import Moments

D = 6


def rows(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, D)) * np.arange(1, D + 1) + 3


def gathered(*batches: np.ndarray) -> Moments:
    moments = Moments()
    for batch in batches:
        moments.update(batch)
    return moments


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 40), seed=st.integers(0, 1000), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_they_are_those_of_the_whole_set_however_it_was_cut_ordered_and_sent(n, seed, cuts):
    x = rows(n, seed)
    shuffled = np.random.default_rng(seed).permutation(x)
    merged, absorbed = Moments(), Moments()
    for part in np.split(shuffled, sorted(cut % (n + 1) for cut in cuts)):
        shard = gathered(*np.array_split(part, 3))
        merged.merge(shard)
        absorbed.absorb(shard.pack())
    for moments in (merged, absorbed):
        assert moments.count == n
        np.testing.assert_allclose(moments.mean, x.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(moments.covariance(), np.cov(x, rowvar=False), rtol=1e-9, atol=1e-12)
        assert (moments.deviations() is None) == (n > D)


def test_up_to_as_many_rows_as_dimensions_have_deviations_that_make_the_covariance():
    moments = gathered(rows(D))
    deviations = moments.deviations()
    np.testing.assert_allclose(deviations.T @ deviations, np.cov(rows(D), rowvar=False), atol=1e-12)


def test_the_state_is_never_larger_than_twice_the_covariance():
    moments = Moments()
    for seed in range(20):
        moments.update(rows(5, seed))
        assert moments.pack().size <= (D + 2) * D
        assert moments._waiting.count <= D


def test_float32_features_are_folded_in_float64():
    x = (rows(50) + 1e4).astype(np.float32)
    expected = np.cov(x.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(gathered(x).covariance(), expected, rtol=1e-9)


def test_merging_leaves_the_other_as_it_is():
    first, second = gathered(rows(20)), gathered(rows(20, 1))
    before = second.covariance()
    first.merge(second)
    first.update(rows(20, 2))
    assert second.count == 20
    assert np.array_equal(second.covariance(), before)


def test_without_features_there_is_no_mean():
    moments = gathered(rows(0))
    assert (moments.count, moments.mean, moments.dimension) == (0, None, None)
    with pytest.raises(ValueError, match="at least 2 images, got 0"):
        moments.covariance()


@pytest.mark.parametrize("n", [3, 30])
def test_features_of_another_dimension_are_an_error(n):
    with pytest.raises(ValueError, match="dimension 5 can't join a set of dimension 6"):
        gathered(rows(n), np.ones((2, 5)))
    with pytest.raises(ValueError, match="dimension 5 can't join a set of dimension 6"):
        gathered(rows(n)).merge(gathered(np.ones((2, 5))))
