"""Features gathered to be compared, one by one, with those of a reference."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from .rows import Rows, as_rows


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
        rows = as_rows(features)
        if rows.shape[1] != self.dimension:
            raise ValueError(
                f"the images have features of dimension {rows.shape[1]}, "
                f"the reference has features of dimension {self.dimension}"
            )
        self.rows.update(rows)

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
        if self.rows.count < self.needed:
            images = "1 image" if self.needed == 1 else f"{self.needed} images"
            raise ValueError(f"{self.called} can't be told of less than {images}, got {self.rows.count}")
        return self.rows.array()


def reference_rows(called: str, reference: Any) -> npt.NDArray[Any]:
    """A reference's features ``[m, d]``; raises ValueError where there are none, and for NaN."""
    rows = as_rows(reference)
    if not len(rows):
        raise ValueError(f"{called} can't be told against a reference of no images")
    return rows
