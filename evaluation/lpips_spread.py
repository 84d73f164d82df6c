"""The mean LPIPS over all pairs of a set, without comparing every pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..nodes.arrays import to_torch
from ..nodes.pictures import Images
from .extractors.lpips import Lpips
from .extractors.preprocessing import check_pictures

if TYPE_CHECKING:
    from torch import Tensor

    from .measures.moments import FloatArray

#: Pixels that are looked at together. Their activations are up to 120 times as many numbers.
PIXELS = 1 << 18


class LpipsSpread:
    """Gathers pictures of one size; gives the mean LPIPS over all pairs: streams, splits, merges.

    LPIPS is the squared distance of two vectors (:meth:`~.lpips.Lpips.embed`), so the mean over all pairs is
    ``2 Σ|x − m|² / (n − 1)`` about their mean m: exact, in one pass over the pictures. The state is one
    vector in float64: 21 MB at 512 × 512 for ``alex``, 260 MB for ``vgg``.
    """

    def __init__(self, lpips: Lpips) -> None:
        self.lpips = lpips
        self.count = 0
        self.size: tuple[int, int] | None = None
        self._mean: FloatArray | None = None
        self._spread = 0.0

    def update(self, images: Images) -> None:
        """Add pictures ``[B, 3, H, W]`` in [0, 1]; ValueError where others of the set had another size.

        Another shape or range, and NaN or infinity, are ValueErrors too.
        """
        check_pictures(images)
        pixels: Tensor = to_torch(images)
        height, width = pixels.shape[2:]
        if not len(pixels):
            return
        self._expect((height, width))
        step = max(1, PIXELS // (height * width))
        for start in range(0, len(pixels), step):
            for vector in self.lpips.embed(pixels[start : start + step]).numpy():
                self._add(1, vector, 0.0)

    def merge(self, other: LpipsSpread) -> None:
        """Add what another state has gathered; ValueError for pictures of another size, or another LPIPS."""
        if self.lpips != other.lpips and self.lpips.digest() != other.lpips.digest():
            raise ValueError("LPIPS by different networks can't join")
        if other._mean is not None and other.size is not None:
            self._expect(other.size)
            self._add(other.count, other._mean, other._spread)

    def pack(self) -> FloatArray:
        """The state as one array ``[1, 4 + D]``, or ``[0, 0]`` without pictures, for :meth:`absorb`."""
        import numpy

        if self._mean is None or self.size is None:
            return numpy.empty((0, 0))
        return numpy.concatenate([[self.count, self._spread, *self.size], self._mean])[None]

    def absorb(self, packed: FloatArray) -> None:
        """Add what another state has packed."""
        for row in packed:
            self._expect((round(row[2]), round(row[3])))
            self._add(round(row[0]), row[4:], float(row[1]))

    def compute(self) -> float:
        """The mean LPIPS; raises ValueError for fewer than two pictures, which form no pair."""
        if self.count < 2:
            raise ValueError(f"the mean LPIPS needs at least 2 images to form a pair, got {self.count}")
        return 2 * self._spread / (self.count - 1)

    def _expect(self, size: tuple[int, int]) -> None:
        if self.size not in (None, size):
            (height, width), (other_height, other_width) = self.size or size, size
            raise ValueError(
                f"LPIPS compares pictures of one size, and these are {width} × {height} and "
                f"{other_width} × {other_height}; resize them to one first"
            )
        self.size = size

    def _add(self, count: int, mean: FloatArray, spread: float) -> None:
        """Merge the way Chan et al. do, as in :class:`~.measures.moments.Moments`."""
        if self._mean is None:
            self.count, self._mean, self._spread = count, mean.astype("float64"), spread
            return
        total = self.count + count
        gap = mean - self._mean
        self._spread += spread + float(gap @ gap) * self.count * count / total
        gap *= count / total
        self._mean += gap
        self.count = total
