"""Improved precision and recall: does a set stay where real images are, and does it get everywhere they are.

Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .comparison import Comparison
from .neighbours import PointSet, bounds_between
from .results import Precision


class Alike(NamedTuple):
    """Whether each image lies within the reference's manifold, ``[n]`` in the order they came in.

    Whether each different row of the reference lies within the images', ``[m]``.
    """

    precise: npt.NDArray[np.bool_]
    recalled: npt.NDArray[np.bool_]


class PrecisionRecall(Comparison):
    """The share of images within the reference's manifold, and of the reference within the images'.

    A manifold is the union of balls around all members of a set, each of which reaches to the member's k-th
    nearest neighbour in that set, its surface included. Distances are Euclidean and exact, so neither batches
    nor order change the value. Sets of different sizes don't compare. Time grows with n·m·d.

    >>> metric = PrecisionRecall(real)
    >>> for batch in batches:
    ...     metric.update(batch)
    >>> precision, recall = metric.compute()
    """

    def __init__(self, reference: PointSet | Any, k: int = 3) -> None:
        """``reference`` is features ``[m, d]``, or a :class:`PointSet` that several metrics may share.

        Raises ValueError for fewer than k + 1 of them.
        """
        self.k = k
        self.reference = PointSet.of_reference("precision-recall", reference, k)
        super().__init__("precision-recall", self.reference.dimension, k + 1)

    def compute(self) -> Precision:
        """Precision and recall; raises ValueError for fewer than k + 1 images."""
        alike = self.alike()
        return Precision(int(alike.precise.sum()) / len(alike.precise), self.reference.share(alike.recalled))

    def alike(self) -> Alike:
        """Which images and which real images have their like."""
        images, reference = PointSet.of(self.gathered()), self.reference
        radii_of_images = images.squared_radii(self.k)
        radii_of_reference = reference.squared_radii(self.k)
        precise = np.zeros(len(images.rows), bool)
        recalled = np.zeros(len(reference.rows), bool)
        for rows, columns, bounds in bounds_between(images, reference):
            inside, _ = bounds.within(radii_of_reference[None, columns], closed=True)
            precise[rows.start + inside] = True
            _, inside = bounds.within(radii_of_images[rows, None], closed=True)
            recalled[columns.start + inside] = True
        return Alike(precise[images.places], recalled)
