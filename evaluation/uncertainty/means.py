"""Means of numbers that come in units: one clip score an image, a few images a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

import numpy as np

from .clusters import clustered_estimate, expect_units
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
    """As :func:`mean_estimate`; of numbers that are all 0 or 1, as truth values are, the share of ones."""
    of = share_estimate if np.isin(values, (0.0, 1.0)).all() else mean_estimate
    return of(values, units, crossed=crossed)
