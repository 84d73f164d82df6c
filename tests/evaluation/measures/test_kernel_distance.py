"""The kernel distance: equal to its peers over the full set, however that was cut or ordered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation import KernelDistance, KernelReference
from mezzotint.evaluation.measures import kernel_distance


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(d, d)) / np.sqrt(d)
    return rng.normal(size=(n, d)) @ mixing + shift


def gathered(reference: np.ndarray | KernelReference, *batches: np.ndarray) -> KernelDistance:
    known = reference if isinstance(reference, KernelReference) else KernelReference(reference)
    metric = KernelDistance(known)
    for batch in batches:
        metric.update(batch)
    return metric


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return (a @ b / len(a) + 1) ** 3

    n, m = len(x), len(y)
    within_x = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_y = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    between = sum(kernel(a, b) for a in x for b in y) / (n * m)
    return within_x + within_y - 2 * between


def test_it_is_the_unbiased_estimate_by_its_definition():
    x, y = features(13, 5, seed=1, shift=0.3), features(9, 5, seed=2)
    assert gathered(y, x).compute() == pytest.approx(by_definition(x, y), rel=1e-12)


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    return features(1500, 64, seed=3, shift=0.1), features(1500, 64, seed=4)


@pytest.mark.parametrize(("n", "d"), [(1500, 64), (700, 2048)])
def test_it_equals_torch_fidelity_against_the_full_set(n, d):
    import torch
    from torch_fidelity.metric_kid import kid_features_to_metric

    x, y = (0.5 + np.random.default_rng(seed).normal(size=(n, d)) * (1 + seed) for seed in (0, 1))
    peer = kid_features_to_metric(
        torch.from_numpy(x), torch.from_numpy(y), kid_subsets=1, kid_subset_size=n, verbose=False
    )
    value = gathered(y, x).compute()
    assert value == pytest.approx(peer["kernel_inception_distance_mean"], rel=1e-9)


def test_it_equals_torchmetrics_against_the_full_set(pair):
    import torch
    from torchmetrics.image.kid import poly_mmd

    peer = poly_mmd(*map(torch.from_numpy, pair)).item()
    assert gathered(pair[1], pair[0]).compute() == pytest.approx(peer, rel=1e-9)


def test_it_equals_clean_fid_against_the_full_set(pair):
    from cleanfid.fid import kernel_distance as clean_fid

    peer = clean_fid(*pair, num_subsets=1, max_subset_size=len(pair[0]))
    assert gathered(pair[1], pair[0]).compute() == pytest.approx(peer, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 50), seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 50), max_size=5))
def test_the_value_depends_on_neither_batches_order_nor_shards(n, seed, cuts):
    x = features(n, 8, seed, shift=1.0)
    reference = KernelReference(features(40, 8, seed=5))
    merged, absorbed = gathered(reference), gathered(reference)
    for part in np.split(np.random.default_rng(seed).permutation(x), sorted(cut % (n + 1) for cut in cuts)):
        shard = gathered(reference, *np.array_split(part, 2))
        merged.merge(shard)
        absorbed.absorb(shard.pack())
    whole = gathered(reference, x).compute()
    assert merged.compute() == pytest.approx(whole, rel=1e-9)
    assert absorbed.compute() == pytest.approx(whole, rel=1e-9)


def test_large_sets_meet_block_by_block(pair, monkeypatch):
    whole = gathered(pair[1], pair[0]).compute()
    monkeypatch.setattr(kernel_distance, "BLOCK", 170)
    assert gathered(pair[1], pair[0]).compute() == pytest.approx(whole, rel=1e-10)


def test_two_samples_of_one_distribution_are_at_zero_on_average():
    values = []
    for seed in range(200):
        x = np.random.default_rng(seed).normal(size=(40, 4))
        values.append(gathered(x[:20], x[20:]).compute())
    assert min(values) < 0, "an unbiased estimate of zero is below it at times"
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


def test_float32_features_give_what_float64_gives(pair):
    x, y = (part.astype(np.float32) for part in pair)
    assert gathered(y, x).compute() == gathered(y.astype(np.float64), x.astype(np.float64)).compute()


def test_fewer_than_two_images_are_an_error():
    with pytest.raises(ValueError, match="at least 2 images, got 1"):
        gathered(np.ones((3, 2)), np.ones((1, 2))).compute()
    with pytest.raises(ValueError, match="at least 2 reference images, got 1"):
        KernelReference(np.ones((1, 2)))


def test_features_of_another_dimension_are_refused_and_change_nothing():
    metric = gathered(features(10, 4, seed=6), features(10, 4, seed=7))
    before = metric.compute()
    with pytest.raises(ValueError, match=r"dimension 5.*dimension 4"):
        metric.update(features(10, 5, seed=8))
    assert metric.compute() == before
