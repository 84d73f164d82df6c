from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mezzotint.evaluation.uncertainty.clusters import clustered_variance
from mezzotint.evaluation.uncertainty.shares import effective_size, share_estimate, wilson_interval


def alone(count):
    return [str(index) for index in range(count)]


@pytest.mark.parametrize(("true", "count"), [(3, 20), (0, 10), (10, 10), (411, 553)])
def test_the_interval_is_wilsons(true, count):
    published = stats.binomtest(true, count).proportion_ci(0.95, method="wilson")
    found = wilson_interval(true / count, count, stats.norm.ppf(0.975))
    assert found == pytest.approx((published.low, published.high), abs=1e-12)


def test_independent_flags_reach_as_far_as_students_t():
    flags = [True] * 15 + [False] * 5
    found = share_estimate(flags, alone(20))
    assert found == 0.75
    assert found.interval == pytest.approx(wilson_interval(0.75, 20, stats.t.ppf(0.975, 19)), rel=1e-12)
    assert found.standard_error == pytest.approx(np.sqrt(0.75 * 0.25 / 19), rel=1e-12)


def test_images_of_a_prompt_that_agree_count_once():
    flags = np.repeat([True, True, True, False, True, False], 4)
    units = np.repeat(list("abcdef"), 4).tolist()
    found = share_estimate(flags, units)
    psi = (flags - found) / 24
    deff = clustered_variance(psi, units) / (found * (1 - found) / 23)
    assert effective_size(psi, units) == pytest.approx(24 / deff, rel=1e-12)
    assert 5 < 24 / deff < 7
    assert found.interval == pytest.approx(
        wilson_interval(found, 24 / deff, stats.t.ppf(0.975, 5)), rel=1e-12
    )


def test_a_design_effect_below_one_is_chance():
    # Every prompt with one of two correct: less spread between prompts than chance has.
    flags, units = [True, False] * 8, np.repeat(alone(8), 2).tolist()
    found = share_estimate(flags, units)
    assert found.interval == pytest.approx(wilson_interval(0.5, 16, stats.t.ppf(0.975, 7)))
    assert (found.standard_error, found.reason) == (
        None,
        "all units have the same share, so a standard error isn't seen",
    )


@pytest.mark.parametrize(("flag", "end"), [(True, 1), (False, 0)])
def test_where_all_agree_each_prompt_counts_once(flag, end):
    found = share_estimate([flag] * 40, np.repeat(alone(10), 4).tolist())
    assert found == float(flag)
    assert found.interval[end == 1] == float(flag)
    assert found.interval == pytest.approx(wilson_interval(float(flag), 10, stats.t.ppf(0.975, 9)))
    assert found.standard_error is None
    assert found.reason == "all values agree, so a standard error isn't seen"


def test_the_images_of_one_prompt_have_no_interval():
    found = share_estimate([True, False, True], ["a"] * 3)
    assert (found.interval, found.standard_error) == (None, None)
    assert "of one unit, such as one prompt" in found.reason


def test_an_interval_stays_between_zero_and_one_and_holds_the_share():
    random = np.random.default_rng(0)
    for _ in range(200):
        units = [f"prompt {unit}" for unit in random.integers(0, 6, 24)]
        flags = random.random(24) < random.choice([0.02, 0.5, 0.98])
        found = share_estimate(flags, units)
        low, high = found.interval
        assert 0 <= low <= found <= high <= 1


def test_coverage_oscillates_acceptably_over_a_grid_of_shares():
    """Nominal 95 %, of exact binomial probabilities: no sampling error, 25 independent images."""
    count = 25
    flags = [[True] * true + [False] * (count - true) for true in range(count + 1)]
    intervals = np.array([share_estimate(each, alone(count)).interval for each in flags])
    grid = np.linspace(0.01, 0.99, 197)
    inside = (intervals[:, :1] <= grid) & (grid <= intervals[:, 1:])
    coverage = (stats.binom.pmf(np.arange(count + 1)[:, None], count, grid) * inside).sum(axis=0)
    assert coverage.min() > 0.90
    assert 0.94 < coverage.mean() < 0.98
