"""The exact sign-flip test against SciPy's, and what it costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation.comparing.sign_flips import MOST, sign_flip_test


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=9))
def test_it_is_the_permutation_test_of_scipy(differences: list[int]) -> None:
    from scipy.stats import permutation_test

    expected = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
    ).pvalue
    # SciPy doubles the smaller side; for signs, whose distribution is symmetric, that is the same but for 1.
    assert sign_flip_test(differences) == pytest.approx(min(expected, 1.0))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12), st.data())
def test_the_signs_of_all_the_order_and_ties_change_nothing(values: list[float], data: st.DataObject) -> None:
    p = sign_flip_test(values)
    assert 0 < p <= 1
    assert sign_flip_test([-value for value in values]) == pytest.approx(p)
    assert sign_flip_test(data.draw(st.permutations(values))) == pytest.approx(p)
    assert sign_flip_test([*values, 0.0, 0.0]) == pytest.approx(p)


def test_equal_steps_of_one_sign_are_two_of_all_ways() -> None:
    assert sign_flip_test([0.1] * 8) == 2 / 2**8
    assert sign_flip_test([]) == sign_flip_test([0.0, 0.0]) == 1.0


def test_thirty_differences_are_counted_exactly() -> None:
    rises = np.arange(1, MOST + 1)
    assert sign_flip_test(rises) == 2 / 2**MOST
    assert sign_flip_test(rises * np.where(rises == 1, -1, 1)) == 4 / 2**MOST


def test_more_are_refused() -> None:
    with pytest.raises(ValueError, match="31 differences"):
        sign_flip_test([1.0] * 31)
