"""The jackknife by unit: how a value changes when one prompt and all its pictures are left out.

Quenouille 1956; Tukey 1958. Its variance is right for smooth values and too large on average for others
(Efron and Stein, "The jackknife estimate of variance", 1981); how much is a matter of simulation. It is used
where leaving out costs no more than looking; where there is an influence in closed form, that is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np

from ..measures.moments import FloatArray
from .clusters import clustered_estimate, numbered
from .estimate import Estimate


def jackknife_influence(without: Any, units: Sequence[str]) -> FloatArray:
    """ψ ``[n]`` of the members, of the values ``[G]`` without each unit, in the order of their labels.

    A unit's ``(G−1)/G · (mean − value without it)`` is shared equally by its members.
    """
    without = np.asarray(without, dtype=np.float64)
    numbers = numbered(units)
    count = len(without)
    of_units: FloatArray = (without.mean() - without) * (count - 1) / count
    influence: FloatArray = (of_units / np.bincount(numbers))[numbers]
    return influence


def jackknife_estimate(
    value: float,
    without: Any,
    units: Sequence[str],
    *,
    conditional_on: Sequence[str] = (),
    bounds: tuple[float, float] = (-inf, inf),
) -> Estimate:
    """A value with the standard error and interval that the values ``[G]`` without each unit tell of it."""
    influence = jackknife_influence(without, units)
    return clustered_estimate(
        value,
        influence,
        units,
        method="jackknife by unit",
        conditional_on=conditional_on,
        bounds=bounds,
    )
