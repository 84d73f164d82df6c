"""``blank``: whether a picture shows nothing but one colour."""

from __future__ import annotations

from typing import Annotated

from ..graphs.node import Range, node, unchanged
from ..graphs.types import Boolean
from ..nodes.arrays import to_numpy
from ..nodes.pictures import Images, to_8bit
from .extractors.preprocessing import check_pictures


@node(version=2, converts={1: unchanged}, better="lower")
def blank(images: Images, *, tolerance: Annotated[int, Range(0, 255)] = 0) -> Boolean:
    """Whether a picture is of one colour only; over many pictures, the share of blank ones.

    A generator that failed, or whose safety filter stepped in, leaves such pictures. They are scored by the
    other metrics like any other.

    Args:
        images: The pictures, rounded to 8 bits first.
        tolerance: How far the pixels of a channel may lie apart, of 255 levels; 0 is one colour exactly.

    >>> from PIL import Image
    >>> from mezzotint import nodes
    >>> nodes.blank(Image.new("RGB", (64, 64), "grey"))
    True
    """
    check_pictures(images)
    pixels = to_8bit(to_numpy(images)).astype("int16")
    if pixels.size == 0:
        return [False] * len(pixels)
    spans = (pixels.max((2, 3)) - pixels.min((2, 3))).max(1)
    return [bool(span <= tolerance) for span in spans]
