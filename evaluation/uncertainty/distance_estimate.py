"""A distance from a reference as an estimate: what Fréchet distance, kernel distance and CMMD share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

import numpy as np
import numpy.typing as npt

from ..measures.moments import FloatArray
from .clusters import clustered_estimate, effective_units, t_interval
from .equality import FEWEST_UNITS, compared, p_equal
from .estimate import Estimate
from .shared_units import SharedUnits, given

#: Nearer than so many standard errors to what chance gives, a distance may be none.
NEAR = 4.0


def distance_estimate(
    value: float,
    influence: FloatArray,
    units: Sequence[str],
    *,
    method: str,
    crossed: Sequence[str],
    corrected: float | None,
    chance: float,
    kernel: Callable[[npt.NDArray[np.intp]], FloatArray],
    reference_count: int | None,
    shared: SharedUnits | None = None,
    least: float = -inf,
    withheld: str = "",
) -> Estimate:
    """A value with its influence ``[n]``: the interval is about ``corrected``, and no lower than ``least``.

    ``withheld`` says why there is to be no interval. Where ``corrected`` is near ``chance``, what a set like
    the reference would be corrected to, :func:`~.equality.p_equal` is asked, with what ``kernel`` gives for
    some of the members: of units that are ``shared`` with the reference, for some of both sides together.
    """
    estimate = clustered_estimate(
        value, influence, units, method=method, conditional_on=given(crossed, shared)
    ).with_(corrected=corrected)
    error = estimate.standard_error
    if error is None:
        return estimate
    centre = value if corrected is None else corrected
    reasons, interval, p = [withheld], None, None
    if not withheld:
        low, high = t_interval(centre, error, effective_units(units))
        interval = max(low, least), high
        if high <= least:
            interval = None
            reasons.append(f"corrected, the distance is farther below {least:g} than chance would put it")
    if centre - chance < NEAR * error or centre < value / 2:
        tested, noise = (units, reference_count) if shared is None else (shared.all, None)
        members = compared(tested)
        p = p_equal(kernel(members), [tested[member] for member in members], noise)
        if p is None:
            reasons.append(f"a test of being like the reference takes {FEWEST_UNITS} units")
        elif len(members) < len(tested):
            reasons.append(f"p_equal is of {len(members):,} of the {len(tested):,} pictures")
    reason = "; ".join(filter(None, reasons))
    return estimate.with_(interval=interval, p_equal=p, reason=reason)
