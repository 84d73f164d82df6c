"""Density and coverage: precision and recall that one outlier doesn't fool.

Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .comparison import Comparison
from .distance_bounds import Indices
from .neighbours import PointSet, bounds_between
from .results import Density


class Crowds(NamedTuple):
    """In how many balls each image lies, ``[n]`` in the order they came in; which units are in a ball.

    ``first`` and ``last`` ``[m]`` are the least and the largest number of the units that have an image in
    each; ``last`` is −1 where the ball is empty.
    """

    balls: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]


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
        return self.of_crowds(self.crowds(np.arange(self.rows.count)))

    def of_crowds(self, crowds: Crowds) -> Density:
        """Density and coverage by what was counted."""
        balls = int(crowds.balls.sum())
        covered = self.reference.share(crowds.last >= 0)
        return Density(balls / (self.k * len(crowds.balls)), covered)

    def crowds(self, units: Indices) -> Crowds:
        """How images crowd, and which of the units, numbers ``[n]`` of the images, are in each ball."""
        images, reference = PointSet.of(self.gathered()), self.reference
        radii = reference.squared_radii(self.k)
        balls = np.zeros(len(images.rows), np.int64)
        nobody = len(units)
        first, last = np.full(len(reference.rows), nobody), np.full(len(reference.rows), -1)
        # Equal images are one row here, of as many units as they have.
        least, most = np.full(len(images.rows), nobody), np.full(len(images.rows), -1)
        np.minimum.at(least, images.places, units)
        np.maximum.at(most, images.places, units)
        for rows, columns, bounds in bounds_between(images, reference):
            i, j = bounds.within(radii[None, columns], closed=False)
            counted = np.bincount(i, reference.counts[columns][j], minlength=rows.stop - rows.start)
            balls[rows] += counted.astype(np.int64)
            np.minimum.at(first, columns.start + j, least[rows][i])
            np.maximum.at(last, columns.start + j, most[rows][i])
        return Crowds(balls[images.places], first, last)
