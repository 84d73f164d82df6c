"""The Fréchet distance: equal to its peers, and independent of how a set was cut or ordered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from mezzotint.evaluation import FrechetDistance, Statistics, frechet_distance


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """Correlated features, as networks give them."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(d, d)) / np.sqrt(d)
    return rng.normal(size=(n, d)) @ mixing + shift


def distance(candidate: np.ndarray, reference: np.ndarray) -> float:
    return frechet_distance(Statistics.of_features(candidate), Statistics.of_features(reference))


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    return features(3000, 64, seed=1, shift=0.1), features(2500, 64, seed=2)


def test_it_equals_the_formula_by_scipy_sqrtm(pair):
    (m1, s1), (m2, s2) = ((x.mean(axis=0), np.cov(x, rowvar=False)) for x in pair)
    root = np.real(linalg.sqrtm(s1 @ s2))
    assert distance(*pair) == pytest.approx(
        float((m1 - m2) @ (m1 - m2) + np.trace(s1 + s2 - 2 * root)), rel=1e-9
    )


def test_it_equals_torch_fidelity(pair):
    import torch
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in pair]
    peer = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert distance(*pair) == pytest.approx(peer, rel=1e-9)


def test_it_equals_torchmetrics(pair):
    import torch
    from torchmetrics.image.fid import _compute_fid

    moments = [(torch.from_numpy(x.mean(axis=0)), torch.from_numpy(np.cov(x, rowvar=False))) for x in pair]
    peer = _compute_fid(*moments[0], *moments[1]).item()
    assert distance(*pair) == pytest.approx(peer, rel=1e-9)


def test_it_equals_clean_fid(pair):
    from cleanfid.fid import frechet_distance as clean_fid

    moments = [value for x in pair for value in (x.mean(axis=0), np.cov(x, rowvar=False))]
    assert distance(*pair) == pytest.approx(clean_fid(*moments), rel=1e-9)


@pytest.mark.slow
def test_it_equals_torch_fidelity_in_the_dimension_of_inception():
    import torch
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    scales = np.exp(-np.arange(2048) / 250)  # features of networks have a spectrum that falls
    pair = [
        np.abs(np.random.default_rng(seed).normal(size=(3000, 2048)) * scales + 0.1 * seed) for seed in (1, 2)
    ]
    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in pair]
    peer = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert distance(*pair) == pytest.approx(peer, rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(20, 500), (500, 20), (20, 30)])
def test_with_fewer_images_than_features_it_equals_the_nuclear_norm_route(n, m):
    a, b = features(n, 64, seed=3, shift=0.2), features(m, 64, seed=4)
    centred = [(x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (a, b)]
    gap = a.mean(axis=0) - b.mean(axis=0)
    exact = gap @ gap + sum(np.square(x).sum() for x in centred)
    exact -= 2 * np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum()
    assert distance(a, b) == pytest.approx(exact, rel=1e-10)


def test_copies_among_few_images_cost_no_digits():
    """Their covariance has zeros among its eigenvalues, which squares would blur."""
    few = np.repeat(features(10, 64, seed=17), 3, axis=0)
    reference = features(500, 64, seed=18)
    (m1, s1), (m2, s2) = ((x.mean(axis=0), np.cov(x, rowvar=False)) for x in (few, reference))
    root = linalg.cholesky(s2)
    centred = (few - m1) / np.sqrt(len(few) - 1)
    exact = (m1 - m2) @ (m1 - m2) + np.trace(s1 + s2)
    exact -= 2 * linalg.svdvals(centred @ root.T).sum()
    assert distance(few, reference) == pytest.approx(exact, rel=1e-12)
    assert distance(reference, few) == pytest.approx(exact, rel=1e-12)


def test_statistics_read_from_a_file_give_the_same_distance_as_the_features():
    for n in (20, 500):
        a, b = features(n, 64, seed=19), features(300, 64, seed=20)
        as_file = Statistics(a.mean(axis=0), np.cov(a, rowvar=False), n)
        b = Statistics.of_features(b)
        direct = frechet_distance(Statistics.of_features(a), b)
        assert frechet_distance(as_file, b) == pytest.approx(direct, rel=1e-7)
        assert frechet_distance(b, as_file) == pytest.approx(direct, rel=1e-7)


def test_features_that_never_vary_are_no_trouble():
    """Some of Inception's are zero on every image, so that the covariance is singular at any size."""
    a, b = features(300, 16, seed=21), features(300, 16, seed=22, shift=0.3)
    padded = [np.pad(x, ((0, 0), (0, 4))) for x in (a, b)]
    assert distance(*padded) == pytest.approx(distance(a, b), rel=1e-9)


def test_statistics_need_something_to_be_made_of():
    with pytest.raises(ValueError, match="need a covariance"):
        Statistics(np.zeros(3), None)


@pytest.mark.parametrize("n", [20, 500])
def test_a_set_is_at_distance_zero_from_itself(n):
    x = features(n, 64, seed=5)
    assert 0 <= distance(x, x[::-1]) < 1e-9


def test_a_shift_is_measured_exactly():
    x = features(300, 16, seed=6)
    assert distance(x + 0.5, x) == pytest.approx(16 * 0.25, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 60),
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, 60), max_size=6),
    offset=st.sampled_from([0.0, 1.0, 1000.0]),
)
def test_the_value_depends_on_neither_batches_order_nor_shards(n, seed, cuts, offset):
    x = features(n, 8, seed) + offset
    reference = Statistics.of_features(features(100, 8, seed=7) + offset + 1)
    whole = FrechetDistance(reference)
    whole.update(x)
    shuffled = np.random.default_rng(seed).permutation(x)
    merged = FrechetDistance(reference)
    for part in np.split(shuffled, sorted(cut % (n + 1) for cut in cuts)):
        shard = FrechetDistance(reference)
        for batch in np.array_split(part, 2):
            shard.update(batch)
        merged.merge(shard)
    assert merged.moments.count == n
    assert merged.compute() == pytest.approx(whole.compute(), rel=1e-9)


def test_merging_leaves_the_other_state_as_it_is():
    reference = Statistics.of_features(features(50, 4, seed=8))
    first, second, third = (FrechetDistance(reference) for _ in range(3))
    second.update(features(10, 4, seed=9))
    third.update(features(10, 4, seed=10))
    before = second.compute()
    first.merge(second)
    first.merge(third)
    assert second.compute() == before


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_images_are_an_error(n):
    metric = FrechetDistance(Statistics.of_features(features(50, 4, seed=11)))
    metric.update(features(n, 4, seed=12))
    with pytest.raises(ValueError, match=rf"at least 2 images, got {n}"):
        metric.compute()


def test_features_of_another_dimension_are_an_error():
    metric = FrechetDistance(Statistics.of_features(features(50, 4, seed=13)))
    with pytest.raises(ValueError, match=r"dimension 5.*dimension 4"):
        metric.update(features(10, 5, seed=14))


def test_a_feature_that_is_not_finite_is_an_error():
    metric = FrechetDistance(Statistics.of_features(features(50, 4, seed=15)))
    broken = features(10, 4, seed=16)
    broken[3, 2] = np.nan
    with pytest.raises(ValueError, match="1 of 10 features hold NaN"):
        metric.update(broken)
