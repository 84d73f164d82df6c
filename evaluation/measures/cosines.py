"""Which feature of a set points most nearly the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .moments import FloatArray, unit_rows
from .rows import as_rows_against

if TYPE_CHECKING:
    from ..references.feature_sets import FeatureSet

#: Cosines held at a time, at most: 64 MB of float32.
BLOCK = 1 << 24
#: More than float32 errs by in a cosine: who comes that near to the nearest is looked at again.
SLACK = 1e-5


def nearest_by_cosine(
    features: Any, among: FeatureSet, block: int = BLOCK
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """The largest cosine of each feature ``[n, d]`` with a row of ``among``, and that row: ``[n]`` each.

    Of equal cosines the first row wins. A product of matrices in float32 finds the few rows that come into
    question, and their cosines are computed again in float64, each by itself, so that neither batches nor the
    order of a sum decide. Raises ValueError for another dimension, for NaN, and for vectors of length 0.
    """
    rows = unit_rows(as_rows_against(features, among.dimension))
    if not among.lengths.all():
        raise ValueError("the reference holds a feature vector of length 0, which has no direction")
    cosines = np.empty(len(rows))
    places = np.empty(len(rows), dtype=np.intp)
    step = max(1, block // len(among))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        rough = part.astype(np.float32) @ among.rows.T / among.lengths
        near = rough >= rough.max(axis=1, keepdims=True) - SLACK
        for at, row in enumerate(part):
            candidates = np.flatnonzero(near[at])
            exact = (unit_rows(among.rows[candidates]) * row).sum(axis=1)
            best = int(exact.argmax())
            cosines[start + at], places[start + at] = min(exact[best], 1.0), candidates[best]
    return cosines, places
