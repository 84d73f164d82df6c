from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mezzotint.evaluation.uncertainty.jackknife import jackknife_estimate, jackknife_influence


def test_of_a_mean_it_is_the_standard_error_of_the_mean():
    values = np.random.default_rng(0).normal(size=12)
    without = (values.sum() - values) / 11
    found = jackknife_estimate(values.mean(), without, [f"{at:02}" for at in range(12)])
    assert found.standard_error == pytest.approx(stats.sem(values), rel=1e-9)
    assert found.interval == pytest.approx(stats.t.interval(0.95, 11, values.mean(), stats.sem(values)))
    assert found.influence == pytest.approx((values - values.mean()) / 12)


def test_of_a_ratio_it_is_the_published_formula():
    # (G − 1)/G Σ (value without − mean of those)²: Efron and Tibshirani, 1993, chapter 11.
    random = np.random.default_rng(1)
    above, below = random.normal(size=9), random.uniform(1, 2, size=9)
    without = (above.sum() - above) / (below.sum() - below)
    published = np.sqrt(8 / 9 * ((without - without.mean()) ** 2).sum())
    found = jackknife_estimate(above.sum() / below.sum(), without, list("abcdefghi"))
    assert found.standard_error == pytest.approx(published, rel=1e-12)


def test_members_share_what_their_unit_adds():
    influence = jackknife_influence([1.0, 2.0, 4.0], ["b", "a", "c", "b"])
    # Labels in order are a, b, c, whose values without them are 1, 2 and 4.
    of_units = 2 / 3 * (7 / 3 - np.array([1.0, 2.0, 4.0]))
    assert influence == pytest.approx([of_units[1] / 2, of_units[0], of_units[2], of_units[1] / 2])


def test_a_value_that_no_unit_changes_pretends_no_certainty():
    found = jackknife_estimate(0.4, [0.4, 0.4, 0.4], ["a", "b", "c"])
    assert (found.standard_error, found.interval) == (None, None)
    assert "the 3 units don't differ" in found.reason
