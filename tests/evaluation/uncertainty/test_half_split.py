"""The half-split estimate: what a biased value tends to, by whole units, split by their labels alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.measures.frechet import Statistics, frechet_distance
from mezzotint.evaluation.uncertainty.half_split import half_split, halves

LABELS = st.lists(st.sampled_from([f"prompt {i}" for i in range(12)]), min_size=2, max_size=60)


@given(LABELS, st.integers(0, 3))
def test_a_unit_is_never_split(units: list[str], split: int):
    first = halves(units, split)
    for unit in set(units):
        assert len({bool(half) for half, label in zip(first, units, strict=True) if label == unit}) == 1


@given(LABELS, st.randoms())
def test_the_order_of_the_members_changes_no_half(units, random):
    order = list(range(len(units)))
    random.shuffle(order)
    assert (halves([units[i] for i in order]) == halves(units)[order]).all()


@given(st.integers(2, 40), st.integers(1, 5))
def test_units_of_one_size_are_halved_as_evenly_as_can_be(groups: int, size: int):
    first = halves(np.repeat([f"prompt {i}" for i in range(groups)], size).tolist())
    assert abs(int(first.sum()) - int((~first).sum())) <= size


def test_splits_differ():
    units = [f"prompt {i}" for i in range(30)]
    assert len({halves(units, split).tobytes() for split in range(4)}) == 4


def test_a_bias_that_falls_with_the_number_goes_whatever_the_halves():
    rows = np.zeros((7, 1))
    units = ["a", "a", "a", "a", "b", "c", "d"]
    value = half_split(rows, units, 5 + 3 / 7, lambda part: 5 + 3 / len(part))
    assert value == pytest.approx(5, rel=1e-12)


def test_it_finds_the_distance_of_far_more_pictures():
    rng = np.random.default_rng(0)
    reference = Statistics(np.zeros(8), np.eye(8), 10**6)
    truth = 8 * (0.1**2 + 0.2**2)

    def distance(rows: np.ndarray) -> float:
        return frechet_distance(Statistics.of_features(rows), reference)

    plain, corrected = [], []
    for _ in range(100):
        rows = 0.1 + 1.2 * rng.normal(size=(64, 8))
        plain.append(distance(rows))
        corrected.append(half_split(rows, [str(i) for i in range(64)], plain[-1], distance))
    assert np.mean(plain) > 1.5 * truth
    assert np.mean(corrected) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("units", [["a"] * 6, ["a", "b", "b"], ["a", "b"]])
def test_what_cannot_be_halved_has_none(units: list[str]):
    assert half_split(np.zeros((len(units), 2)), units, 1.0, lambda part: 0.0) is None
