"""Authenticity: the share of images that are more than variations of single real ones.

Alaa et al., "How Faithful is your Synthetic Data? Sample-level Metrics for Evaluating and Auditing Generative
Models", 2022.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .comparison import Comparison
from .distance_bounds import Indices, squared_distances
from .moments import FloatArray
from .neighbours import PointSet, bounds_between


class Authenticity(Comparison):
    """The share of images farther from their nearest real image than that one is from its nearest real one.

    From 0 to 1. Copies and near copies of training images aren't authentic, nor are images where real ones
    are sparse and far from each other. As Stein et al. compute it ("Exposing flaws of generative model
    evaluation metrics", 2023), but not in percent. Of equally near real images the first counts.

    Distances are Euclidean and exact, so neither batches nor order change the value. Time grows with n·m·d.
    """

    def __init__(self, reference: PointSet | Any) -> None:
        """``reference`` is features ``[m, d]``, or a :class:`PointSet` that several metrics may share.

        Raises ValueError for fewer than two of them.
        """
        self.reference = PointSet.of_reference("authenticity", reference, 1)
        super().__init__("authenticity", self.reference.dimension)

    def compute(self) -> float:
        """The share; raises ValueError where no image was added."""
        authentic = self.authentic()
        return int(authentic.sum()) / len(authentic)

    def authentic(self) -> npt.NDArray[np.bool_]:
        """Whether each image is, ``[n]`` in the order they came in."""
        images = PointSet.of(self.gathered())
        nearest, distances = nearest_of(images, self.reference)
        found: npt.NDArray[np.bool_] = distances > self.reference.squared_radii(1)[nearest]
        return found[images.places]


def nearest_of(points: PointSet, among: PointSet) -> tuple[Indices, FloatArray]:
    """For each of some rows the index of the nearest of others, ``[n]``, and its squared distance ``[n]``.

    Of equally near ones the first.
    """
    nearest = np.zeros(len(points.rows), np.intp)
    distances = np.full(len(points.rows), np.inf)
    for rows, columns, bounds in bounds_between(points, among):
        left, right = points.rows[rows], among.rows[columns]
        guess = bounds.lower.argmin(axis=1)
        reach = squared_distances(left, right, np.arange(len(guess)), guess)
        i, j = bounds.within(np.minimum(reach, distances[rows])[:, None], closed=True)
        exact = squared_distances(left, right, i, j)
        order = np.lexsort((j, exact, i))
        i, first = np.unique(i[order], return_index=True)
        j, exact = j[order][first], exact[order][first]
        nearer = exact < distances[rows][i]
        nearest[rows.start + i[nearer]] = columns.start + j[nearer]
        distances[rows.start + i[nearer]] = exact[nearer]
    return nearest, distances
