"""Density and coverage: precision and recall that one outlier doesn't fool.

Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .comparison import Comparison
from .neighbours import PointSet, bounds_between
from .results import Density


class DensityCoverage(Comparison):
    """How many balls around real images an image lies in, and how many of those balls hold an image.

    A ball reaches from a real image to its k-th nearest neighbour among the real ones. Density is the mean
    number of balls that an image lies in, over k; coverage the share of balls that hold an image. As in the
    authors' code, the surface is no part of a ball, which makes the density of the reference itself 1. So
    where more than k real images are equal, their balls hold nothing.

    Distances are Euclidean and exact, so neither batches nor order change the value. Time grows with n·m·d.
    """

    def __init__(self, reference: PointSet | Any, k: int = 5) -> None:
        """``reference`` is features ``[m, d]``, or a :class:`PointSet` that several metrics may share.

        Raises ValueError for fewer than k + 1 of them.
        """
        self.k = k
        self.reference = PointSet.of_reference("density-coverage", reference, k)
        super().__init__("density-coverage", self.reference.dimension)

    def compute(self) -> Density:
        """Density and coverage; raises ValueError where no image was added."""
        images, reference = PointSet.of(self.gathered()), self.reference
        radii = reference.squared_radii(self.k)
        balls = 0
        covered = np.zeros(len(reference.rows), bool)
        for rows, columns, bounds in bounds_between(images, reference):
            i, j = bounds.within(radii[None, columns], closed=False)
            balls += int((images.counts[rows][i] * reference.counts[columns][j]).sum())
            covered[columns.start + j] = True
        return Density(balls / (self.k * images.total), reference.share(covered))
