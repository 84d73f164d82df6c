from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint import nodes
from mezzotint.evaluation.averaging import Mean, TaskMean

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


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=40), st.integers(0, 40)
)
def test_every_task_has_the_same_say_whatever_the_batches_and_shards(pairs, cut):
    whole, left, right = TaskMean(), TaskMean(), TaskMean()
    for task, correct in reversed(pairs):
        whole.update([correct], [task])
    for state, part in ((left, pairs[:cut]), (right, pairs[cut:])):
        state.update([correct for _, correct in part], [task for task, _ in part])
    left.merge(right)
    by_task = {task: [c for t, c in pairs if t == task] for task in sorted({task for task, _ in pairs})}
    shares = {task: sum(found) / len(found) for task, found in by_task.items()}
    assert whole.compute().tasks == left.compute().tasks == shares
    assert list(whole.compute().tasks) == list(shares)
    assert whole.compute().overall == pytest.approx(sum(shares.values()) / len(shares))
    assert whole.compute().overall == left.compute().overall


def test_the_mean_of_no_tasks_is_an_error():
    with pytest.raises(ValueError, match="no numbers"):
        TaskMean().compute()


@pytest.mark.parametrize(("values", "known"), [([0.0] * 4, False), ([False] * 4, True)])
def test_values_that_are_all_0_are_a_share_where_they_are_truth_values(values, known):
    assert (nodes.mean(values).interval is not None) == known
    assert (nodes.task_mean(values, task=["a"] * 4).by_task["a"]["interval"] is not None) == known
