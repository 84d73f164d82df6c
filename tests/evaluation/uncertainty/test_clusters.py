from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mezzotint.evaluation.uncertainty.clusters import (
    clustered_estimate,
    clustered_variance,
    design_effect,
    effective_units,
    t_interval,
    unit_sums,
)

UNITS = ["a", "a", "b", "c", "c", "c"]
VALUES = np.array([1.0, 2.0, 4.0, 0.0, 3.0, 5.0])
PSI = (VALUES - VALUES.mean()) / len(VALUES)


def test_a_unit_adds_the_sum_of_its_members():
    assert unit_sums([1.0, 2.0, 4.0], ["b", "a", "b"]) == {"a": 2.0, "b": 5.0}


def test_without_clusters_the_variance_is_the_squared_standard_error_of_a_mean():
    alone = [str(index) for index in range(len(VALUES))]
    assert clustered_variance(PSI, alone) == pytest.approx(stats.sem(VALUES) ** 2, rel=1e-12)
    assert design_effect(PSI, alone) == pytest.approx(1.0, rel=1e-12)


def test_the_variance_is_the_sandwich_of_a_regression_on_a_constant():
    # (X'X)^-1 Σ_u X_u' e_u e_u' X_u (X'X)^-1 with X all ones, as statsmodels' cluster covariance has it.
    residuals = VALUES - VALUES.mean()
    meat = sum(residuals[[unit == each for unit in UNITS]].sum() ** 2 for each in "abc")
    assert clustered_variance(PSI, UNITS) == pytest.approx(3 / 2 * meat / len(VALUES) ** 2, rel=1e-12)


def test_equal_members_of_a_unit_count_once():
    alone = np.array([1.0, 4.0, 2.0, 8.0])
    repeated = np.repeat((alone - alone.mean()) / 4, 5) / 5
    units = np.repeat(["a", "b", "c", "d"], 5).tolist()
    assert clustered_variance(repeated, units) == pytest.approx(stats.sem(alone) ** 2, rel=1e-12)


@given(st.lists(st.tuples(st.floats(-100, 100), st.integers(0, 4)), min_size=2, max_size=20), st.randoms())
def test_the_order_of_members_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    found = []
    for each in (rows, shuffled):
        values = np.array([value for value, _ in each])
        units = [f"unit {unit}" for _, unit in each]
        if len(set(units)) < 2:
            return
        found.append(clustered_variance((values - values.mean()) / len(values), units))
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("units", "effective"), [("aabbcc", 3), ("abc", 3), ("aaab", 16 / 10), ("aaa", 1)])
def test_units_of_unequal_size_tell_less(units, effective):
    assert effective_units(list(units)) == pytest.approx(effective)


def test_few_units_reach_further():
    low, high = t_interval(1.0, 0.5, 4)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 3, 1.0, 0.5), rel=1e-12)


def test_one_unit_has_no_standard_error_and_says_why():
    found = clustered_estimate(2.5, [0.5, -0.5], ["a", "a"], method="mean")
    assert (found, found.standard_error, found.interval) == (2.5, None, None)
    assert (
        found.reason
        == "all 2 values are of one unit, such as one prompt, so how much units differ isn't seen"
    )
    with pytest.raises(ValueError, match="at least 2 units, got 1"):
        clustered_variance([0.5, -0.5], ["a", "a"])


def test_one_value_has_no_standard_error_and_says_why():
    found = clustered_estimate(2.5, [0.0], ["a"], method="mean")
    assert found.standard_error is None
    assert found.reason == "there is one value, so how much others would differ isn't seen"


@pytest.mark.parametrize("influence", [[0.0] * 4, [0.1, -0.1, 0.3, -0.3]])
def test_units_that_do_not_differ_pretend_no_certainty(influence):
    found = clustered_estimate(2.5, influence, ["a", "a", "b", "b"], method="mean")
    assert (found.standard_error, found.interval) == (None, None)
    assert found.reason == "the 2 units don't differ, so how far off the value may be isn't seen"


def test_an_interval_stays_within_the_bounds_of_its_value():
    found = clustered_estimate(0.1, [0.3, -0.3], ["a", "b"], method="mean", bounds=(0.0, 2.0))
    assert found.interval == (0.0, 2.0)
