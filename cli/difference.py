"""How two picture files differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Float rounding differs between batches, devices and libraries; it can tip the rounding to 8 bits.
_ROUNDING = 2


@dataclass(frozen=True)
class Difference:
    """How two pictures differ at 8 bits a channel; ``largest`` and ``mean`` are of 255."""

    size: tuple[int, int]
    other_size: tuple[int, int]
    pixels: int
    largest: int
    mean: float

    @property
    def is_rounding(self) -> bool:
        """Whether float rounding, tipped over to 8 bits, explains all of it."""
        return self.size == self.other_size and self.largest <= _ROUNDING

    @property
    def sentence(self) -> str:
        """The difference in words."""
        if self.size != self.other_size:
            return f"differs: {_size(self.size)} pixels, and the file has {_size(self.other_size)}"
        if not self.largest:
            return "equal, pixel for pixel"
        total = self.size[0] * self.size[1]
        share = f"{self.pixels:,} of {total:,} pixels differ, by at most {self.largest} of 255"
        if self.is_rounding:
            return f"the same but for rounding: {share}"
        return f"differs: {share} ({self.mean:.1f} on average over all)"


def difference(drawn: Path, other: Path) -> Difference:
    """How two picture files differ once read as 8 bits a channel; ValueError for one that can't be read."""
    import numpy

    from ..nodes.picture_files import read
    from ..nodes.pictures import to_8bit

    one, two = (to_8bit(read(path)).astype(int) for path in (drawn, other))
    size, other_size = ((array.shape[2], array.shape[1]) for array in (one, two))
    if size != other_size:
        return Difference(size, other_size, 0, 0, 0.0)
    apart = numpy.abs(one - two)
    return Difference(size, other_size, int((apart.max(0) > 0).sum()), int(apart.max()), float(apart.mean()))


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"
