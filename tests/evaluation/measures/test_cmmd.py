"""CMMD: the published definition, in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation.measures import cmmd
from mezzotint.evaluation.measures.cmmd import CMMD, Embeddings


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=(n, d)) + shift).astype(np.float32)


def gathered(reference, *batches) -> CMMD:
    metric = CMMD(reference)
    for batch in batches:
        metric.update(batch)
    return metric


def by_definition(images: np.ndarray, reference: np.ndarray, dtype=np.float64) -> float:
    """As published: embeddings of length 1, every pair in every mean, σ = 10, times 1000."""
    x, y = (
        (z.astype(dtype) / np.linalg.norm(z.astype(dtype), axis=1, keepdims=True))
        for z in (images, reference)
    )

    def kernel(a, b):
        return np.exp(-np.square(a[:, None] - b[None]).sum(axis=-1) / (2 * dtype(10) ** 2))

    return float(1000 * (kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()))


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 40),
    m=st.integers(1, 40),
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, 40), max_size=5),
)
def test_it_is_the_definition_however_the_set_was_cut_and_ordered(n, m, seed, cuts):
    images, reference = features(n, 6, seed, 0.5), features(m, 6, seed + 1)
    merged = CMMD(reference)
    for part in np.split(
        np.random.default_rng(seed).permutation(images), sorted(cut % (n + 1) for cut in cuts)
    ):
        merged.merge(gathered(reference, *np.array_split(part, 2)))
    assert merged.compute() == pytest.approx(by_definition(images, reference), rel=1e-9)


@pytest.mark.parametrize("d", [64, 768])
def test_blocks_leave_no_seam(d, monkeypatch):
    images, reference = features(70, d, 1, 0.1), features(50, d, 2)
    monkeypatch.setattr(cmmd, "BLOCK", 16)
    assert gathered(reference, images).compute() == pytest.approx(by_definition(images, reference), rel=1e-10)


def test_it_equals_single_precision_as_far_as_that_goes():
    images, reference = features(100, 32, 3, 0.1), features(90, 32, 4)
    assert gathered(reference, images).compute() == pytest.approx(
        by_definition(images, reference, np.float32), abs=2e-3
    )


def test_it_is_ten_times_the_squared_gap_of_means():
    images, reference = features(400, 64, 5, 0.3), features(300, 64, 6)
    x, y = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in (images, reference))
    gap = x.mean(axis=0) - y.mean(axis=0)
    assert gathered(reference, images).compute() == pytest.approx(10 * gap @ gap, rel=0.01)


def test_a_set_is_at_distance_zero_from_itself():
    x = features(80, 16, 7)
    assert 0 <= gathered(x, x[::-1]).compute() < 1e-9


def test_what_the_reference_tells_about_itself_is_computed_once(monkeypatch):
    shared = Embeddings(np.eye(4))
    gathered(shared, features(5, 4, 8)).compute()
    met = []
    kernel = cmmd.gaussian_kernel

    def noted(left, right):
        met.append((left, right))
        return kernel(left, right)

    monkeypatch.setattr(cmmd, "gaussian_kernel", noted)
    gathered(shared, features(6, 4, 9)).compute()
    assert met
    assert not any(np.array_equal(left, shared.units) for left, _ in met)


def test_what_is_packed_can_be_taken_in_elsewhere():
    reference, x = features(20, 4, 10), features(30, 4, 11)
    there = CMMD(reference)
    there.absorb(gathered(reference, x).pack())
    assert there.compute() == gathered(reference, x).compute()


def test_no_images_and_no_reference_are_errors():
    with pytest.raises(ValueError, match="CMMD needs at least 1 image, got 0"):
        CMMD(features(3, 4, 12)).compute()
    with pytest.raises(ValueError, match="CMMD needs at least 1 reference image, got 0"):
        CMMD(features(0, 4, 12))


def test_a_feature_of_length_zero_is_an_error():
    with pytest.raises(ValueError, match="length 0"):
        gathered(features(3, 4, 13), np.zeros((1, 4))).compute()
