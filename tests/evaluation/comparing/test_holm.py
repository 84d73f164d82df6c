"""Holm's adjustment against its definition, and its properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.comparing.holm import holm

P = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_the_example_of_the_paper_in_four() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_what_was_not_tested_stays_so_and_counts_for_nothing() -> None:
    assert holm([0.01, None, 0.04]) == [0.02, None, 0.04]
    assert holm([]) == []


@given(P, st.floats(0.001, 0.5))
def test_it_rejects_what_stepping_down_rejects(values: list[float], level: float) -> None:
    rejected = []
    for rank, (value, place) in enumerate(sorted((value, place) for place, value in enumerate(values))):
        if value * (len(values) - rank) >= level:
            break
        rejected.append(place)
    adjusted = holm(values)
    assert sorted(rejected) == [place for place, value in enumerate(adjusted) if (value or 0.0) < level]


@given(P)
def test_it_is_between_each_and_bonferroni_and_keeps_their_order(values: list[float]) -> None:
    adjusted = [value for value in holm(values) if value is not None]
    for value, told in zip(values, adjusted, strict=True):
        assert value <= told <= min(1.0, len(values) * value) + 1e-12
    ranked = [told for _, told in sorted(zip(values, adjusted, strict=True))]
    assert ranked == sorted(ranked)
