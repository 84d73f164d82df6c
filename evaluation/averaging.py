"""The mean of numbers over axes: one clip score a setting out of one an image."""

from __future__ import annotations

from math import fsum

from ..graphs.node import node
from ..graphs.types import Number


class Mean:
    """Arithmetic mean, summed without rounding errors, so that neither batches nor order change it."""

    def __init__(self) -> None:
        self.count = 0
        self._partials: list[float] = []

    def update(self, number: Number) -> None:
        """Take finite numbers into the mean; ValueError for absent ones, which a mean can't leave out."""
        absent = sum(value is None for value in number)
        if absent:
            raise ValueError(f"{absent} of {len(number)} numbers are absent: they couldn't be measured")
        self.count += len(number)
        for value in number:
            self._add(value)

    def merge(self, other: Mean) -> None:
        """Take in the numbers that another mean has seen."""
        self.count += other.count
        for value in other._partials:
            self._add(value)

    def compute(self) -> float:
        """The mean; ValueError when nothing was seen."""
        if not self.count:
            raise ValueError("the mean of no numbers")
        return fsum(self._partials) / self.count

    def _add(self, value: float) -> None:
        # Exact partial sums: Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997.
        kept = []
        for partial in self._partials:
            if abs(value) < abs(partial):
                value, partial = partial, value
            high = value + partial
            low = partial - (high - value)
            if low:
                kept.append(low)
            value = high
        self._partials = [*kept, value]


@node(version=1)
def mean() -> Mean:
    """Arithmetic mean of numbers over the reduced axes; of truth values, the share of true ones.

    Args:
        number: The numbers, such as the clip score of each image, or whether each is correct.
    """
    return Mean()
