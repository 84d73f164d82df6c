"""How far raters agree: shares, and Krippendorff's alpha."""

from __future__ import annotations

import pytest

from mezzotint.evaluation.rating.agreement import Agreement, agreement


def test_alpha_of_krippendorffs_own_example() -> None:
    """Computing Krippendorff's alpha-reliability (2011), section C: four observers, twelve units, with
    gaps.
    """
    observers = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    units = [
        [said for said in column if said != "."] for column in zip(*map(str.split, observers), strict=True)
    ]
    found = agreement(units)
    assert found is not None
    assert found.alpha == pytest.approx(0.743, abs=0.0005)


def test_the_share_counts_every_two_raters_of_a_pair() -> None:
    found = agreement([["left", "left", "tie"], ["right", "right"], ["left"]])
    assert found is not None
    assert (found.share, found.comparisons) == (2 / 4, 4)


def test_full_agreement_is_one_and_of_one_choice_alone_says_nothing_beyond_chance() -> None:
    assert agreement([["left", "left"], ["right", "right"]]) == Agreement(1.0, 2, 1.0)
    assert agreement([["left", "left"], ["left", "left"]]) == Agreement(1.0, 2, None)


def test_one_rater_alone_agrees_with_nobody() -> None:
    assert agreement([["left"], ["right"]]) is None
