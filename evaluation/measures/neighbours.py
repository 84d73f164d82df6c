"""Sets of points, how far each lies from its nearest neighbours, and which lie in balls around others.

Every distance is exact (:func:`~.distance_bounds.squared_distances`), so ties are ties; nearly all questions
are settled by bounds, so few distances are computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .candidates import Candidates, ranked
from .comparison import reference_rows
from .distance_bounds import Bounds, Frame, Indices, Placed, Points, squared_distances
from .moments import FloatArray
from .rows import expect_images

ROW_BLOCK = 512
COLUMN_BLOCK = 4096
#: Candidates kept beyond the neighbours asked for, for bounds that overlap.
SPARE = 4
#: Rows told apart by their first elements need no look at the rest.
HEAD = 16


@dataclass(frozen=True, eq=False)
class PointSet:
    """Different rows ``[n, d]`` of floats, how often each occurs, ``[n]``, and where those given are now.

    ``places`` has for each row that was given the index of its equal here. Repeats are held once, so that a
    set that is mostly one picture costs no more than any other.
    """

    rows: Points
    counts: npt.NDArray[np.int64]
    places: Indices
    _radii: dict[int, FloatArray] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Points) -> PointSet:
        """From rows ``[n, d]``, of which some may be equal."""
        if len({head.tobytes() for head in rows[:, :HEAD]}) == len(rows):
            return cls(rows, np.ones(len(rows), np.int64), np.arange(len(rows)))
        first: dict[bytes, int] = {}
        equals = [first.setdefault(row.tobytes(), index) for index, row in enumerate(rows)]
        kept, places, counts = np.unique(equals, return_inverse=True, return_counts=True)
        return cls(rows[kept], counts, places)

    @classmethod
    def of_reference(cls, called: str, reference: PointSet | Any, k: int) -> PointSet:
        """The point set of a reference for a metric of some name; ValueError for fewer than k + 1 images."""
        points = reference if isinstance(reference, cls) else cls.of(reference_rows(called, reference))
        expect_images(f"{called} with k = {k}", points.total, k + 1, "reference ")
        return points

    @property
    def dimension(self) -> int:
        return int(self.rows.shape[1])

    @property
    def total(self) -> int:
        """The number of rows, each as often as it occurs."""
        return int(self.counts.sum())

    def share(self, chosen: npt.NDArray[np.bool_]) -> float:
        """The share of all rows that the chosen ones ``[n]`` make up, from 0 to 1."""
        return int(self.counts[chosen].sum()) / self.total

    def squared_radii(self, k: int) -> FloatArray:
        """The squared distance of each row from its k-th nearest neighbour, ``[n]``; computed once.

        A row is no neighbour of its own, but one equal to it is. ValueError for fewer than k + 1 rows.
        """
        expect_images(f"the distance of neighbour {k}", self.total, k + 1)
        if k not in self._radii:
            self._radii[k] = _squared_radii(self, k)
        return self._radii[k]


def bounds_between(left: PointSet, right: PointSet) -> Iterator[tuple[slice, slice, Bounds]]:
    """All distances between two sets, block by block, with the rows of each set that a block is about."""
    frame = Frame.around(right.rows, left.rows)
    placed_left, placed_right = frame.place(left.rows), frame.place(right.rows)
    for rows in _blocks(0, len(left.rows), ROW_BLOCK):
        for columns in _blocks(0, len(right.rows), COLUMN_BLOCK):
            yield rows, columns, Bounds.between(placed_left[rows], placed_right[columns])


def _blocks(start: int, stop: int, size: int) -> Iterator[slice]:
    for first in range(start, stop, size):
        yield slice(first, min(first + size, stop))


def _squared_radii(points: PointSet, k: int) -> FloatArray:
    ranks = k - (points.counts - 1)  # the equals of a row are its nearest neighbours, at distance 0
    radii = np.zeros(len(points.rows))
    asked = np.flatnonzero(ranks > 0)
    if not len(asked):
        return radii
    width = min(k + SPARE, len(points.rows) - 1)
    placed = Frame.around(points.rows).place(points.rows)
    candidates = _nearest_of_all(placed, width)[asked]
    radii[asked], proven = candidates.squared_distances(asked, placed, points.counts, ranks[asked])
    asked = asked[~proven]
    if not len(asked):
        return radii
    placed = placed.finer()
    candidates = _nearest_of_some(asked, placed, width)
    radii[asked], proven = candidates.squared_distances(asked, placed, points.counts, ranks[asked])
    for row in asked[~proven]:  # as close to more others as there are candidates
        radii[row] = _by_all_distances(points, row, int(ranks[row]))
    return radii


def _nearest_of_all(placed: Placed, width: int) -> Candidates:
    """The candidates of every point, from the upper triangle: a distance is the same both ways."""
    count = len(placed.rows)
    candidates = Candidates.none(count, width, placed.frame.dtype)
    for rows in _blocks(0, count, ROW_BLOCK):
        for columns in _blocks(rows.start, count, COLUMN_BLOCK):
            lower = Bounds.between(placed[rows], placed[columns]).lower
            _exclude(np.arange(rows.start, rows.stop), columns, lower)
            candidates.offer(rows, columns.start, lower)
            below = max(rows.stop, columns.start)
            if below < columns.stop:
                candidates.offer(slice(below, columns.stop), rows.start, lower[:, below - columns.start :].T)
    return candidates


def _nearest_of_some(asked: Indices, placed: Placed, width: int) -> Candidates:
    """The candidates of the points asked for, among all."""
    candidates = Candidates.none(len(asked), width, placed.frame.dtype)
    for rows in _blocks(0, len(asked), ROW_BLOCK):
        for columns in _blocks(0, len(placed.rows), COLUMN_BLOCK):
            lower = Bounds.between(placed[asked[rows]], placed[columns]).lower
            _exclude(asked[rows], columns, lower)
            candidates.offer(rows, columns.start, lower)
    return candidates


def _exclude(points: Indices, columns: slice, lower: Points) -> None:
    """Make no point a neighbour of its own."""
    rows = np.flatnonzero((points >= columns.start) & (points < columns.stop))
    lower[rows, points[rows] - columns.start] = np.inf


def _by_all_distances(points: PointSet, row: int, rank: int) -> float:
    others = np.delete(np.arange(len(points.rows)), row)
    distances = squared_distances(points.rows, points.rows, np.full(len(others), row), others)
    return float(ranked(distances[None], points.counts[others][None], np.array([rank]))[0])
