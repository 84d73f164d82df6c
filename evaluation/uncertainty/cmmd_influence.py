"""How sure a CMMD is: what each picture adds to it, by the projection of its statistic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..measures.cmmd import SCALE, Embeddings, cmmd, gaussian_kernel
from ..measures.moments import FloatArray
from ..measures.rows import as_rows_against, expect_images
from ..references.feature_sets import FeatureSet
from .clusters import clustered_estimate
from .distance_estimate import distance_estimate
from .estimate import Estimate
from .kernel_influence import PairMeans, SharedPairs
from .shared_units import SharedUnits, given

METHOD = "V-statistic, clustered by unit; interval about its unbiased form"


def cmmd_estimate(
    rows: Any,
    units: Sequence[str],
    reference: Embeddings,
    *,
    crossed: Sequence[str] = (),
    drawn: FeatureSet | None = None,
) -> Estimate:
    """The CMMD of features ``[n, d]`` from a reference, and how sure it is.

    ``units`` are the labels ``[n]`` of what was drawn independently, such as prompts. CMMD counts the pairs
    of a picture with itself, so that it is too large by about ``1000 (1 − mean kernel) / n``; ``corrected``
    counts pairs of different units only, may fall below 0, and has the interval about it. ``p_equal`` is
    there where the set may well be like the reference. With ``drawn``, the reference's features with their
    units, see :class:`~.shared_units.SharedUnits`. Raises ValueError for no rows, another dimension than the
    reference's, NaN, and a feature of length 0.
    """
    rows = as_rows_against(rows, reference.units.shape[1])
    expect_images("CMMD", len(rows), 1)
    images = Embeddings.of(rows)
    between = images.sums_with(reference)
    value = cmmd(images, between, reference)
    if len(rows) == 1:
        told = given(crossed, None)
        return clustered_estimate(value, np.zeros(1), units, method=METHOD, conditional_on=told)
    count = len(reference.units)
    estimate = partial(
        distance_estimate,
        value,
        units=units,
        method=METHOD,
        crossed=crossed,
        reference_count=count,
        least=0.0,
    )
    shared = SharedUnits.of(units, drawn)
    if shared is not None:
        sums = images.kernel_sums - 1, between, reference.sums_with(images), reference.kernel_sums - 1
        both = SharedPairs(images.units, reference.units, gaussian_kernel, sums, shared)
        return estimate(
            influence=SCALE * both.influence,
            corrected=SCALE * both.distance,
            chance=0.0,
            kernel=both.compared,
            shared=shared,
        )
    across = between / count
    pairs = PairMeans(
        images.kernel_sums - 1, units, lambda members, _: Embeddings(images.units[members]).kernel_sums - 1
    )
    # Over pairs of different pictures of the reference, where it has any.
    within = (reference.kernel_mean * count - 1) / (count - 1) if count > 1 else reference.kernel_mean

    def centred(members: npt.NDArray[np.intp]) -> FloatArray:
        kernel = gaussian_kernel(images.units[members], images.units[members])
        kernel -= across[members, None]
        kernel -= across[members]
        kernel += within
        return kernel

    return estimate(
        influence=SCALE * pairs.influence(across),
        corrected=SCALE * (pairs.mean + reference.kernel_mean - 2 * float(across.mean())),
        chance=SCALE * (reference.kernel_mean - within),
        kernel=centred,
    )
