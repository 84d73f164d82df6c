"""The exact permutation test of paired differences: were the two sides exchanged at the toss of a coin?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: So many differences have a billion ways to be signed, which are counted as two times 2^15.
MOST = 30
#: Sums that differ by less than this share of all differences are equal.
_ROUNDING = 1e-9


def sign_flip_test(differences: Sequence[float] | npt.NDArray[np.float64]) -> float:
    """The share of all 2^n ways to sign the differences ``[n]`` whose sum is as far from 0 as the one seen.

    Two-sided and exact (Fisher, "The Design of Experiments", 1935): it holds its level for differences of
    any distribution that is symmetric where both sides are alike. Each half of the differences has its sums
    listed and sorted, so that pairs of sums are counted, not made. Differences of 0 change nothing and count
    for nothing. ValueError for more than 30 others.
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[values != 0]
    if len(values) > MOST:
        raise ValueError(f"{len(values)} differences are too many to try all signs of")
    seen = abs(values.sum()) - _ROUNDING * np.abs(values).sum()
    if seen <= 0:
        return 1.0
    half = len(values) // 2
    left, right = _signed_sums(values[:half]), np.sort(_signed_sums(values[half:]))
    above = len(right) - np.searchsorted(right, seen - left, side="left")
    below = np.searchsorted(right, -seen - left, side="right")
    return float((above.sum() + below.sum()) / 2.0 ** len(values))


def _signed_sums(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The sums ``[2^n]`` of values ``[n]`` under all signs."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums
