from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mezzotint.evaluation.uncertainty.means import task_mean_estimate

TASKS = ["one"] * 8 + ["two"] * 12
UNITS = [f"{task} {at // 2}" for at, task in enumerate(TASKS)]
VALUES = np.random.default_rng(0).normal(size=20)


def test_the_variance_is_the_sum_of_those_of_the_tasks():
    found = task_mean_estimate(VALUES, TASKS, UNITS)
    means = [VALUES[:8].reshape(4, 2).mean(axis=1), VALUES[8:].reshape(6, 2).mean(axis=1)]
    variance = sum(each.var(ddof=1) / len(each) for each in means) / 4
    assert float(found) == pytest.approx(np.mean([each.mean() for each in means]), rel=1e-12)
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert found.interval == pytest.approx(stats.t.interval(0.95, 10 - 2, found, np.sqrt(variance)))
    assert found.conditional_on == ("tasks",)


def test_a_value_adds_more_to_a_small_task():
    influence = task_mean_estimate(VALUES, TASKS, UNITS).influence
    assert influence[:8] == pytest.approx((VALUES[:8] - VALUES[:8].mean()) / 16)
    assert influence[8:] == pytest.approx((VALUES[8:] - VALUES[8:].mean()) / 24)


def test_a_task_of_one_prompt_leaves_the_whole_without():
    found = task_mean_estimate(VALUES, TASKS, ["only"] * 8 + UNITS[8:])
    assert (found.standard_error, found.interval) == (None, None)
    assert found.reason.startswith("task 'one' is of one unit, such as one prompt")


def test_prompts_of_several_tasks_are_units_over_all():
    units = [str(at % 4) for at in range(20)]
    found = task_mean_estimate(VALUES, TASKS, units)
    sums = [found.influence[[unit == each for unit in units]].sum() for each in "0123"]
    assert found.standard_error == pytest.approx(np.sqrt(4 / 3 * np.square(sums).sum()), rel=1e-12)
