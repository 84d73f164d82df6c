"""``upscale``: enlarge pictures by interpolation."""

from __future__ import annotations

from typing import Annotated

from ..graphs.node import Range, node
from .pictures import Images
from .resampling import Resizing, resized


@node(version=1)
def upscale(
    images: Images, *, scale: Annotated[float, Range(1, 8)] = 2.0, method: Resizing = "lanczos"
) -> Images:
    """Enlarge pictures by interpolation.

    Computed by Pillow in floating point, a channel at a time, so that nothing is rounded to 8 bits on the
    way (unless the method says otherwise); what lanczos and bicubic overshoot is clamped to [0, 1].

    Args:
        images: the pictures.
        scale: how many times wider and higher; sizes are rounded to whole pixels.
        method: lanczos is sharpest, bicubic rings less, nearest keeps hard pixels. The others are ComfyUI's:
            torch's interpolation, and lanczos on pixels cut to 8 bits.

    >>> from PIL import Image
    >>> from mezzotint import nodes
    >>> nodes.upscale(Image.open("photo.png"), scale=2).size
    (128, 128)
    """
    height, width = images.shape[-2:]
    size = (round(width * scale), round(height * scale))
    return resized(images, size, method)
