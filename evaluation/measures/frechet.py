"""The Fréchet distance between two sets of features, each taken as a Gaussian.

``d² = |m₁ − m₂|² + tr S₁ + tr S₂ − 2 tr (S₁ S₂)^½``; Dowson and Landau 1982, and Heusel et al., "GANs
trained by a two time-scale update rule converge to a local Nash equilibrium", 2017.

With roots R Rᵀ = S the last term is the nuclear norm of R₁ᵀ R₂. A set of fewer features than dimensions has
a small root at hand: its centred rows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

from .moments import FloatArray, Moments
from .rows import as_rows, as_rows_against, expect_images


class Statistics:
    """A set of features as a Gaussian: mean ``[d]``, sample covariance ``[d, d]``, float64.

    ``count`` is the number of features behind them, or None where a file doesn't say. Instead of the
    covariance there may be ``deviations`` A ``[n, d]`` with Aᵀ A = covariance, as :meth:`of` keeps them
    where n ≤ d.
    """

    def __init__(
        self,
        mean: FloatArray,
        covariance: FloatArray | None,
        count: int | None = None,
        *,
        deviations: FloatArray | None = None,
    ) -> None:
        if covariance is None and deviations is None:
            raise ValueError("statistics need a covariance, or the deviations that it is made of")
        self.mean = mean
        self.count = count
        self.deviations = deviations
        self._covariance = covariance

    @classmethod
    def of(cls, moments: Moments) -> Statistics:
        """The statistics of what was gathered; raises ValueError for fewer than two features."""
        deviations = moments.deviations()
        covariance = moments.covariance() if deviations is None else None
        assert moments.mean is not None
        return cls(moments.mean, covariance, moments.count, deviations=deviations)

    @classmethod
    def of_features(cls, features: Any) -> Statistics:
        """The statistics of features ``[n, d]`` that fit in memory."""
        rows = as_rows(features)
        moments = Moments()
        # Part by part: moments copy what they are given.
        height = max(rows.shape[1], 1024)
        for start in range(0, len(rows), height):
            moments.update(rows[start : start + height])
        return cls.of(moments)

    @property
    def dimension(self) -> int:
        return len(self.mean)

    @property
    def rank(self) -> int:
        """The largest rank the covariance can have."""
        return self.dimension if self.count is None else min(self.dimension, self.count - 1)

    @property
    def covariance(self) -> FloatArray:
        """The sample covariance ``[d, d]``."""
        if self._covariance is None:
            assert self.deviations is not None
            self._covariance = self.deviations.T @ self.deviations
        return self._covariance

    @property
    def trace(self) -> float:
        """The trace of the covariance: the summed variance."""
        if self.deviations is not None:
            return float(np.square(self.deviations).sum())
        return float(np.trace(self.covariance))

    @cached_property
    def cholesky(self) -> FloatArray | None:
        """The lower triangular root ``[d, d]``, or None where the covariance is singular."""
        if self.rank < self.dimension:
            return None
        try:
            factor: FloatArray = linalg.cholesky(self.covariance, lower=True)
        except linalg.LinAlgError:
            return None
        return factor

    @cached_property
    def root(self) -> FloatArray:
        """A matrix R ``[d, r]`` with R Rᵀ = covariance."""
        root: FloatArray
        if self.deviations is not None:
            root = self.deviations.T
            return root
        if self.cholesky is not None:
            return self.cholesky
        values, vectors = linalg.eigh(self.covariance, driver="evr")
        top = slice(self.dimension - self.rank, None)
        values, vectors = values[top], vectors[:, top]
        positive = values > 0
        root = vectors[:, positive] * np.sqrt(values[positive])
        return root


def frechet_distance(candidate: Statistics, reference: Statistics) -> float:
    """The (squared) Fréchet distance, at least 0, in squared units of the features.

    What is computed once for a reference (its root) serves every candidate. Raises ValueError for different
    dimensions.
    """
    if candidate.dimension != reference.dimension:
        raise ValueError(
            f"the images have features of dimension {candidate.dimension}, "
            f"the reference has statistics of dimension {reference.dimension}"
        )
    gap = candidate.mean - reference.mean
    rank = min(candidate.rank, reference.rank)
    if candidate.deviations is not None:
        shared = _nuclear_norm(candidate.deviations @ reference.root, rank)
    elif reference.deviations is not None:
        shared = _nuclear_norm(reference.deviations @ candidate.root, rank)
    else:
        shared = _roots_of_product(candidate, reference, rank)
    distance = float(gap @ gap) + candidate.trace + reference.trace - 2 * shared
    # Rounding can take the distance of a set from itself below zero.
    return max(distance, 0.0)


def _nuclear_norm(matrix: FloatArray, rank: int) -> float:
    """The sum of the singular values of a matrix of no more than that rank.

    The eigenvalues of the smaller of its two squares are found three times faster than singular values, but
    small ones lose half their digits; where there are such, the singular values are found after all.
    """
    square = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    values = _largest(linalg.eigvalsh(square, driver="evr"), rank)
    if not len(values):
        return 0.0
    if values[0] < 1e-10 * values[-1]:
        return float(linalg.svdvals(matrix).sum())
    return float(np.sqrt(values).sum())


def _roots_of_product(candidate: Statistics, reference: Statistics, rank: int) -> float:
    """The trace of (S₁ S₂)^½ of two covariances.

    With R Rᵀ = S₂, the eigenvalues of S₁ S₂ are those of the symmetric Rᵀ S₁ R, which LAPACK finds several
    times faster, and ten times more exactly, than those of the product.
    """
    if reference.cholesky is not None:
        # Symmetric, so its transpose is itself in the order of LAPACK, which saves a slow copy.
        product, _ = linalg.lapack.dsygst(candidate.covariance.T, reference.cholesky, itype=2, lower=1)
    else:
        product = reference.root.T @ candidate.covariance @ reference.root
    # Only the lower triangle is read.
    values = _largest(linalg.eigvalsh(product, driver="evr"), rank)
    return float(np.sqrt(np.clip(values, 0, None)).sum())


def _largest(ascending: npt.NDArray[Any], count: int) -> FloatArray:
    """Fewer images than features leave exact zeros, which come out as noise whose roots are not small."""
    values: FloatArray = ascending[max(0, len(ascending) - count) :]
    return values


class FrechetDistance:
    """Gathers features and gives their Fréchet distance from a reference: streams, splits, merges.

    ``reference`` is statistics, or features ``[m, d]`` that fit in memory.

    >>> metric = FrechetDistance(real)
    >>> for batch in batches:
    ...     metric.update(batch)
    >>> metric.compute()
    """

    def __init__(self, reference: Statistics | Any) -> None:
        given = isinstance(reference, Statistics)
        self.reference: Statistics = reference if given else Statistics.of_features(reference)
        self.moments = Moments()

    def update(self, features: Any) -> None:
        """Add features ``[n, d]``; raises ValueError for a dimension that isn't the reference's."""
        self.moments.update(as_rows_against(features, self.reference.dimension))

    def merge(self, other: FrechetDistance) -> None:
        """Add what another state has gathered against the same reference."""
        self.moments.merge(other.moments)

    def pack(self) -> npt.NDArray[Any]:
        """The state as one array, for :meth:`absorb`."""
        return self.moments.pack()

    def absorb(self, packed: npt.NDArray[Any]) -> None:
        """Add what another state against the same reference has packed."""
        self.moments.absorb(packed)

    def compute(self) -> float:
        """The distance; raises ValueError for fewer than two images."""
        expect_images("a Fréchet distance", self.moments.count, 2)
        return frechet_distance(Statistics.of(self.moments), self.reference)
