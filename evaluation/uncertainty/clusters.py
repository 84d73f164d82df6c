"""Units: members of one prompt are more alike than those of two, so what is independent is the prompt.

An influence ψ sums to 0 over a set, and over a unit to what that unit adds to the error of the value. The
variance is that of those sums; Liang and Zeger, "Longitudinal data analysis using generalized linear models",
1986.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from ..measures.moments import FloatArray
from .estimate import Estimate, Uncertainty

LEVEL = 0.95
#: A standard error below this share of what it is made of is rounding.
ROUNDING = 1e-12


def expect_units(values: FloatArray, units: Sequence[str]) -> None:
    """Raise ValueError unless each of one or more values ``[n]`` has a unit."""
    if values.shape != (len(units),) or not len(values):
        raise ValueError(f"expected values with a unit each, got {list(values.shape)} and {len(units)} units")


def numbered(units: Sequence[str]) -> npt.NDArray[np.intp]:
    """The number ``[n]`` of each member's unit, from 0 in the order of the labels."""
    places = {label: place for place, label in enumerate(sorted(set(units)))}
    return np.array([places[unit] for unit in units], dtype=np.intp)


def unit_sums(influence: Any, units: Sequence[str]) -> dict[str, float]:
    """What each unit adds to a value: the sum of ψ ``[n]`` over its members, by its label."""
    sums = np.bincount(numbered(units), np.asarray(influence, dtype=np.float64))
    return dict(zip(sorted(set(units)), sums.tolist(), strict=True))


def clustered_variance(influence: Any, units: Sequence[str]) -> float:
    """The variance of a value by its influence ψ ``[n]``: ``G/(G−1) Σ_u (Σ_{i∈u} ψ_i)²`` over G units.

    Raises ValueError for fewer than two units, between which there is nothing to see.
    """
    sums = np.array(list(unit_sums(influence, units).values()))
    count = len(sums)
    if count < 2:
        raise ValueError(f"a variance between units needs at least 2 units, got {count}")
    return float(sums @ sums) * count / (count - 1)


def design_effect(influence: Any, units: Sequence[str]) -> float:
    """How many times the variance is that of as many independent members; 1 where it can't be told."""
    influence = np.asarray(influence, dtype=np.float64)
    count = len(influence)
    independent = float(influence @ influence) * count / (count - 1)
    return clustered_variance(influence, units) / independent if independent > 0 else 1.0


def effective_units(units: Sequence[str]) -> float:
    """How many units of equal size tell as much: ``n² / Σ n_u²`` (Kish 1965), G where all are of one size."""
    sizes = np.bincount(numbered(units)).astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes @ sizes))


def t_quantile(units: float, level: float = LEVEL) -> float:
    """How many standard errors an interval reaches: Student's t with ``units`` − 1 degrees of freedom."""
    return float(special.stdtrit(units - 1, (1 + level) / 2))


def t_interval(
    value: float, standard_error: float, units: float, level: float = LEVEL
) -> tuple[float, float]:
    """The interval about a value by Student's t; ``units`` may be those of :func:`effective_units`.

    With G − 1 degrees whatever the sizes of the units, it would cover 89 % where the largest of 20 units has
    a quarter of all members, and 40 % where the largest of 10 has three quarters.
    """
    reach = t_quantile(units, level) * standard_error
    return value - reach, value + reach


def clustered_estimate(
    value: float,
    influence: Any,
    units: Sequence[str],
    *,
    method: str,
    conditional_on: Sequence[str] = (),
    variance: float | None = None,
    effective: float | None = None,
    bounds: tuple[float, float] = (-inf, inf),
) -> Estimate:
    """A value with its influence ``[n]``, standard error and t interval; units are the labels ``[n]``.

    One unit, or units between which nothing differs, give neither, and the reason. Where more is known of
    the design, ``variance`` replaces the clustered one, and ``effective`` the :func:`effective_units`.
    ``bounds`` are those of the value, beyond which no interval goes.
    """
    influence = np.asarray(influence, dtype=np.float64)
    known = Uncertainty(
        n=len(influence),
        clusters=len(set(units)),
        method=method,
        conditional_on=tuple(conditional_on),
    )
    reason = _why_not(influence, units, abs(value))
    if reason:
        return Estimate(value, known, influence).with_(reason=reason)
    standard_error = sqrt(clustered_variance(influence, units) if variance is None else variance)
    low, high = t_interval(value, standard_error, effective or effective_units(units))
    interval = max(low, bounds[0]), min(high, bounds[1])
    return Estimate(value, known, influence).with_(standard_error=standard_error, interval=interval)


def _why_not(influence: FloatArray, units: Sequence[str], scale: float) -> str:
    if len(set(units)) < 2:
        return one_unit(len(units))
    if not units_differ(influence, units, scale):
        return f"the {len(set(units))} units don't differ, so how far off the value may be isn't seen"
    return ""


def units_differ(influence: FloatArray, units: Sequence[str], scale: float = 0.0) -> bool:
    """Whether more than rounding lies between units; ``scale`` is that of the value."""
    scale = max(scale, float(np.abs(influence).sum()))
    return clustered_variance(influence, units) > (ROUNDING * scale) ** 2


def one_unit(count: int) -> str:
    """Why a set of one unit has no standard error."""
    if count == 1:
        return "there is one value, so how much others would differ isn't seen"
    return f"all {count} values are of one unit, such as one prompt, so how much units differ isn't seen"
