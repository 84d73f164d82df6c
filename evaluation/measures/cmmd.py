"""CMMD: how far two sets of CLIP embeddings are apart, without taking them for Gaussians.

Jayasumana et al., "Rethinking FID: Towards a Better Evaluation Metric for Image Generation", 2024: the
squared maximum mean discrepancy with a Gaussian kernel, times 1000.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .comparison import Comparison, reference_rows
from .moments import FloatArray, unit_rows

SIGMA = 10.0
SCALE = 1000.0
BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Vectors of length 1 ``[n, d]``, float64, and what they tell about themselves."""

    units: FloatArray

    @classmethod
    def of(cls, features: Any) -> Embeddings:
        """From features ``[n, d]``; raises ValueError for NaN, and for a vector of length 0."""
        return cls(unit_rows(features))

    @cached_property
    def kernel_mean(self) -> float:
        """The mean kernel over all ordered pairs, each vector with itself among them."""
        total = 0.0
        for start in range(0, len(self.units), BLOCK):
            rows = self.units[start : start + BLOCK]
            total += _kernel_sum(rows, rows) + 2 * _kernel_sum(rows, self.units[start + BLOCK :])
        return total / len(self.units) ** 2


class CMMD(Comparison):
    """CMMD of a set from a reference, 0 for equal sets.

    ``1000 · (mean k(x, x′) + mean k(y, y′) − 2 mean k(x, y))``, k(x, y) = exp(−|x − y|² / 2σ²), σ = 10, over
    features scaled to length 1. As in the published code this is the biased estimate of least variance: the
    means take in the pairs of a vector with itself, so that the value is never negative. In float64, block by
    block: the published code computes in float32, where the three means, all near 1, cancel to about 1e-4.
    Time grows with (n + m)²·d, less what the reference tells about itself, which is computed once.
    """

    def __init__(self, reference: Embeddings | Any) -> None:
        """``reference`` is features ``[m, d]``, or :class:`Embeddings` that several metrics may share."""
        if not isinstance(reference, Embeddings):
            reference = Embeddings.of(reference_rows("CMMD", reference))
        self.reference = reference
        super().__init__("CMMD", reference.units.shape[1])

    def compute(self) -> float:
        """The distance; raises ValueError where no image was added, and for a feature of length 0."""
        images = Embeddings.of(self.gathered())
        between = _kernel_sum(images.units, self.reference.units)
        between /= len(images.units) * len(self.reference.units)
        squared = images.kernel_mean + self.reference.kernel_mean - 2 * between
        # Rounding can take the distance of a set from itself below zero.
        return max(SCALE * squared, 0.0)


def _kernel_sum(left: FloatArray, right: FloatArray) -> float:
    """The kernel summed over all pairs of unit vectors, where |x − y|² is 2 − 2 x·y."""
    total = 0.0
    for i in range(0, len(left), BLOCK):
        for j in range(0, len(right), BLOCK):
            exponent = left[i : i + BLOCK] @ right[j : j + BLOCK].T
            exponent -= 1
            exponent /= SIGMA**2
            total += float(np.exp(exponent, out=exponent).sum())
    return total
