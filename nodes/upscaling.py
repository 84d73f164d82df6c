"""``upscale``: enlarge pictures by interpolation."""

from __future__ import annotations

from typing import Annotated, Literal

from ..graphs.node import Range, node
from .arrays import to_numpy
from .pictures import Images

Method = Literal["lanczos", "bicubic", "nearest"]


@node(version=1)
def upscale(
    images: Images, *, scale: Annotated[float, Range(1, 8)] = 2.0, method: Method = "lanczos"
) -> Images:
    """Enlarge pictures by interpolation.

    Computed by Pillow in floating point, a channel at a time, so that nothing is rounded to 8 bits on the
    way; what lanczos and bicubic overshoot is clamped to [0, 1].

    Args:
        images: the pictures.
        scale: how many times wider and higher; sizes are rounded to whole pixels.
        method: lanczos is sharpest, bicubic rings less, nearest keeps hard pixels.
    """
    import numpy
    import torch
    from PIL import Image

    pixels = to_numpy(images)
    count, channels, height, width = pixels.shape
    size = (round(width * scale), round(height * scale))
    enlarged = numpy.empty((count, channels, size[1], size[0]), "float32")
    resampling = Image.Resampling[method.upper()]
    for index in numpy.ndindex(count, channels):
        enlarged[index] = numpy.asarray(Image.fromarray(pixels[index]).resize(size, resampling))
    return torch.from_numpy(enlarged.clip(0, 1))
