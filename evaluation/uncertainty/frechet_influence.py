"""How sure a Fréchet distance is: what each picture adds to it, by the infinitesimal jackknife.

With T = R (Rᵀ S R)^(−½) Rᵀ, where R Rᵀ is the reference's covariance and S the set's, a member δ = x − m
moves the distance by

    2 (m − m_ref)·δ + δᵀ (I − T) δ

less its mean: the derivative of the distance by the member's weight. Jaeckel, "The infinitesimal jackknife",
1972. The reference is taken as fixed, unless it is of the set's own units: then its pictures have an
influence too, by the same formula with the sides exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

from ..measures.frechet import Statistics, frechet_distance
from ..measures.moments import FloatArray
from ..measures.rows import as_rows_against, expect_images
from ..references.feature_sets import FeatureSet
from .clusters import ROUNDING, numbered
from .distance_estimate import distance_estimate
from .estimate import Estimate
from .half_split import half_split
from .moment_kernel import moment_kernel
from .shared_units import Kernel, SharedUnits

METHOD = "infinitesimal jackknife, clustered by unit; interval about the half-split estimate"
#: Below so many pictures a dimension too much is left of the bias for an interval to cover the limit.
PER_DIMENSION = 4
NO_HALVES = "too few pictures or units to halve, so the bias of the distance at this size isn't known"
#: Rows met at a time.
BLOCK = 1024


def frechet_influence(rows: npt.NDArray[Any], candidate: Statistics, reference: Statistics) -> FloatArray:
    """ψ ``[n]`` of rows ``[n, d]`` on their distance from a reference; ``candidate`` are their statistics.

    By how much the distance would fall without a row, to first order. Sums to 0. Exact for n ≤ d and for a
    singular reference too, where only what both span is rooted.
    """
    count, dimension = rows.shape
    gap = candidate.mean - reference.mean
    spread, shift = np.empty(count), np.empty(count)
    if count <= dimension:
        centred = rows - candidate.mean
        shift = centred @ gap
        # δᵀ T δ over all rows is the diagonal of a root of n rows: no more than they span is rooted.
        spread = np.square(centred).sum(axis=1)
        spread -= _rooted(centred @ reference.root / sqrt(count - 1)) * (count - 1)
    else:
        root = _inverse_root(reference.root.T @ candidate.covariance @ reference.root)
        factor = reference.root @ root
        for start in range(0, count, BLOCK):
            part = slice(start, start + BLOCK)
            centred = rows[part] - candidate.mean
            shift[part] = centred @ gap
            spread[part] = np.square(centred).sum(axis=1) - np.square(centred @ factor).sum(axis=1)
    # Covariances are divided by n − 1.
    influence: FloatArray = 2 * shift / count + spread / (count - 1)
    influence -= influence.mean()
    return influence


def frechet_estimate(
    rows: Any,
    units: Sequence[str],
    statistics: Statistics,
    *,
    crossed: Sequence[str] = (),
    candidate: Statistics | None = None,
    drawn: FeatureSet | None = None,
) -> Estimate:
    """The Fréchet distance of features ``[n, d]`` from a reference, and how sure it is.

    ``units`` are the labels ``[n]`` of what was drawn independently, such as prompts. ``corrected`` is the
    half-split estimate. The interval about it is for the distance that ever more units would tend to; below
    four pictures a dimension there is none, and it takes more where pictures of a unit are alike. The
    standard error is that of the value, at every size: in simulations with fewer pictures than features it
    was 0.83 to 1.45 times the true one. ``p_equal`` is there where the set may well be like the reference.
    ``candidate`` may give the statistics of the rows where they are known, and ``drawn`` the reference's
    features with their units: of :class:`~.shared_units.SharedUnits` each half is compared with the
    reference's half of the same units. Raises ValueError for fewer than two rows, another dimension than the
    reference's, and NaN.
    """
    rows = as_rows_against(rows, statistics.dimension)
    expect_images("a Fréchet distance", len(rows), 2)
    candidate = candidate or Statistics.of_features(rows)
    value = frechet_distance(candidate, statistics)
    influence = frechet_influence(rows, candidate, statistics)
    shared = SharedUnits.of(units, drawn)

    def distance(part: npt.NDArray[Any], real: npt.NDArray[Any] | None = None) -> float:
        other = statistics if real is None else Statistics.of_features(real)
        return frechet_distance(Statistics.of_features(part), other)

    kernel: Kernel = lambda members: moment_kernel(rows[members], statistics)  # noqa: E731
    withheld = _why_no_interval(rows, units, candidate)
    if shared is not None:
        real = shared.drawn
        influence = shared.influence(influence, frechet_influence(real.rows, statistics, candidate))
        if np.abs(influence).max() < ROUNDING * statistics.trace / len(rows):
            influence = np.zeros(len(rows))  # the set is its reference
        # The reference's own error is on both sides alike.
        seen = Statistics(statistics.mean, statistics.covariance)
        kernel = shared.compared(rows, real.rows, lambda pictures, _: moment_kernel(pictures, seen))
        withheld = withheld or _why_no_interval(real.rows, real.units, statistics, "real pictures")
    corrected = half_split(rows, units, value, distance, drawn if shared is not None else None)
    bias = 0.0 if corrected is None or shared is not None else value - corrected
    return distance_estimate(
        value,
        influence,
        units,
        method=METHOD,
        crossed=crossed,
        corrected=corrected,
        # The bias falls with the number of pictures, and the reference has its own.
        chance=bias * len(rows) / statistics.count if statistics.count else 0.0,
        kernel=kernel,
        reference_count=statistics.count,
        shared=shared,
        least=0.0,
        withheld=withheld if corrected is not None else NO_HALVES,
    )


def alikeness(rows: npt.NDArray[Any], units: Sequence[str], mean: FloatArray) -> float:
    """How many pictures tell as much of a covariance as one that is independent: 1 or more.

    ``mean`` is that of the rows ``[n, d]``. The share of the variance that lies between units, ρ, makes it
    ``1 + (s − 1) ρ²`` for units of s pictures.
    """
    numbers = numbered(units)
    sizes = np.bincount(numbers)
    count, groups = len(rows), len(sizes)
    if groups in (1, count):
        return 1.0
    sums = np.zeros((groups, rows.shape[1]))
    total = 0.0
    for start in range(0, count, BLOCK):
        part = slice(start, start + BLOCK)
        centred = rows[part] - mean
        np.add.at(sums, numbers[part], centred)
        total += float(np.square(centred).sum())
    if total == 0:
        return 1.0
    of_the_mean = float(np.square(sums).sum()) * groups / (groups - 1) / (total * count / (count - 1))
    return 1.0 + max(0.0, of_the_mean - 1) ** 2 / (float(sizes @ sizes) / count - 1)


def _why_no_interval(
    rows: npt.NDArray[Any], units: Sequence[str], candidate: Statistics, called: str = "pictures"
) -> str:
    """Why an interval wouldn't cover the limit; nothing where it would."""
    count, dimension = rows.shape
    alike = alikeness(rows, units, candidate.mean)
    needed = ceil(PER_DIMENSION * dimension * alike)
    if count >= needed:
        return ""
    lead = f"{count:,} {called} for {dimension:,} features: an interval takes {needed:,}"
    if needed > PER_DIMENSION * dimension:
        lead += " where pictures of a unit are as alike as these"
    return f"{lead}; lead with kid"


def _rooted(product: FloatArray) -> FloatArray:
    """The diagonal ``[n]`` of (B Bᵀ)^½ for B ``[n, r]``, by the smaller of its two squares."""
    if product.shape[0] > product.shape[1]:
        few: FloatArray = np.square(product @ _inverse_root(product.T @ product)).sum(axis=1)
        return few
    values, vectors = _positive(product @ product.T)
    diagonal: FloatArray = np.square(vectors) @ np.sqrt(values)
    return diagonal


def _inverse_root(square: FloatArray) -> FloatArray:
    """A matrix Q with Q Qᵀ the inverse root of a symmetric matrix, where it has one."""
    values, vectors = _positive(square)
    root: FloatArray = vectors * values**-0.25
    return root


def _positive(square: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The eigenvalues of a symmetric matrix that are more than rounding, with their vectors."""
    values, vectors = linalg.eigh(square, driver="evr")
    kept = values > values.max(initial=0.0) * len(values) * np.finfo(np.float64).eps
    return values[kept], vectors[:, kept]
