"""The Vendi score: how many different images a set is worth.

Friedman and Dieng, "The Vendi Score: A Diversity Evaluation Metric for Machine Learning", 2022; orders other
than 1: Pasarkar and Dieng, "Cousins of the Vendi Score", 2023.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

from .moments import FloatArray, unit_rows
from .rows import expect_images, expect_joinable


class Vendi:
    """The exponential of the Rényi entropy of the eigenvalues of K / n, K the cosines of all pairs.

    From 1, where all images look alike, to n, where no two have anything in common, or to the dimension d of
    the features, if that is less. The higher the ``order``, the more common images count: order 1 is the
    Shannon entropy, 2 is one over the mean squared cosine, infinity sees the largest eigenvalue alone, and 0
    counts the eigenvalues that aren't 0.

    K / n has the eigenvalues of the second moment ``Σ x xᵀ / n`` of the unit vectors, and that is all that
    is kept once there are more of them than dimensions: at most 8·d² bytes.
    """

    def __init__(self, order: float = 1.0) -> None:
        if not order >= 0:
            raise ValueError(f"the order of a Vendi score is 0 or more, got {order}")
        self.order = order
        self.count = 0
        #: Unit vectors ``[n, d]`` while n ≤ d, afterwards their summed outer products ``[d, d]``.
        self._state: FloatArray | None = None

    def update(self, features: Any) -> None:
        """Add features ``[n, d]``; raises ValueError for another ``d``, NaN, or a vector of length 0."""
        rows = unit_rows(features)
        if len(rows):
            self._add(len(rows), rows if len(rows) <= rows.shape[1] else rows.T @ rows)

    def merge(self, other: Vendi) -> None:
        """Add what another state has gathered; ``other`` stays as it is."""
        if other._state is not None:
            self._add(other.count, other._state)

    def pack(self) -> FloatArray:
        """The state as one array, whose first row begins with the count; ``[0, 0]`` without images."""
        if self._state is None:
            return np.empty((0, 0))
        header = np.zeros((1, self._state.shape[1]))
        header[0, 0] = self.count
        return np.concatenate([header, self._state])

    def absorb(self, packed: FloatArray) -> None:
        """Add what another set has packed."""
        if len(packed):
            self._add(round(packed[0, 0]), packed[1:])

    def compute(self) -> float:
        """The score; raises ValueError where no image was added."""
        expect_images("a Vendi score", self.count, 1)
        state = self._state
        assert state is not None
        # Of either form the smaller square matrix, whose eigenvalues are those of K but for zeros.
        square = state @ state.T if self.count <= state.shape[1] else state
        return vendi_score(linalg.eigvalsh(square / self.count, driver="evr"), self.order)

    def _add(self, count: int, state: FloatArray) -> None:
        if self._state is None:
            self.count, self._state = count, state.copy()
            return
        dimension = self._state.shape[1]
        expect_joinable(state.shape[1], dimension)
        if self.count + count <= dimension:
            self._state = np.concatenate([self._state, state])
        else:
            self._state = _products(self._state, self.count) + _products(state, count)
        self.count += count


def _products(state: FloatArray, count: int) -> FloatArray:
    return state.T @ state if count <= state.shape[1] else state


def vendi_score(eigenvalues: FloatArray, order: float = 1.0) -> float:
    """The exponential of the Rényi entropy of eigenvalues that sum to 1."""
    shares = eigenvalues[eigenvalues_that_count(eigenvalues)]
    if order == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    if math.isinf(order):
        return float(1 / shares.max())
    # In logarithms, since high powers of small shares are below the smallest number.
    return float(np.exp(np.logaddexp.reduce(order * np.log(shares)) / (1 - order)))


def eigenvalues_that_count(eigenvalues: FloatArray) -> npt.NDArray[np.bool_]:
    """Which are more than rounding leaves of zeros, of which low orders would make much."""
    least = len(eigenvalues) * float(np.finfo(np.float64).eps) * float(eigenvalues.max())
    return eigenvalues > least
