"""Sets like their reference are rarely called different, and others are, however they come in units."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.evaluation import Embeddings, KernelReference, Statistics
from mezzotint.evaluation.uncertainty import equality
from mezzotint.evaluation.uncertainty.cmmd_influence import cmmd_estimate
from mezzotint.evaluation.uncertainty.distance_estimate import distance_estimate
from mezzotint.evaluation.uncertainty.equality import compared, p_equal
from mezzotint.evaluation.uncertainty.frechet_influence import frechet_estimate
from mezzotint.evaluation.uncertainty.kernel_influence import kernel_estimate
from mezzotint.evaluation.uncertainty.moment_kernel import moment_kernel

KINDS = {
    "fd": (frechet_estimate, Statistics.of_features),
    "kid": (kernel_estimate, KernelReference),
    "cmmd": (cmmd_estimate, Embeddings.of),
}
EACH = pytest.mark.parametrize("kind", KINDS)


def drawn(rng: np.random.Generator, n: int, size: int = 1) -> np.ndarray:
    """Features in units of a size, half of whose variance their members share."""
    shared = np.repeat(rng.normal(size=(n // size, 6)), size, axis=0)
    return 0.3 + np.sqrt(0.5) * (shared + rng.normal(size=(n, 6)))


def p_values(kind: str, size: int, shift: float = 0.0, repeats: int = 120) -> np.ndarray:
    estimate, reference_of = KINDS[kind]
    rng = np.random.default_rng(0)
    units = [f"prompt {i // size}" for i in range(64)]
    found = [
        estimate(drawn(rng, 64, size) + shift, units, reference_of(drawn(rng, 100))) for _ in range(repeats)
    ]
    return np.array([0.0 if one.p_equal is None else one.p_equal for one in found])


@EACH
@pytest.mark.parametrize("size", [1, 4])
def test_sets_like_their_reference_are_called_different_about_as_often_as_said(kind: str, size: int):
    p = p_values(kind, size)
    assert (p > 0).mean() > 0.97  # in question nearly always
    assert (p <= 0.05).mean() < 0.12
    assert 0.08 < (p <= 0.2).mean() < 0.35


@EACH
def test_sets_about_another_mean_are_told_apart(kind: str):
    assert (p_values(kind, 1, shift=0.5, repeats=20) <= 0.05).all()


def test_sets_that_are_spread_wider_are_told_apart_by_a_frechet_distance():
    rng = np.random.default_rng(0)
    units = [str(i) for i in range(64)]
    found = [
        frechet_estimate(1.7 * drawn(rng, 64), units, Statistics.of_features(drawn(rng, 100))).p_equal
        for _ in range(20)
    ]
    assert max(p or 0.0 for p in found) <= 0.05


def test_a_set_far_from_its_reference_is_asked_nothing():
    rng = np.random.default_rng(1)
    for estimate, reference_of in KINDS.values():
        found = estimate(drawn(rng, 64) + 3, [str(i) for i in range(64)], reference_of(drawn(rng, 100)))
        assert found.p_equal is None
        assert found.reason == ""


def test_the_moment_kernel_sees_means_and_covariances_alone():
    rng = np.random.default_rng(2)
    rows, real = drawn(rng, 500), drawn(rng, 200)
    mean, covariance = real.mean(axis=0), np.cov(real, rowvar=False)
    found = moment_kernel(rows, Statistics(mean, covariance))
    gap = rows.mean(axis=0) - mean
    about = (rows - mean).T @ (rows - mean) / 500 - covariance
    meets = np.square(covariance).sum() / np.trace(covariance)
    assert found.mean() == pytest.approx(gap @ gap + np.square(about).sum() / (4 * meets), rel=1e-9)


def test_of_a_large_set_whole_units_are_compared_by_their_hashes(monkeypatch):
    monkeypatch.setattr(equality, "LARGEST", 50)
    units = [f"prompt {i // 4}" for i in range(200)]
    kept = compared(units)
    assert 44 < len(kept) <= 50
    assert len({units[i] for i in kept}) * 4 == len(kept)
    again = compared(units[::-1])
    assert {units[i] for i in kept} == {units[::-1][i] for i in again}
    rng = np.random.default_rng(3)
    found = kernel_estimate(drawn(rng, 200), units, KernelReference(drawn(rng, 100)))
    assert "p_equal is of 48 of the 200 pictures" in found.reason


def test_few_units_are_too_few_to_flip():
    assert p_equal(np.eye(20), [str(i % 5) for i in range(20)], 100) is None
    rng = np.random.default_rng(4)
    found = kernel_estimate(drawn(rng, 20), [str(i % 5) for i in range(20)], KernelReference(drawn(rng, 100)))
    assert found.p_equal is None
    assert "takes 8 units" in found.reason


def test_a_correction_to_far_below_zero_gets_no_interval_that_ends_there():
    rng = np.random.default_rng(5)
    found = distance_estimate(
        0.5,
        np.array([0.1, -0.1] * 10) / 20,
        [str(i) for i in range(20)],
        method="",
        crossed=(),
        corrected=-0.5,
        chance=0.0,
        kernel=lambda members: rng.normal(size=(20, 20)),
        reference_count=None,
        least=0.0,
    )
    assert found.interval is None
    assert "farther below 0" in found.reason
