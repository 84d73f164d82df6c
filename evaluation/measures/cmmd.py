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
    def kernel_sums(self) -> FloatArray:
        """The kernel of each vector with all, itself among them, summed: ``[n]``."""
        sums = np.zeros(len(self.units))
        for start in range(0, len(self.units), BLOCK):
            part = slice(start, start + BLOCK)
            sums[part] += gaussian_kernel(self.units[part], self.units[part]).sum(axis=1)
            for other in range(start + BLOCK, len(self.units), BLOCK):
                values = gaussian_kernel(self.units[part], self.units[other : other + BLOCK])
                sums[part] += values.sum(axis=1)
                sums[other : other + BLOCK] += values.sum(axis=0)
        return sums

    @cached_property
    def kernel_mean(self) -> float:
        """The mean kernel over all ordered pairs, each vector with itself among them."""
        return float(self.kernel_sums.sum()) / len(self.units) ** 2

    def sums_with(self, others: Embeddings) -> FloatArray:
        """The kernel of each vector with all of ``others`` summed, ``[n]``."""
        sums = np.zeros(len(self.units))
        for start in range(0, len(self.units), BLOCK):
            part = slice(start, start + BLOCK)
            for other in range(0, len(others.units), BLOCK):
                sums[part] += gaussian_kernel(self.units[part], others.units[other : other + BLOCK]).sum(
                    axis=1
                )
        return sums


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
        return cmmd(images, images.sums_with(self.reference), self.reference)


def cmmd(images: Embeddings, between: FloatArray, reference: Embeddings) -> float:
    """CMMD of images from a reference; ``between`` is what :meth:`Embeddings.sums_with` gives for them."""
    across = float(between.sum()) / (len(images.units) * len(reference.units))
    squared = images.kernel_mean + reference.kernel_mean - 2 * across
    # Rounding can take the distance of a set from itself below zero.
    return max(SCALE * squared, 0.0)


def gaussian_kernel(left: FloatArray, right: FloatArray) -> FloatArray:
    """Between all pairs of unit vectors, where |x − y|² is 2 − 2 x·y."""
    exponent = left @ right.T
    exponent -= 1
    exponent /= SIGMA**2
    values: FloatArray = np.exp(exponent, out=exponent)
    return values
