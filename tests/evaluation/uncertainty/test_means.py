from __future__ import annotations

from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mezzotint.evaluation.uncertainty.means import mean_estimate, mean_or_share
from mezzotint.evaluation.uncertainty.shares import share_estimate


def test_independent_values_have_the_interval_of_students_t():
    values = [1.0, 2.0, 4.0, 0.0, 3.0]
    found = mean_estimate(values, list("abcde"))
    assert found == 2.0
    assert found.standard_error == pytest.approx(stats.sem(values), rel=1e-12)
    assert found.interval == pytest.approx(stats.t.interval(0.95, 4, 2.0, stats.sem(values)), rel=1e-12)
    assert (found.n, found.clusters, found.reason) == (5, 5, "")


def test_units_of_one_size_are_as_good_as_their_means():
    values = np.random.default_rng(0).normal(size=(6, 4))
    found = mean_estimate(values.ravel(), np.repeat(list("abcdef"), 4).tolist())
    means = values.mean(axis=1)
    assert found.standard_error == pytest.approx(stats.sem(means), rel=1e-12)
    assert found.interval == pytest.approx(
        stats.t.interval(0.95, 5, means.mean(), stats.sem(means)), rel=1e-9
    )


def test_units_of_unequal_sizes_are_a_ratio_of_sums():
    # Cochran, "Sampling Techniques", 1977, section 6.3: the variance of a ratio, by its linearisation.
    values, units = [1.0, 2.0, 4.0, 0.0, 3.0, 5.0], ["a", "a", "b", "c", "c", "c"]
    sums, sizes = np.array([3.0, 4.0, 8.0]), np.array([2, 1, 3])
    residuals = sums - sizes * (15 / 6)
    variance = 3 * (residuals**2).sum() / 2 / 6**2
    assert mean_estimate(values, units).standard_error == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_the_influence_says_by_how_much_the_mean_would_fall_without_a_value():
    values = np.random.default_rng(1).normal(size=200)
    found = mean_estimate(values, [str(index) for index in range(200)])
    without = (values.sum() - values) / 199
    assert found.influence == pytest.approx(values.mean() - without, rel=0.01)
    assert abs(fsum(found.influence)) < 1e-12


def test_seeds_that_all_prompts_share_are_named():
    assert mean_estimate([1.0, 2.0], ["a", "b"], crossed=("seed",)).conditional_on == ("seed",)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 5)), min_size=1, max_size=30), st.randoms())
def test_order_does_not_matter(rows, random):
    one, other = (
        mean_estimate([value for value, _ in each], [str(unit) for _, unit in each])
        for each in (rows, random.sample(rows, len(rows)))
    )
    assert one == other
    assert (one.standard_error is None) == (other.standard_error is None)
    if one.standard_error is not None:
        assert one.standard_error == pytest.approx(other.standard_error, rel=1e-6)


def test_equal_values_pretend_no_certainty():
    found = mean_estimate([0.1] * 30, [str(index) for index in range(30)])
    assert (found.standard_error, found.interval) == (None, None)
    assert "the 30 units don't differ" in found.reason


def test_truth_values_have_a_share():
    flags, units = [1.0, 0.0, 1.0, 1.0], ["a", "a", "b", "c"]
    assert mean_or_share(flags, units).interval == share_estimate(flags, units).interval
    assert mean_or_share([False] * 3, list("abc")).interval == share_estimate([0.0] * 3, list("abc")).interval
    assert mean_or_share([1.0, 0.5], ["a", "b"]).method == "mean, clustered by unit"


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_scores_that_are_all_0_or_all_1_are_no_share(score):
    assert mean_or_share([score] * 3, list("abc")).interval is None


@pytest.mark.parametrize("of", [mean_estimate, share_estimate])
def test_values_without_units_are_refused(of):
    with pytest.raises(ValueError, match="a unit each"):
        of([1.0, 0.0], ["a"])
    with pytest.raises(ValueError, match="a unit each"):
        of([], [])
