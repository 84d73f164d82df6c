"""How sure a kernel distance is: what each picture adds to it, by the projection of its U-statistic.

Hoeffding, "A class of statistics with asymptotically normal distribution", 1948: to first order a member
adds ``2 (mean kernel with the others − mean kernel with the reference)``, less the mean of that. Others are
those of other units: the pictures of one prompt are alike, which says nothing of the distribution they come
from. The reference is taken as fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..measures.kernel_distance import (
    CALLED,
    KernelReference,
    kernel_distance,
    polynomial_kernel,
    sums_between,
    sums_within,
)
from ..measures.moments import FloatArray
from ..measures.rows import as_rows_against, expect_images
from .clusters import numbered
from .distance_estimate import distance_estimate
from .estimate import Estimate

METHOD = "U-statistic, clustered by unit"


class PairMeans:
    """The mean kernel of each member of a set with members of other units, ``[n]``, and over all such pairs.

    ``sums`` ``[n]`` are the kernels of each with all other members; ``sums_of`` gives the same for part of
    them, by their indices. Of a single unit, all other members count.
    """

    def __init__(
        self, sums: FloatArray, units: Sequence[str], sums_of: Callable[[npt.NDArray[np.intp]], FloatArray]
    ) -> None:
        count, numbers = len(sums), numbered(units)
        sizes = np.bincount(numbers)
        own, size = np.zeros(count), np.ones(count, dtype=np.intp)
        if len(sizes) > 1:
            order = np.argsort(numbers, kind="stable")
            for members in np.split(order, np.cumsum(sizes)[:-1]):
                size[members] = len(members)
                if len(members) > 1:
                    own[members] = sums_of(members)
        self.repeated = bool((size > 1).any())
        self.each: FloatArray = (sums - own) / (count - size)
        self.mean = float((sums - own).sum()) / float((count - size).sum())

    def influence(self, across: FloatArray) -> FloatArray:
        """ψ ``[n]``, by the mean kernel of each member with the reference ``[n]``."""
        projection = self.each - across
        centred: FloatArray = 2 / len(projection) * (projection - projection.mean())
        return centred


def kernel_estimate(
    rows: Any, units: Sequence[str], reference: KernelReference, *, crossed: Sequence[str] = ()
) -> Estimate:
    """The kernel distance of features ``[n, d]`` from a reference, and how sure it is.

    ``units`` are the labels ``[n]`` of what was drawn independently, such as prompts. Where units have
    several members, ``corrected`` is the distance over pairs of different units, which alone has no bias,
    and the interval is about it. ``p_equal`` is there where the set may well be like the reference. Raises
    ValueError for fewer than two rows, another dimension than the reference's, and NaN.
    """
    rows = as_rows_against(rows, reference.dimension)
    expect_images(CALLED, len(rows), 2)
    within, between = sums_within(rows), sums_between(rows, reference)
    value = kernel_distance(within, between, reference)
    across = between / len(reference.rows)
    pairs = PairMeans(within, units, lambda members: sums_within(rows[members]))

    def centred(members: npt.NDArray[np.intp]) -> FloatArray:
        kernel = polynomial_kernel(rows[members], rows[members])
        kernel -= across[members, None]
        kernel -= across[members]
        kernel += reference.within
        return kernel

    unbiased = pairs.mean + reference.within - 2 * float(across.mean())
    return distance_estimate(
        value,
        pairs.influence(across),
        units,
        method=METHOD,
        crossed=crossed,
        corrected=unbiased if pairs.repeated else None,
        chance=0.0,
        kernel=centred,
        reference_count=len(reference.rows),
    )
