from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.averaging import Mean

NUMBERS = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=40)


@given(NUMBERS, st.integers(0, 40))
def test_the_mean_is_exact_whatever_the_batches_and_shards(numbers, cut):
    one, left, right = Mean(), Mean(), Mean()
    for number in reversed(numbers):
        one.update([number])
    left.update(numbers[:cut])
    right.update(numbers[cut:])
    left.merge(right)
    assert one.compute() == left.compute()
    assert one.compute() == pytest.approx(
        float(sum(map(Fraction, numbers)) / len(numbers)), rel=1e-15, abs=1e-300
    )


def test_the_mean_of_no_numbers_is_an_error_not_zero():
    with pytest.raises(ValueError, match="no numbers"):
        Mean().compute()
