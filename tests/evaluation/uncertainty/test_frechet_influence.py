"""How sure a Fréchet distance is: the influence is its derivative, the standard error that of fresh draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation.measures.frechet import FrechetDistance, Statistics, frechet_distance
from mezzotint.evaluation.uncertainty.frechet_influence import (
    alikeness,
    frechet_estimate,
    frechet_influence,
)


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) / np.sqrt(d) + shift


def labels(n: int, size: int = 1) -> list[str]:
    return [f"prompt {i // size}" for i in range(n)]


def influence(rows: np.ndarray, reference: Statistics) -> np.ndarray:
    return frechet_influence(rows, Statistics.of_features(rows), reference)


def weighted_distance(rows: np.ndarray, weights: np.ndarray, reference: Statistics) -> float:
    """The distance where rows count by weights, by the definition."""
    count, weights = len(rows), weights / weights.sum()
    mean = weights @ rows
    centred = rows - mean
    covariance = (centred.T * weights) @ centred * count / (count - 1)
    return frechet_distance(Statistics(mean, covariance, count), reference)


@pytest.mark.parametrize("n", [40, 8, 6], ids=lambda n: f"{n} pictures")
@pytest.mark.parametrize("m", [100, 9, 5], ids=lambda m: f"{m} of the reference")
def test_it_is_the_derivative_by_each_rows_weight(n: int, m: int):
    rows, reference = features(n, 8, 1, 0.3), Statistics.of_features(features(m, 8, 2))
    step = 1e-5 / n
    numeric = [
        (
            weighted_distance(rows, 1 / n + step * one, reference)
            - weighted_distance(rows, 1 / n - step * one, reference)
        )
        / (2 * step * n)
        for one in np.eye(n)
    ]
    assert influence(rows, reference) == pytest.approx(np.array(numeric), abs=2e-8)


def test_it_foretells_what_leaving_a_picture_out_does():
    rows, reference = features(2000, 6, 3, 0.5), Statistics.of_features(features(500, 6, 4))
    value = frechet_distance(Statistics.of_features(rows), reference)
    found = influence(rows, reference)
    worst = np.argsort(found)[[0, 1, -2, -1]]
    left_out = [
        value - frechet_distance(Statistics.of_features(np.delete(rows, i, axis=0)), reference) for i in worst
    ]
    assert found[worst] == pytest.approx(left_out, rel=0.03)
    assert found.sum() == pytest.approx(0, abs=1e-12)


def test_a_reference_that_never_varies_or_barely_does_is_no_trouble():
    rows = np.pad(features(60, 5, 5), ((0, 0), (0, 3)))
    padded = np.pad(features(90, 5, 6), ((0, 0), (0, 3)))
    narrow = influence(rows[:, :5], Statistics.of_features(padded[:, :5]))
    assert influence(rows, Statistics.of_features(padded)) == pytest.approx(narrow, rel=1e-6, abs=1e-12)
    same = Statistics.of_features(np.ones((20, 8)))
    for count in (60, 6):
        assert np.isfinite(influence(rows[:count], same)).all()


def test_features_from_a_file_give_the_same_as_those_at_hand():
    for n in (40, 6):
        rows, real = features(n, 8, 7, 0.2), features(50, 8, 8)
        as_file = Statistics(real.mean(axis=0), np.cov(real, rowvar=False), 50)
        expected = influence(rows, Statistics.of_features(real))
        assert influence(rows, as_file) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def draws(count: int, n: int, d: int, size: int, alike: float) -> list[np.ndarray]:
    """Sets of n features in units of a size, whose members share a part of what they are."""
    rng = np.random.default_rng(9)
    scales = np.exp(-np.arange(d) / 4)
    return [
        0.3
        + scales
        * (
            np.sqrt(alike) * np.repeat(rng.normal(size=(n // size, d)), size, axis=0)
            + np.sqrt(1 - alike) * rng.normal(size=(n, d))
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize(("size", "alike"), [(1, 0.0), (4, 0.5)])
def test_the_standard_error_is_that_of_fresh_draws(size: int, alike: float):
    scales = np.exp(-np.arange(8) / 4)
    reference = Statistics(np.zeros(8), np.diag(scales**2 / 2), 10**6)
    found = [frechet_estimate(rows, labels(400, size), reference) for rows in draws(200, 400, 8, size, alike)]
    true = np.std([float(one) for one in found], ddof=1)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(true, rel=0.15)
    if size > 1:
        independent = [np.sqrt(np.square(one.influence).sum()) for one in found]
        assert np.mean(independent) < 0.75 * true


def test_with_fewer_pictures_than_features_the_standard_error_is_about_that_of_fresh_draws():
    reference = Statistics(np.zeros(40), np.eye(40), 10**6)
    found = [frechet_estimate(rows, labels(20), reference) for rows in draws(300, 20, 40, 1, 0.0)]
    true = np.std([float(one) for one in found], ddof=1)
    assert 0.75 * true < np.mean([one.standard_error for one in found]) < 1.5 * true


def test_the_value_is_the_distance_and_says_what_it_stands_on():
    rows, reference = features(200, 8, 10, 0.4), Statistics.of_features(features(300, 8, 11))
    metric = FrechetDistance(reference)
    metric.update(rows)
    found = frechet_estimate(rows, labels(200, 4), reference, crossed=("seed",))
    assert found == metric.compute()
    assert (found.n, found.clusters, found.conditional_on) == (200, 50, ("reference", "seed"))
    low, high = found.interval
    assert low < found.corrected < high
    assert (low + high) / 2 == pytest.approx(found.corrected)
    assert found.corrected < found
    assert "half-split" in found.method


def test_below_four_pictures_a_feature_there_is_no_interval_and_the_reason():
    rows, reference = features(100, 32, 12, 0.2), Statistics.of_features(features(300, 32, 13))
    found = frechet_estimate(rows, labels(100), reference)
    assert found.interval is None
    assert found.reason.startswith("100 pictures for 32 features: an interval takes 128; lead with kid")
    assert found.standard_error > 0
    assert found.corrected is not None
    assert frechet_estimate(features(128, 32, 14), labels(128), reference).interval is not None


def test_pictures_that_are_alike_within_a_unit_count_as_fewer():
    rows = np.repeat(features(40, 8, 15), 4, axis=0)
    reference = Statistics.of_features(features(300, 8, 16))
    assert alikeness(rows, labels(160, 4), rows.mean(axis=0)) == pytest.approx(4, rel=0.05)
    assert alikeness(rows, labels(160), rows.mean(axis=0)) == 1
    assert frechet_estimate(rows, labels(160), reference).interval is not None
    assert frechet_estimate(rows[:80], labels(80, 4), reference).interval is None
    assert "alike" in frechet_estimate(rows[:80], labels(80, 4), reference).reason


@settings(max_examples=25, deadline=None)
@given(n=st.integers(8, 40), seed=st.integers(0, 1000))
def test_the_order_of_the_pictures_changes_nothing_but_the_order_of_the_influence(n: int, seed: int):
    rows, reference = features(n, 6, seed, 0.1), Statistics.of_features(features(50, 6, 17))
    units = labels(n, 3)
    order = np.random.default_rng(seed).permutation(n)
    one = frechet_estimate(rows, units, reference)
    other = frechet_estimate(rows[order], [units[i] for i in order], reference)
    assert other == pytest.approx(float(one), rel=1e-9)
    assert other.influence == pytest.approx(one.influence[order], rel=1e-6, abs=1e-9)
    for name in ("standard_error", "corrected"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6)
    assert (other.p_equal, other.reason) == (one.p_equal, one.reason)


@pytest.mark.parametrize(
    ("rows", "units", "reason"),
    [
        (features(30, 4, 18), ["a"] * 30, "all 30 values are of one unit"),
        (np.ones((30, 4)), labels(30), "don't differ"),
        (np.ones((3, 4)), labels(3), "don't differ"),
    ],
    ids=["one unit", "all equal", "all equal and few"],
)
def test_nothing_is_pretended_of_what_says_nothing(rows: np.ndarray, units: list[str], reason: str):
    found = frechet_estimate(rows, units, Statistics.of_features(features(50, 4, 19)))
    assert np.isfinite(found)
    assert (found.standard_error, found.interval, found.p_equal) == (None, None, None)
    assert reason in found.reason


def test_two_pictures_have_a_standard_error_and_no_more():
    found = frechet_estimate(features(2, 4, 20), ["a", "b"], Statistics.of_features(features(50, 4, 21)))
    assert found.standard_error is not None
    assert (found.interval, found.corrected) == (None, None)
    assert "too few pictures or units to halve" in found.reason


def test_too_few_pictures_another_dimension_and_nan_are_errors():
    reference = Statistics.of_features(features(50, 4, 22))
    with pytest.raises(ValueError, match="at least 2 images, got 1"):
        frechet_estimate(features(1, 4, 23), ["a"], reference)
    with pytest.raises(ValueError, match="dimension 5"):
        frechet_estimate(features(3, 5, 24), labels(3), reference)
    with pytest.raises(ValueError, match="NaN"):
        frechet_estimate(np.full((3, 4), np.nan), labels(3), reference)
