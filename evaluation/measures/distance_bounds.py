"""Squared distances between many rows: bounded by matrix products, computed where a bound leaves it open.

``|x|² + |y|² − 2 x·y`` is one matrix product, which takes a hundredth of the time of the differences, but it
rounds; near zero nothing is left of it. How much it can be off is known (Higham, "Accuracy and Stability of
Numerical Algorithms", 2002, §3.1), so a product in float32 decides whether a distance is below some limit
except for the few that come close to it. Where many do, as in tight clusters far from each other, a product
in float64 is tried before the differences themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .moments import FloatArray

Points = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]

#: Differences held at once, in numbers.
HELD = 1 << 17
#: A block of which more than this share is open is bounded again in float64.
OPEN = 1 / 256


def squared_distances(left: Points, right: Points, i: Indices, j: Indices) -> FloatArray:
    """``|left[i] − right[j]|²`` for each pair of indices ``[p]``, as float64 ``[p]``.

    Summed in one order, so a distance is the same both ways and in any company, and 0 between equal rows.
    """
    found = np.empty(len(i))
    step = max(1, HELD // max(1, left.shape[1]))
    for start in range(0, len(i), step):
        part = slice(start, start + step)
        gap = np.subtract(left[i[part]], right[j[part]], dtype=np.float64)
        found[part] = np.square(gap, out=gap).sum(axis=1)
    return found


def true_places(mask: npt.NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """Where a matrix holds true, in any order: ten times faster than ``nonzero`` if that is seldom."""
    if mask.flags.c_contiguous:
        i, j = np.divmod(np.flatnonzero(mask), mask.shape[1])
    else:
        j, i = np.divmod(np.flatnonzero(mask.T), mask.shape[0])
    return i, j


@dataclass(frozen=True, eq=False)
class Frame:
    """An origin and a unit of length in which rounding does the least harm, and the precision of products."""

    centre: FloatArray
    unit: float
    dtype: type[np.floating[Any]] = np.float32

    @classmethod
    def around(cls, rows: Points, *others: Points) -> Frame:
        """Centred in the middle of some rows ``[n, d]``; the unit, a power of two, spans others as well."""
        centre = rows.mean(axis=0, dtype=np.float64)
        reach = max(
            float(max((each.max(axis=0) - centre).max(), (centre - each.min(axis=0)).max()))
            for each in (rows, *others)
        )
        return cls(centre, 2.0 ** np.ceil(np.log2(reach)) if reach > 0 else 1.0)

    def finer(self) -> Frame:
        """The same with products in float64."""
        return replace(self, dtype=np.float64)

    @property
    def error(self) -> float:
        """By how much ``|x|² + |y|² − 2 x·y`` can be off, as a share of ``|x|² + |y|²``.

        Of d + 16, d is for the sums of the product, 4 for rounding the rows, the rest for adding up.
        """
        return (len(self.centre) + 16) * float(np.finfo(self.dtype).eps) / 2

    @property
    def lost(self) -> float:
        """What may be lost on top by rows so short that their products are below the smallest number."""
        return len(self.centre) * float(np.finfo(self.dtype).tiny)

    def slack(self, left: FloatArray, right: FloatArray) -> FloatArray:
        """How far above its lower bound a distance can be, by the squared lengths of its ends."""
        return 2 * (self.error * (left + right) + self.lost)

    def place(self, rows: Points) -> Placed:
        """Rows ``[n, d]`` as seen from here."""
        vectors, squares = np.empty(rows.shape, self.dtype), np.empty(len(rows))
        step = max(1, HELD // max(1, rows.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            seen = np.subtract(rows[part], self.centre, dtype=np.float64)
            seen *= 1 / self.unit
            squares[part] = np.einsum("ij,ij->i", seen, seen)
            vectors[part] = seen
        return Placed(rows, self, vectors, squares)


@dataclass(frozen=True, eq=False)
class Placed:
    """Rows ``[n, d]``, what they look like in a frame, and their squared lengths there, ``[n]``."""

    rows: Points
    frame: Frame
    vectors: Points
    squares: FloatArray

    def __getitem__(self, part: slice | Indices) -> Placed:
        return Placed(self.rows[part], self.frame, self.vectors[part], self.squares[part])

    def finer(self) -> Placed:
        """The same rows with products in float64."""
        return self.frame.finer().place(self.rows)


@dataclass(frozen=True, eq=False)
class Bounds:
    """The squared distances of rows ``[p, d]`` from others ``[q, d]``: none is below ``lower`` ``[p, q]``.

    Bounds are in squared units of the frame.
    """

    left: Placed
    right: Placed
    lower: Points

    @classmethod
    def between(cls, left: Placed, right: Placed) -> Bounds:
        """Bounds of all distances between rows that were placed in one frame."""
        frame = left.frame
        keep = 1 - frame.error
        lower = (left.vectors * frame.dtype(-2)) @ right.vectors.T
        lower += (keep * left.squares - frame.lost).astype(frame.dtype)[:, None]
        lower += (keep * right.squares).astype(frame.dtype)
        return cls(left, right, lower)

    def within(self, limits: FloatArray, *, closed: bool) -> tuple[Indices, Indices]:
        """The pairs whose squared distance is below a limit, or just as large where ``closed``.

        ``limits`` are squared distances, of shape ``[p, 1]`` or ``[1, q]``. Every answer is exact.
        """
        frame = self.left.frame
        scaled = limits / frame.unit**2
        # Rounded up, so that no pair is lost.
        reach = np.nextafter(scaled.astype(self.lower.dtype), np.inf, dtype=self.lower.dtype)
        i, j = true_places(self.lower <= reach)
        limit = np.broadcast_to(limits, self.lower.shape)[i, j]
        upper = self.lower[i, j] + frame.slack(self.left.squares[i], self.right.squares[j])
        found = upper < limit / frame.unit**2
        still_open = np.flatnonzero(~found)
        if len(still_open) > OPEN * self.lower.size and frame.dtype is not np.float64:
            return Bounds.between(self.left.finer(), self.right.finer()).within(limits, closed=closed)
        exact = squared_distances(self.left.rows, self.right.rows, i[still_open], j[still_open])
        at_most = limit[still_open]
        found[still_open] = exact <= at_most if closed else exact < at_most
        return i[found], j[found]
