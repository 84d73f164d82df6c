"""Features gathered to be compared, one by one, with those of a reference."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from .rows import Rows, as_rows, as_rows_against, expect_images


class Comparison:
    """Keeps every feature of a set: streams, splits, merges. Metrics that need them all derive from it.

    ``called`` names the metric in messages; it takes ``needed`` images or more.
    """

    def __init__(self, called: str, dimension: int, needed: int = 1) -> None:
        self.called = called
        self.dimension = dimension
        self.needed = needed
        self.rows = Rows()

    def update(self, features: Any) -> None:
        """Add features ``[n, d]``; ValueError for a dimension that isn't the reference's, and for NaN."""
        self.rows.update(as_rows_against(features, self.dimension))

    def merge(self, other: Comparison) -> None:
        """Add what another state has gathered against the same reference; ``other`` stays as it is."""
        self.rows.merge(other.rows)

    def pack(self) -> npt.NDArray[Any]:
        """What was gathered, ``[n, d]``, for :meth:`absorb` to take in on another machine."""
        return self.rows.pack()

    def absorb(self, packed: npt.NDArray[Any]) -> None:
        """Add what another set has packed."""
        self.rows.absorb(packed)

    def gathered(self) -> npt.NDArray[Any]:
        """All features ``[n, d]``; raises ValueError for too few of them."""
        expect_images(self.called, self.rows.count, self.needed)
        return self.rows.array()


def reference_rows(called: str, reference: Any, needed: int = 1) -> npt.NDArray[Any]:
    """A reference's features ``[m, d]``; raises ValueError for fewer than are needed, and for NaN."""
    rows = as_rows(reference)
    expect_images(called, len(rows), needed, "reference ")
    return rows
