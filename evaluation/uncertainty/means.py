"""Means of numbers that come in units: one clip score an image, a few images a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

import numpy as np

from .clusters import (
    clustered_estimate,
    clustered_variance,
    effective_units,
    expect_units,
    numbered,
)
from .estimate import Estimate
from .shares import share_estimate


def mean_estimate(values: Any, units: Sequence[str], *, crossed: Sequence[str] = ()) -> Estimate:
    """The mean of values ``[n]`` with what it tells of the mean of ever more units.

    ``units`` are the labels ``[n]`` of the independent draws, such as prompts. They may be of different
    sizes: every value counts the same, and the mean is then a ratio of two sums over units, with the
    influence ``(x − mean) / n``. ``crossed`` names axes that all units share, such as seeds: the interval
    holds for those alone. Raises ValueError where there are no values, or another number of units.
    """
    values = np.asarray(values, dtype=np.float64)
    expect_units(values, units)
    mean = fsum(values.tolist()) / len(values)
    return clustered_estimate(
        mean,
        (values - mean) / len(values),
        units,
        method="mean, clustered by unit",
        conditional_on=crossed,
    )


def mean_or_share(values: Any, units: Sequence[str], *, crossed: Sequence[str] = ()) -> Estimate:
    """As :func:`mean_estimate`, or of truth values, or numbers of which some are 0 and all others 1, a share.

    Numbers that are all 0, or all 1, may as well be scores, of which nothing says that they go no further.
    """
    truths = all(isinstance(value, bool) for value in values)
    of = share_estimate if truths or set(values) == {0.0, 1.0} else mean_estimate
    return of(values, units, crossed=crossed)


def task_mean_estimate(
    values: Any, tasks: Sequence[str], units: Sequence[str], *, crossed: Sequence[str] = ()
) -> Estimate:
    """The mean of the means of T tasks, of values ``[n]`` with a task and a unit each.

    A value adds ``(x − mean of its task) / (n_task · T)``. Tasks are fixed and units are drawn within them,
    so each task has a variance of its own, and one of a single unit leaves the whole without. Where a unit
    spans tasks, the tasks aren't independent, and the variance is that of units over all.
    """
    values = np.asarray(values, dtype=np.float64)
    expect_units(values, units)
    names, numbers = sorted(set(tasks)), numbered(tasks)
    sizes = np.bincount(numbers)
    means = np.array([fsum(values[numbers == task].tolist()) / sizes[task] for task in range(len(names))])
    influence = (values - means[numbers]) / (sizes[numbers] * len(names))
    labels = np.asarray(units, dtype=object)
    within = [labels[numbers == task] for task in range(len(names))]
    counts = [len(set(each)) for each in within]
    nested = sum(counts) == len(set(units))
    # Every task's mean takes a degree of freedom.
    effective = max(effective_units(units) - (len(names) - 1), 2.0)
    estimate = clustered_estimate(
        fsum(means.tolist()) / len(names),
        influence,
        units,
        method="mean of tasks, clustered by unit",
        conditional_on=("tasks", *crossed),
        variance=_within_tasks(influence, numbers, within) if nested and min(counts) > 1 else None,
        effective=effective if nested else None,
    )
    if nested and min(counts) < 2 and estimate.standard_error is not None:
        lone = names[counts.index(1)]
        reason = f"task {lone!r} is of one unit, such as one prompt, so how much its units differ isn't seen"
        return estimate.with_(standard_error=None, interval=None, reason=reason)
    return estimate


def _within_tasks(influence: Any, numbers: Any, units: Sequence[Any]) -> float:
    parts = (clustered_variance(influence[numbers == task], each) for task, each in enumerate(units))
    return fsum(parts)
