"""Shares of what is true, such as of correct images, with Wilson's interval for members that come in units.

Wilson, "Probable inference, the law of succession, and statistical inference", 1927, for as many independent
members as tell the same: n over the design effect, as Dean and Pagano do ("Evaluating confidence interval
methods for binomial proportions in clustered surveys", 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from .clusters import (
    clustered_variance,
    design_effect,
    effective_units,
    expect_units,
    one_unit,
    t_quantile,
    units_differ,
)
from .estimate import Estimate, Uncertainty


def wilson_interval(share: float, n: float, reach: float) -> tuple[float, float]:
    """Wilson's interval for a share of ``n`` independent members; ``reach`` is in standard errors."""
    squared = reach * reach / n
    centre = (share + squared / 2) / (1 + squared)
    half = reach * sqrt(share * (1 - share) / n + squared / (4 * n)) / (1 + squared)
    # At 0 and 1 the ends meet the share, but for rounding.
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


def effective_size(influence: Any, units: Sequence[str]) -> float:
    """How many independent members tell as much of a share as these, which come in units.

    A design effect below 1 is taken for 1: it is mostly chance. Where all members agree, how much members of
    a unit are alike isn't seen, and each unit counts once: counting every member, 75 % of the intervals would
    cover where images of a prompt are much alike and nearly all are correct.
    """
    influence = np.asarray(influence, dtype=np.float64)
    if not influence.any():
        return effective_units(units)
    return len(influence) / max(1.0, design_effect(influence, units))


def share_estimate(flags: Any, units: Sequence[str], *, crossed: Sequence[str] = ()) -> Estimate:
    """The share of true ones among truth values, or zeros and ones, ``[n]``.

    ``units`` and ``crossed`` are as in :func:`~.means.mean_estimate`. Where all agree there is an interval,
    but no standard error. Raises ValueError where there are no values, or another number of units.
    """
    values = np.asarray(flags, dtype=np.float64)
    expect_units(values, units)
    share = int(values.sum()) / len(values)
    influence = (values - share) / len(values)
    known = Uncertainty(
        n=len(values),
        clusters=len(set(units)),
        method="Wilson with the design effect of units",
        conditional_on=tuple(crossed),
    )
    estimate = Estimate(share, known, influence)
    if known.clusters < 2:
        return estimate.with_(reason=one_unit(len(values)))
    reach = t_quantile(effective_units(units))
    interval = wilson_interval(share, effective_size(influence, units), reach)
    if units_differ(influence, units):
        return estimate.with_(interval=interval, standard_error=sqrt(clustered_variance(influence, units)))
    reason = "all values agree" if share in (0, 1) else "all units have the same share"
    return estimate.with_(interval=interval, reason=f"{reason}, so a standard error isn't seen")
