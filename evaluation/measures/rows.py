"""The features of a set, all kept: for metrics that compare every member with every other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def as_rows(features: Any) -> npt.NDArray[Any]:
    """Features ``[n, d]`` as an array, from NumPy or torch on any device, not copied where that can be.

    float32 and float64 stay what they are; half precision becomes float32, and anything else float64.
    Raises ValueError for another number of dimensions, and for NaN or infinity: one such row would silently
    make every later result NaN.
    """
    if hasattr(features, "detach"):
        features = features.detach().cpu()
        # NumPy knows no bfloat16.
        features = (features.float() if features.dtype.itemsize == 2 else features).numpy()
    rows = np.asarray(features)
    if rows.dtype not in (np.float32, np.float64):
        rows = rows.astype(np.float32 if rows.dtype == np.float16 else np.float64)
    if rows.ndim != 2:
        raise ValueError(f"expected features of shape [n, d], got {list(rows.shape)}")
    if not np.isfinite(rows).all():
        bad = int((~np.isfinite(rows).all(axis=1)).sum())
        raise ValueError(f"{bad} of {len(rows)} features hold NaN or infinity")
    return rows


def as_rows_against(features: Any, dimension: int) -> npt.NDArray[Any]:
    """Rows as :func:`as_rows` gives them; ValueError for another dimension than that of a reference."""
    rows = as_rows(features)
    if len(rows) and rows.shape[1] != dimension:
        raise ValueError(
            f"the images have features of dimension {rows.shape[1]}, the reference has features of dimension "
            f"{dimension}; was it made with another extractor?"
        )
    return rows


def expect_images(metric: str, count: int, needed: int, whose: str = "") -> None:
    """Raise ValueError for fewer images than a metric needs; ``whose`` tells those of a reference."""
    if count < needed:
        raise ValueError(f"{metric} needs at least {needed} {whose}image{'s' * (needed > 1)}, got {count}")


def expect_joinable(dimension: int, others: int | None) -> None:
    """Raise ValueError unless features of a dimension can join those of a set, which is None while empty."""
    if others not in (None, dimension):
        raise ValueError(f"features of dimension {dimension} can't join a set of dimension {others}")


class Rows:
    """Gathers feature rows in the order they come in, as float32 or float64, whichever they were given in.

    A set of 10,000 features of dimension 2048 takes 82 MB in float32.
    """

    def __init__(self) -> None:
        self._parts: list[npt.NDArray[Any]] = []

    @property
    def count(self) -> int:
        """How many rows were gathered."""
        return sum(len(part) for part in self._parts)

    @property
    def dimension(self) -> int | None:
        """The length of a row, or None while there is none."""
        return self._parts[0].shape[1] if self._parts else None

    def update(self, features: Any) -> None:
        """Add features ``[n, d]``, as a copy.

        Raises ValueError for another ``d``, for another number of dimensions, and for NaN or infinity.
        """
        rows = as_rows(features)
        if len(rows) == 0:
            return
        expect_joinable(rows.shape[1], self.dimension)
        self._parts.append(np.array(rows, order="C"))

    def merge(self, other: Rows) -> None:
        """Add the rows of another set after these; ``other`` stays as it is."""
        if other.dimension is None:
            return
        expect_joinable(other.dimension, self.dimension)
        self._parts += other._parts

    def array(self) -> npt.NDArray[Any]:
        """All rows ``[n, d]``, float32 or float64; ``[0, 0]`` while there are none. Not to be written to."""
        if not self._parts:
            return np.empty((0, 0), dtype=np.float32)
        if len(self._parts) > 1:
            # Joined once, and the parts let go, so that asking again costs nothing.
            self._parts = [np.concatenate(self._parts)]
        return self._parts[0]

    def pack(self) -> npt.NDArray[Any]:
        """The state as one array, for :meth:`absorb` to take in on another machine."""
        return self.array()

    def absorb(self, packed: npt.NDArray[Any]) -> None:
        """Add what another set has packed."""
        self.update(packed)
