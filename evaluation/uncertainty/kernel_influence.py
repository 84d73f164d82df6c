"""How sure a kernel distance is: what each picture adds to it, by the projection of its U-statistic.

Hoeffding, "A class of statistics with asymptotically normal distribution", 1948: to first order a member
adds ``2 (mean kernel with the others − mean kernel with the reference)``, less the mean of that. Others are
those of other units: the pictures of one prompt are alike, which says nothing of the distribution they come
from. The reference is taken as fixed, unless it is of the set's own units: then its pictures add to the error
too, and pairs of one unit are left out of all three means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
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
from ..references.feature_sets import FeatureSet
from .clusters import numbered
from .distance_estimate import distance_estimate
from .estimate import Estimate
from .shared_units import SharedUnits

METHOD = "U-statistic, clustered by unit"


#: The sums of a kernel between some members and the others of the same unit, by the indices of both.
OwnSums = Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], FloatArray]


class PairMeans:
    """The mean kernel of each member of a set with members of other units, ``[n]``, and over all such pairs.

    ``sums`` ``[n]`` are the kernels of each with all other members, or with those of another set, whose units
    are ``among``; ``own_sums`` gives the same for those of one unit. In a set of a single unit, all other
    members count.
    """

    def __init__(
        self, sums: FloatArray, units: Sequence[str], own_sums: OwnSums, among: Sequence[str] | None = None
    ) -> None:
        within = among is None
        others = units if among is None else among
        numbers = numbered([*units, *others])
        mine, theirs = _by_unit(numbers[: len(units)]), _by_unit(numbers[len(units) :])
        own, size = np.zeros(len(sums)), np.full(len(sums), int(within))
        for unit, members in mine.items() if not within or len(mine) > 1 else ():
            same = theirs.get(unit)
            if same is not None and (len(same) > 1 or not within):
                own[members] = own_sums(members, same)
                size[members] = len(same)
        self.repeated = bool((size > 1).any())
        self.each: FloatArray = (sums - own) / (len(others) - size)
        self.mean = float((sums - own).sum()) / float((len(others) - size).sum())

    def influence(self, across: FloatArray) -> FloatArray:
        """ψ ``[n]``, by the mean kernel of each member with the reference ``[n]``."""
        projection = self.each - across
        centred: FloatArray = 2 / len(projection) * (projection - projection.mean())
        return centred


class SharedPairs:
    """A kernel distance over pairs of different units, of a set and a reference that share some.

    ``sums`` are those of the set with itself, of the set with the reference, of the reference with the set,
    and of the reference with itself, without the pairs of a picture with itself.
    """

    def __init__(
        self,
        rows: Any,
        real: Any,
        kernel: Callable[[Any, Any], FloatArray],
        sums: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
        shared: SharedUnits,
    ) -> None:
        def inside(rows: Any) -> OwnSums:
            def own(members: npt.NDArray[np.intp], _: npt.NDArray[np.intp]) -> FloatArray:
                values = kernel(rows[members], rows[members])
                total: FloatArray = values.sum(axis=1) - np.diagonal(values)
                return total

            return own

        def across(left: Any, right: Any) -> OwnSums:
            return lambda members, others: kernel(left[members], right[others]).sum(axis=1)

        units, real_units = shared.units, shared.drawn.units
        inner = PairMeans(sums[0], units, inside(rows))
        outward = PairMeans(sums[1], units, across(rows, real), real_units)
        inward = PairMeans(sums[2], real_units, across(real, rows), units)
        real_inner = PairMeans(sums[3], real_units, inside(real))
        self.distance = inner.mean + real_inner.mean - 2 * outward.mean
        self.influence = shared.influence(inner.influence(outward.each), real_inner.influence(inward.each))
        self.compared = shared.compared(rows, real, kernel)


def kernel_estimate(
    rows: Any,
    units: Sequence[str],
    reference: KernelReference,
    *,
    crossed: Sequence[str] = (),
    drawn: FeatureSet | None = None,
) -> Estimate:
    """The kernel distance of features ``[n, d]`` from a reference, and how sure it is.

    ``units`` are the labels ``[n]`` of what was drawn independently, such as prompts. Where units have
    several members, ``corrected`` is the distance over pairs of different units, which alone has no bias,
    and the interval is about it. ``p_equal`` is there where the set may well be like the reference. With
    ``drawn``, the reference's features with their units, see :class:`~.shared_units.SharedUnits`. Raises
    ValueError for fewer than two rows, another dimension than the reference's, and NaN.
    """
    rows = as_rows_against(rows, reference.dimension)
    expect_images(CALLED, len(rows), 2)
    within, between = sums_within(rows), sums_between(rows, reference)
    value = kernel_distance(within, between, reference)
    estimate = partial(
        distance_estimate,
        value,
        units=units,
        method=METHOD,
        crossed=crossed,
        chance=0.0,
        reference_count=len(reference.rows),
    )
    shared = SharedUnits.of(units, drawn)
    if shared is not None:
        inward = sums_between(reference.rows, KernelReference(rows))
        sums = within, between, inward, reference.sums
        both = SharedPairs(rows, reference.rows, polynomial_kernel, sums, shared)
        return estimate(
            influence=both.influence, corrected=both.distance, kernel=both.compared, shared=shared
        )
    across = between / len(reference.rows)
    pairs = PairMeans(within, units, lambda members, _: sums_within(rows[members]))

    def centred(members: npt.NDArray[np.intp]) -> FloatArray:
        kernel = polynomial_kernel(rows[members], rows[members])
        kernel -= across[members, None]
        kernel -= across[members]
        kernel += reference.within
        return kernel

    unbiased = pairs.mean + reference.within - 2 * float(across.mean())
    return estimate(
        influence=pairs.influence(across), corrected=unbiased if pairs.repeated else None, kernel=centred
    )


def _by_unit(numbers: npt.NDArray[np.intp]) -> dict[int, npt.NDArray[np.intp]]:
    """The indices of the members of each unit."""
    order = np.argsort(numbers, kind="stable")
    found, starts = np.unique(numbers[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True))
