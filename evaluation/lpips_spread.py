"""The mean LPIPS over all pairs of a set, without comparing every pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..graphs.members import Members
from ..nodes.arrays import to_torch
from ..nodes.pictures import Images
from .extractors.lpips import Lpips
from .extractors.preprocessing import check_pictures
from .uncertainty.estimate import Estimate, Score, Uncertainty
from .uncertainty.membership import Membership

if TYPE_CHECKING:
    from torch import Tensor

    from .measures.moments import FloatArray

#: Pixels that are looked at together. Their activations are up to 120 times as many numbers.
PIXELS = 1 << 18
#: Bytes of vectors that are kept to say how sure the mean is: 24 pictures of 512 × 512 under ``alex``.
KEPT = 1 << 28


class LpipsSpread:
    """Gathers pictures of one size; gives the mean LPIPS over all pairs: streams, splits, merges.

    LPIPS is the squared distance of two vectors (:meth:`~.lpips.Lpips.embed`), so the mean over all pairs is
    ``2 Σ|x − m|² / (n − 1)`` about their mean m: exact, in one pass over the pictures. The state is one
    vector in float64: 21 MB at 512 × 512 for ``alex``, 260 MB for ``vgg``. Of members that it is told, up to
    256 MiB of vectors are kept on top.
    """

    def __init__(self, lpips: Lpips) -> None:
        self.lpips = lpips
        self.count = 0
        self.size: tuple[int, int] | None = None
        self._mean: FloatArray | None = None
        self._spread = 0.0
        self._membership = Membership()
        self._vectors: list[FloatArray] = []

    def update(self, images: Images, members: Members | None = None) -> None:
        """Add pictures ``[B, 3, H, W]`` in [0, 1]; ValueError where others of the set had another size.

        Another shape or range, and NaN or infinity, are ValueErrors too.
        """
        check_pictures(images)
        pixels: Tensor = to_torch(images)
        height, width = pixels.shape[2:]
        if not len(pixels):
            return
        self._expect((height, width))
        self._membership.update(len(pixels), members)
        step = max(1, PIXELS // (height * width))
        for start in range(0, len(pixels), step):
            for vector in self.lpips.embed(pixels[start : start + step]).numpy():
                self._add(1, vector, 0.0)
                if members is not None:
                    self._keep([vector])

    def merge(self, other: LpipsSpread) -> None:
        """Add what another state has gathered; ValueError for pictures of another size, or another LPIPS."""
        if self.lpips != other.lpips and self.lpips.digest() != other.lpips.digest():
            raise ValueError("LPIPS by different networks can't join")
        if other._mean is not None and other.size is not None:
            self._expect(other.size)
            self._add(other.count, other._mean, other._spread)
            self._membership.merge(other._membership)
            self._keep(other._vectors)

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

    def compute(self) -> Score:
        """The mean LPIPS; raises ValueError for fewer than two pictures, which form no pair."""
        from .uncertainty.spread_influence import spread_estimate

        if self.count < 2:
            raise ValueError(f"the mean LPIPS needs at least 2 images to form a pair, got {self.count}")
        value = 2 * self._spread / (self.count - 1)
        told, mean = self._membership, self._mean
        if not told.known or mean is None:
            return Estimate(value)
        if not self._vectors:
            reason = f"how sure it is isn't told of {self.count} pictures of this size, to spare memory"
            known = Uncertainty(n=self.count, clusters=len(set(told.units)), reason=reason)
            return Estimate(value, known).placed(told.members)
        from_mean = [float(((vector - mean) ** 2).sum()) for vector in self._vectors]
        found = spread_estimate(value, from_mean, told.units, crossed=told.crossed)
        return found.placed(told.members)

    def _keep(self, vectors: Sequence[FloatArray]) -> None:
        """Keep the vectors of single pictures, which say how sure the mean is, while they are few enough."""
        vectors = [*self._vectors, *vectors]
        # Of all pictures or of none: once some weren't kept, no others are of use.
        enough = len(vectors) == self.count and sum(vector.nbytes for vector in vectors) <= KEPT
        self._vectors = vectors if enough else []

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
