"""The nearest neighbours of points, found among lower bounds of their distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .distance_bounds import Indices, Placed, Points, squared_distances, true_places
from .moments import FloatArray

#: Of so many bounds only the smallest is looked at first.
GROUP = 16


@dataclass(frozen=True, eq=False)
class Candidates:
    """For each of some points the smallest lower bounds met so far, ``[n, w]``, and whose they are.

    Where fewer than w were met, the rest are infinite.
    """

    bounds: Points
    others: Indices

    @classmethod
    def none(cls, count: int, width: int, dtype: npt.DTypeLike) -> Candidates:
        """No candidates yet, for ``count`` points."""
        return cls(np.full((count, width), np.inf, dtype), np.zeros((count, width), np.intp))

    def __getitem__(self, points: Indices) -> Candidates:
        return Candidates(self.bounds[points], self.others[points])

    def offer(self, points: slice, first: int, lower: Points) -> None:
        """Bounds ``[p, m]`` of the distances of some points from those numbered ``first`` and on."""
        width = self.bounds.shape[1]
        limit = np.minimum(self.bounds[points].max(axis=1), _limit(lower, width))
        i, j = true_places(lower <= limit[:, None])
        if not len(i):
            return
        met = np.bincount(i, minlength=len(lower))
        order = np.argsort(i, kind="stable")
        i, j = i[order], j[order]
        place = width + np.arange(len(i)) - (np.cumsum(met) - met)[i]
        bounds = np.full((len(lower), width + int(met.max())), np.inf, lower.dtype)
        others = np.zeros(bounds.shape, np.intp)
        bounds[:, :width], others[:, :width] = self.bounds[points], self.others[points]
        bounds[i, place], others[i, place] = lower[i, j], first + j
        kept = np.argpartition(bounds, width - 1, axis=1)[:, :width]
        self.bounds[points] = np.take_along_axis(bounds, kept, axis=1)
        self.others[points] = np.take_along_axis(others, kept, axis=1)

    def squared_distances(
        self, asked: Indices, placed: Placed, counts: npt.NDArray[np.int64], ranks: npt.NDArray[np.int64]
    ) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """The exact squared distance of each point from its neighbour of a rank ``[n]``, and if it is proven.

        ``asked`` are the points' numbers; ``counts`` says how often each of all points occurs. Unproven ones
        may have neighbours nearer than the candidates.
        """
        met = np.isfinite(self.bounds)
        weights = np.where(met, counts[self.others], 0)
        lower = self.bounds.astype(np.float64)
        upper = lower + placed.frame.slack(placed.squares[asked, None], placed.squares[self.others])
        # The one that is asked for lies between these; who is nearer for sure need only be counted.
        least, most = ranked(lower, weights, ranks), ranked(upper, weights, ranks)
        open_ = met & (upper >= least[:, None]) & (lower <= most[:, None])
        exact = np.where(upper < least[:, None], -1.0, np.inf)
        i, place = np.nonzero(open_)
        exact[i, place] = squared_distances(placed.rows, placed.rows, asked[i], self.others[i, place])
        everyone = self.bounds.shape[1] >= len(placed.rows) - 1
        return ranked(exact, weights, ranks), (most < lower.max(axis=1)) | everyone


def _limit(lower: Points, width: int) -> Points:
    """For each row a number that at least ``width`` of its elements don't exceed."""
    groups = lower.shape[1] // GROUP
    if groups < width:
        return np.full(len(lower), np.inf, lower.dtype)
    smallest = lower[:, : groups * GROUP].reshape(len(lower), GROUP, groups).min(axis=1)
    return np.partition(smallest, width - 1, axis=1)[:, width - 1]


def ranked(values: FloatArray, weights: npt.NDArray[np.int64], ranks: npt.NDArray[np.int64]) -> FloatArray:
    """Of each row ``[n, w]`` the least value that weighs, with all smaller ones, at least its rank."""
    order = np.argsort(values, axis=1)
    weighed = np.take_along_axis(weights, order, axis=1).cumsum(axis=1)
    reached = weighed >= ranks[:, None]
    column = reached.argmax(axis=1)
    found = np.take_along_axis(values, np.take_along_axis(order, column[:, None], axis=1), axis=1)[:, 0]
    return np.where(reached.any(axis=1), found, np.inf)
