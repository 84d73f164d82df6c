"""Pillow's resampling in floating point, a channel at a time, so that nothing is rounded to 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from .arrays import to_numpy

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image, Resampling

    from .arrays import Array

Method = Literal["lanczos", "bicubic", "nearest"]


def by_channel(images: Array, change: Callable[[Image], Image]) -> torch.Tensor:
    """Pictures ``[B, C, H, W]`` in [0, 1] after ``change`` of each channel, clamped to [0, 1].

    ``change`` maps a PIL image of mode F to another; all results have one size.
    """
    import numpy
    import torch
    from PIL import Image

    pixels = to_numpy(images).astype("float32", copy=False)
    changed = [
        numpy.asarray(change(Image.fromarray(numpy.ascontiguousarray(pixels[index]))))
        for index in numpy.ndindex(*pixels.shape[:2])
    ]
    return torch.from_numpy(numpy.stack(changed).reshape(*pixels.shape[:2], *changed[0].shape).clip(0, 1))


def resampling(method: Method) -> Resampling:
    """The filter of a name, as Pillow knows it."""
    from PIL.Image import Resampling

    return Resampling[method.upper()]
