"""How often the interval of a difference of shares covers the truth."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.evaluation.comparing.share_interval import share_interval


@pytest.mark.parametrize(
    ("prompts", "seeds", "shares"),
    [(15, 1, (0.8, 0.95)), (15, 4, (0.9, 0.9)), (60, 2, (0.5, 0.7)), (60, 2, (0.97, 0.97))],
)
def test_it_covers_the_difference_of_two_models(
    prompts: int, seeds: int, shares: tuple[float, float]
) -> None:
    rng = np.random.default_rng(prompts + seeds)
    weights = np.full(prompts, 1 / prompts)
    repeats, missed = 500, 0
    for _ in range(repeats):
        hard = rng.uniform(size=(prompts, 1))  # half of what decides is the prompt's, for both models
        a, b = ((hard + rng.uniform(size=(prompts, seeds))) / 2 < _threshold(share) for share in shares)
        parts = (b.mean(1) - a.mean(1)) / prompts
        low, high = share_interval(parts, weights, seeds, prompts)
        missed += not low <= shares[1] - shares[0] <= high
    assert missed <= 0.08 * repeats


def _threshold(share: float) -> float:
    """Where the mean of two uniform numbers lies below with a probability of ``share`` ≥ ½."""
    return float(1 - np.sqrt((1 - share) / 2))


def test_it_keeps_within_one_and_is_no_point_where_nothing_differed() -> None:
    weights = np.full(3, 1 / 3)
    assert share_interval(np.full(3, 1 / 3), weights, 1, 3)[1] == 1.0
    low, high = share_interval(np.zeros(10), np.full(10, 0.1), 1, 10)
    assert low == -high < -0.1
