"""Node types of your own: a function, and a reducer. Use them with `--nodes examples/own_node.py`."""

from __future__ import annotations

from typing import Annotated

from mezzotint import Images, Number, Range, node


@node(version=1)
def tint(images: Images, *, strength: Annotated[float, Range(0, 1)] = 0.5) -> Images:
    """Warm a picture towards sepia.

    Args:
        images: the pictures to tint
        strength: 0 leaves them as they are, 1 leaves no other colour
    """
    sepia = images.mean(dim=1, keepdim=True) * images.new_tensor([1.0, 0.85, 0.65])[None, :, None, None]
    return images.lerp(sepia, strength)


@node(version=1)
def brightness(images: Images) -> Number:
    """Mean brightness of each picture, from 0 (black) to 1 (white)."""
    return images.mean(dim=(1, 2, 3)).tolist()


class Span:
    """How far apart the smallest and the largest number of a set are."""

    def __init__(self) -> None:
        self.low, self.high = float("inf"), float("-inf")

    def update(self, number: Number) -> None:
        self.low, self.high = min(self.low, *number), max(self.high, *number)

    def merge(self, other: Span) -> None:
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def compute(self) -> float:
        return self.high - self.low


@node(version=1)
def span() -> Span:
    """Largest minus smallest of a set of numbers."""
    return Span()
