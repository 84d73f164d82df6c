"""Precision, recall, density and coverage: the published definitions and both reference implementations."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation.measures import neighbours
from mezzotint.evaluation.measures.density_coverage import DensityCoverage
from mezzotint.evaluation.measures.neighbours import PointSet
from mezzotint.evaluation.measures.precision_recall import PrecisionRecall

METRICS = (PrecisionRecall, DensityCoverage)


def features(n: int, d: int, seed: int, spread: float = 1.0) -> np.ndarray:
    return (spread * np.random.default_rng(seed).normal(size=(n, d))).astype(np.float32)


def gathered(metric, *batches):
    for batch in batches:
        metric.update(batch)
    return metric


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(np.subtract(a[:, None], b[None], dtype=np.float64)).sum(axis=-1))


def radii(x: np.ndarray, k: int) -> np.ndarray:
    """Distance to the k-th nearest other member."""
    return np.array([np.sort(np.delete(row, i))[k - 1] for i, row in enumerate(distances(x, x))])


def precision_recall_by_definition(images, reference, k):
    between = distances(images, reference)
    precision = np.mean([any(between[i] <= radii(reference, k)) for i in range(len(images))])
    recall = np.mean([any(between[:, j] <= radii(images, k)) for j in range(len(reference))])
    return precision, recall


def density_coverage_by_definition(images, reference, k):
    inside = distances(images, reference) < radii(reference, k)
    return inside.sum() / (k * len(images)), np.mean(inside.any(axis=0))


BY_DEFINITION = {
    PrecisionRecall: precision_recall_by_definition,
    DensityCoverage: density_coverage_by_definition,
}


@settings(max_examples=60, deadline=None)
@given(
    metric=st.sampled_from(METRICS),
    n=st.integers(6, 40),
    m=st.integers(6, 40),
    k=st.integers(1, 5),
    seed=st.integers(0, 10_000),
    ties=st.booleans(),
    cuts=st.lists(st.integers(0, 40), max_size=5),
)
def test_it_is_the_definition_however_the_set_was_cut_and_ordered(metric, n, m, k, seed, ties, cuts):
    images, reference = features(n, 3, seed, 1.2), features(m, 3, seed + 1)
    if ties:
        images, reference = images.round(), reference.round()
    merged = metric(reference, k)
    shuffled = np.random.default_rng(seed).permutation(images)
    for part in np.split(shuffled, sorted(cut % (n + 1) for cut in cuts)):
        merged.merge(gathered(metric(reference, k), *np.array_split(part, 2)))
    assert merged.compute() == pytest.approx(BY_DEFINITION[metric](images, reference, k), abs=1e-12)


@pytest.fixture(scope="module", params=[(700, 600, 64), (120, 150, 2048)], ids=["d=64", "d=2048"])
def pair(request) -> tuple[np.ndarray, np.ndarray]:
    n, m, d = request.param
    return features(n, d, 1, 1.02), features(m, d, 2)


@pytest.mark.parametrize("part", [False, True])
def test_precision_and_recall_equal_torch_fidelity(pair, part):
    import torch
    from torch_fidelity.metric_prc import prc_features_to_metric

    images, reference = pair
    peer = prc_features_to_metric(
        torch.from_numpy(images).double(),
        torch.from_numpy(reference).double(),
        prc_neighborhood=3,
        prc_batch_size=200,
        save_cpu_ram=part,
        verbose=False,
    )
    found = gathered(PrecisionRecall(reference), images).compute()
    assert 0 < found.precision < 1
    assert 0 < found.recall < 1
    assert found == pytest.approx((peer["precision"], peer["recall"]), abs=1e-6)


@pytest.mark.parametrize("k", [3, 5])
def test_all_four_equal_prdc(pair, k):
    from prdc import compute_prdc

    images, reference = pair
    with contextlib.redirect_stdout(io.StringIO()):
        peer = compute_prdc(reference.astype(float), images.astype(float), nearest_k=k)
    found = gathered(PrecisionRecall(reference, k), images).compute()
    assert found == pytest.approx((peer["precision"], peer["recall"]), abs=1e-9)
    found = gathered(DensityCoverage(reference, k), images).compute()
    assert found == pytest.approx((peer["density"], peer["coverage"]), abs=1e-9)


def test_a_set_is_as_good_as_itself():
    x = features(60, 16, 3)
    assert gathered(PrecisionRecall(x), x[::-1]).compute() == (1, 1)
    assert gathered(DensityCoverage(x), x[::-1]).compute() == (1, 1)


def test_a_collapsed_set_is_precise_and_recalls_nothing():
    reference = features(200, 4, 4)
    found = gathered(PrecisionRecall(reference), np.repeat(reference[:1], 50, axis=0)).compute()
    assert found.precision == 1
    assert found.recall == 1 / 200


def test_an_outlier_in_the_reference_lends_precision_but_no_density():
    reference = np.concatenate([features(100, 4, 5), [[50.0, 0, 0, 0]]])
    stray = features(40, 4, 6) + np.array([25.0, 0, 0, 0], np.float32)
    assert gathered(PrecisionRecall(reference), stray).compute().precision == 1
    assert gathered(DensityCoverage(reference), stray).compute() == (
        pytest.approx(1 / 5),
        pytest.approx(1 / 101),
    )


@pytest.mark.parametrize("metric", METRICS)
def test_the_neighbours_of_a_shared_reference_are_sought_once(metric, monkeypatch):
    reference = PointSet.of(features(50, 4, 7))
    gathered(metric(reference, k=4), features(20, 4, 8)).compute()
    sought = []
    seek = neighbours._squared_radii

    def noted(points, k):
        sought.append(points)
        return seek(points, k)

    monkeypatch.setattr(neighbours, "_squared_radii", noted)
    gathered(metric(reference, k=4), features(20, 4, 9)).compute()
    assert reference not in sought


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_packed_can_be_taken_in_elsewhere(metric):
    reference, x = features(50, 4, 10), features(30, 4, 11)
    there = metric(reference)
    there.absorb(gathered(metric(reference), x).pack())
    there.absorb(metric(reference).pack())
    assert there.compute() == gathered(metric(reference), x).compute()


def test_too_few_images_are_an_error():
    reference = features(20, 4, 12)
    with pytest.raises(ValueError, match="precision-recall needs at least 4 images, got 3"):
        gathered(PrecisionRecall(reference), reference[:3]).compute()
    with pytest.raises(ValueError, match="density-coverage needs at least 1 image, got 0"):
        DensityCoverage(reference).compute()


@pytest.mark.parametrize("metric", METRICS)
def test_too_small_a_reference_is_an_error(metric):
    with pytest.raises(ValueError, match="with k = 4 needs at least 5 reference images, got 4"):
        metric(features(4, 4, 13), k=4)


@pytest.mark.parametrize("metric", METRICS)
def test_features_of_another_dimension_or_not_finite_are_an_error(metric):
    state = metric(features(20, 4, 14))
    with pytest.raises(ValueError, match=r"dimension 5.*dimension 4"):
        state.update(features(3, 5, 15))
    with pytest.raises(ValueError, match="1 of 2 features hold NaN"):
        state.update(np.array([[0.0, 0, 0, 0], [0, np.nan, 0, 0]]))
