"""How far the members of a set lie from each other, without comparing every pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .moments import FloatArray, unit_rows
from .rows import expect_joinable


@dataclass
class Diversity:
    """The mean cosine distance ``1 − cos`` over all pairs of different members, from 0 (all alike) to 2.

    Exact in one pass: with unit vectors x of mean m, the mean over pairs of 1 − xᵢ·xⱼ equals
    ``(n² − |Σx|²) / (n(n−1))``, which is ``Σ|x − m|² / (n − 1)``. The second form is kept, since it
    doesn't cancel where the members are nearly alike; states merge as in :class:`~.moments.Moments`.
    """

    count: int = 0
    mean: FloatArray | None = None
    spread: float = 0.0

    def update(self, features: Any) -> None:
        """Add features ``[n, d]``; raises ValueError for another ``d``, NaN, or a vector of length 0."""
        rows = unit_rows(features)
        if len(rows) == 0:
            return
        mean = rows.mean(axis=0)
        self.merge(Diversity(len(rows), mean, float(np.square(rows - mean).sum())))

    def merge(self, other: Diversity) -> None:
        """Add what another state has gathered; ``other`` stays as it is."""
        if other.mean is None:
            return
        if self.mean is None:
            self.count, self.mean, self.spread = other.count, other.mean.copy(), other.spread
            return
        expect_joinable(len(other.mean), len(self.mean))
        total = self.count + other.count
        gap = other.mean - self.mean
        self.spread += other.spread + float(gap @ gap) * self.count * other.count / total
        self.mean = self.mean + gap * (other.count / total)
        self.count = total

    def pack(self) -> FloatArray:
        """The state as one array ``[1, 2 + d]``, or ``[0, 0]`` without members, for :meth:`absorb`."""
        if self.mean is None:
            return np.empty((0, 0))
        return np.concatenate([[self.count, self.spread], self.mean])[None]

    def absorb(self, packed: FloatArray) -> None:
        """Add what another state has packed."""
        for row in packed:
            self.merge(Diversity(round(row[0]), row[2:], float(row[1])))

    def compute(self) -> float:
        """The mean distance; raises ValueError for fewer than two members, which form no pair."""
        if self.count < 2:
            raise ValueError(f"diversity needs at least 2 images to form a pair, got {self.count}")
        return self.spread / (self.count - 1)
