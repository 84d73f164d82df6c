"""How sure a kernel distance and a CMMD are."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation import CMMD, Embeddings, KernelDistance, KernelReference
from mezzotint.evaluation.uncertainty.cmmd_influence import cmmd_estimate
from mezzotint.evaluation.uncertainty.kernel_influence import kernel_estimate

KINDS = {
    "kid": (kernel_estimate, KernelReference, KernelDistance),
    "cmmd": (cmmd_estimate, Embeddings.of, CMMD),
}
BOTH = pytest.mark.parametrize("kind", KINDS)


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)) + 0.5 + shift


def labels(n: int, size: int = 1) -> list[str]:
    return [f"prompt {i // size}" for i in range(n)]


@BOTH
def test_the_value_is_the_distance_and_says_what_it_stands_on(kind: str):
    estimate, reference_of, metric_of = KINDS[kind]
    rows, real = features(40, 6, 1, 0.3), features(30, 6, 2)
    reference = reference_of(real)
    metric = metric_of(reference)
    metric.update(rows)
    found = estimate(rows, labels(40, 4), reference, crossed=("seed",))
    assert found == metric.compute()
    assert (found.n, found.clusters, found.conditional_on) == (40, 10, ("reference", "seed"))
    low, high = found.interval
    assert low < found.corrected < high


@BOTH
def test_the_influence_foretells_what_leaving_a_picture_out_does(kind: str):
    estimate, reference_of, _ = KINDS[kind]
    rows, reference = features(600, 6, 3, 0.4), reference_of(features(200, 6, 4))
    found = estimate(rows, labels(600), reference)
    worst = np.argsort(found.influence)[[0, 1, -2, -1]]
    left_out = [found - estimate(np.delete(rows, i, axis=0), labels(599), reference) for i in worst]
    assert found.influence[worst] == pytest.approx(left_out, rel=0.03)
    assert found.influence.sum() == pytest.approx(0, abs=1e-12)


def by_definition(kind: str, rows: np.ndarray, units: list[str], real: np.ndarray) -> float:
    """The distance over pairs of pictures of different units."""
    if kind == "kid":
        kernel = lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3  # noqa: E731
        inside = kernel(real, real)[~np.eye(len(real), dtype=bool)].mean()
        scale = 1.0
    else:
        rows, real = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (rows, real))
        kernel = lambda x, y: np.exp((x @ y.T - 1) / 100)  # noqa: E731
        inside, scale = kernel(real, real).mean(), 1000.0
    others = np.not_equal.outer(units, units)
    return scale * (kernel(rows, rows)[others].mean() + inside - 2 * kernel(rows, real).mean())


@BOTH
def test_corrected_is_the_distance_over_pairs_of_different_units(kind: str):
    estimate, reference_of, _ = KINDS[kind]
    rows, real = features(30, 6, 5, 0.2), features(20, 6, 6)
    units = ["a"] * 10 + ["b"] * 3 + labels(17, 2)
    expected = by_definition(kind, rows, units, real)
    assert estimate(rows, units, reference_of(real)).corrected == pytest.approx(expected, rel=1e-9)


def test_a_kernel_distance_of_single_pictures_needs_no_correction():
    reference = KernelReference(features(20, 6, 7))
    found = kernel_estimate(features(30, 6, 8, 0.3), labels(30), reference)
    assert found.corrected is None
    assert sum(found.interval) / 2 == pytest.approx(float(found))


def draws(count: int, n: int, size: int, shift: float) -> list[np.ndarray]:
    rng = np.random.default_rng(9)
    return [
        0.5
        + shift
        + np.sqrt(0.5) * (np.repeat(rng.normal(size=(n // size, 5)), size, axis=0) + rng.normal(size=(n, 5)))
        for _ in range(count)
    ]


@BOTH
@pytest.mark.parametrize("size", [1, 4])
def test_the_standard_error_is_that_of_fresh_draws_and_the_correction_has_no_bias(kind: str, size: int):
    estimate, reference_of, _ = KINDS[kind]
    real = features(200, 5, 10)
    reference = reference_of(real)
    found = [estimate(rows, labels(80, size), reference) for rows in draws(300, 80, size, 0.5)]
    centres = [float(one) if one.corrected is None else one.corrected for one in found]
    true = np.std(centres, ddof=1)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(true, rel=0.2)
    many = draws(1, 3000, 1, 0.5)[0]
    truth = by_definition(kind, many, labels(3000), real)
    assert np.mean(centres) == pytest.approx(truth, abs=4 * true / np.sqrt(300) + 0.02 * truth)


@BOTH
@settings(max_examples=25, deadline=None)
@given(n=st.integers(4, 40), seed=st.integers(0, 1000))
def test_the_order_of_the_pictures_changes_nothing_but_the_order_of_the_influence(
    kind: str, n: int, seed: int
):
    estimate, reference_of, _ = KINDS[kind]
    rows, reference = features(n, 6, seed, 0.1), reference_of(features(20, 6, 11))
    units = labels(n, 3)
    order = np.random.default_rng(seed).permutation(n)
    one = estimate(rows, units, reference)
    other = estimate(rows[order], [units[i] for i in order], reference)
    assert other == pytest.approx(float(one), rel=1e-9, abs=1e-9)
    assert other.influence == pytest.approx(one.influence[order], abs=1e-9)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-6)
    assert other.p_equal == one.p_equal


@BOTH
@pytest.mark.parametrize(
    ("rows", "units", "reason"),
    [
        (features(30, 4, 12), ["a"] * 30, "all 30 values are of one unit"),
        (np.ones((30, 4)), labels(30, 2), "don't differ"),
    ],
    ids=["one unit", "all equal"],
)
def test_nothing_is_pretended_of_what_says_nothing(kind: str, rows, units, reason):
    estimate, reference_of, _ = KINDS[kind]
    found = estimate(rows, units, reference_of(features(20, 4, 13)))
    assert np.isfinite(found)
    assert (found.standard_error, found.interval, found.p_equal) == (None, None, None)
    assert reason in found.reason


@BOTH
def test_two_pictures_have_a_wide_interval(kind: str):
    estimate, reference_of, _ = KINDS[kind]
    found = estimate(features(2, 4, 14), ["a", "b"], reference_of(features(20, 4, 15)))
    assert found.interval[1] - found.interval[0] > 12 * found.standard_error


def test_one_picture_has_a_cmmd_and_nothing_beside_it():
    reference = Embeddings.of(features(20, 4, 16))
    found = cmmd_estimate(features(1, 4, 17), ["a"], reference)
    metric = CMMD(reference)
    metric.update(features(1, 4, 17))
    assert found == metric.compute()
    assert (found.standard_error, found.corrected) == (None, None)


@BOTH
def test_too_few_pictures_another_dimension_and_nan_are_errors(kind: str):
    estimate, reference_of, _ = KINDS[kind]
    of = partial(estimate, reference=reference_of(features(20, 4, 18)))
    with pytest.raises(ValueError, match="image"):
        of(features(0, 4, 19), [])
    with pytest.raises(ValueError, match="dimension 5"):
        of(features(3, 5, 20), labels(3))
    with pytest.raises(ValueError, match="NaN"):
        of(np.full((3, 4), np.nan), labels(3))
