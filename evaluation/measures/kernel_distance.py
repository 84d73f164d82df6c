"""The kernel distance between two sets of features, which Inception's make the KID.

The squared maximum mean discrepancy under the polynomial kernel ``k(x, y) = (x·y / d + 1)³``, by its unbiased
estimator over all members: Bińkowski et al., "Demystifying MMD GANs", 2018.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .comparison import Comparison, reference_rows
from .moments import FloatArray

CALLED = "a kernel distance"
BLOCK = 1024
"""How many rows meet as many at a time: 8 MB of kernel values, so that memory hardly grows."""


class KernelReference:
    """The features ``[m, d]`` of a reference, and their part of the distance, found once for all candidates.

    Raises ValueError for fewer than two features, and for what is no set of features.
    """

    def __init__(self, features: Any) -> None:
        self.rows = reference_rows(CALLED, features, 2)

    @property
    def dimension(self) -> int:
        return int(self.rows.shape[1])

    @cached_property
    def sums(self) -> FloatArray:
        """The kernel of each member with all others summed, ``[m]``."""
        return sums_within(self.rows)

    @cached_property
    def within(self) -> float:
        """The mean kernel value over all pairs of different members."""
        count = len(self.rows)
        return float(self.sums.sum()) / (count * (count - 1))


class KernelDistance(Comparison):
    """Gathers features and gives their kernel distance from a reference: streams, splits, merges.

    All features are kept. The value is that of the whole set: no subsets are drawn, so it depends on no seed.
    It is 0 on average for two samples of one distribution, and may be negative.

    >>> metric = KernelDistance(real)
    >>> for batch in batches:
    ...     metric.update(batch)
    >>> metric.compute()
    """

    def __init__(self, reference: KernelReference | Any) -> None:
        """``reference`` is features ``[m, d]``, or a :class:`KernelReference` that several metrics share."""
        shared = isinstance(reference, KernelReference)
        self.reference: KernelReference = reference if shared else KernelReference(reference)
        super().__init__(CALLED, self.reference.dimension, 2)

    def compute(self) -> float:
        """The squared distance; raises ValueError for fewer than two images."""
        rows = self.gathered()
        return kernel_distance(sums_within(rows), sums_between(rows, self.reference), self.reference)


def kernel_distance(within: FloatArray, between: FloatArray, reference: KernelReference) -> float:
    """The squared distance, by what :func:`sums_within` and :func:`sums_between` give for a set."""
    count = len(within)
    inside = float(within.sum()) / (count * (count - 1))
    across = float(between.sum()) / (count * len(reference.rows))
    return inside + reference.within - 2 * across


def sums_within(rows: npt.NDArray[Any]) -> FloatArray:
    """The kernel of each row with all others summed, ``[n]``; each pair is computed once."""
    sums = np.zeros(len(rows))
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        values = polynomial_kernel(rows[part], rows[part])
        sums[part] += values.sum(axis=1) - np.diagonal(values)
        for other in range(start + BLOCK, len(rows), BLOCK):
            values = polynomial_kernel(rows[part], rows[other : other + BLOCK])
            sums[part] += values.sum(axis=1)
            sums[other : other + BLOCK] += values.sum(axis=0)
    return sums


def sums_between(rows: npt.NDArray[Any], reference: KernelReference) -> FloatArray:
    """The kernel of each row with all of the reference's summed, ``[n]``."""
    sums = np.zeros(len(rows))
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        for other in range(0, len(reference.rows), BLOCK):
            sums[part] += polynomial_kernel(rows[part], reference.rows[other : other + BLOCK]).sum(axis=1)
    return sums


def polynomial_kernel(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> FloatArray:
    """Between the rows of two blocks, in float64: the distance is a small difference of large sums."""
    values: FloatArray = x.astype(np.float64) @ y.astype(np.float64).T
    values /= x.shape[1]
    values += 1
    values *= np.square(values)  # NumPy's power is ten times slower
    return values
