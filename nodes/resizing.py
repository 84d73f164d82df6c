"""``resize`` and ``crop``: pictures of another size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast, get_args

from ..graphs.node import Range, node
from .pictures import Images
from .resampling import Method, Resizing, by_channel, resampling, resized

Side = Annotated[int, Range(1, 32768)]
Place = Annotated[int, Range(0, 32767)]

#: A picture of more pixels is refused: it is more likely a slip than a wish.
LARGEST = 1 << 28


def _fitting(options: Mapping[str, Any]) -> None:
    if options["width"] is None and options["height"] is None:
        raise ValueError("resize needs width, height, or both")
    if options["fit"] != "exact" and options["method"] not in get_args(Method):
        raise ValueError(f"method {options['method']} goes with fit: exact; for others write lanczos")


@node(version=1, check=_fitting)
def resize(
    images: Images,
    *,
    width: Side | None = None,
    height: Side | None = None,
    fit: Literal["exact", "inside", "cover"] = "exact",
    method: Resizing = "lanczos",
) -> Images:
    """Bring pictures to a size by interpolation.

    Computed by Pillow in floating point, a channel at a time, unless the method says otherwise; what lanczos
    and bicubic overshoot is clamped to [0, 1]. Smaller pictures are averaged, not sampled.

    Args:
        images: the pictures.
        width: in pixels; if left out, what keeps the picture's proportions.
        height: in pixels; if left out, what keeps the picture's proportions.
        fit: what becomes of a picture of other proportions. exact stretches it, inside makes it the largest
            that fits into width by height, cover the smallest that covers them (to crop afterwards).
        method: lanczos is sharpest, bicubic rings less, nearest keeps hard pixels. The others are ComfyUI's,
            and go with fit exact: torch's interpolation, which samples smaller pictures, and lanczos on
            pixels cut to 8 bits.

    Raises:
        ValueError: neither width nor height is given, a method that doesn't go with the fit, or the result
            would be too large.

    >>> from PIL import Image
    >>> from mezzotint import nodes
    >>> nodes.resize(Image.open("photo.png"), width=48, height=32).size
    (48, 32)
    """
    from PIL import ImageOps

    own_height, own_width = images.shape[-2:]
    _fitting({"width": width, "height": height, "fit": fit, "method": method})
    if width is None or height is None:
        scale = (height or 1) / own_height if width is None else width / own_width
        size = (width or max(1, round(own_width * scale)), height or max(1, round(own_height * scale)))
        fit = "exact"
    else:
        size = (width, height)
    growth = max(size[0] / own_width, size[1] / own_height) if fit == "cover" else 1.0
    if max(size[0] * size[1], own_width * own_height * growth**2) > LARGEST:
        raise ValueError(
            f"a picture of {own_width} by {own_height} brought to {size[0]} by {size[1]} is too large"
        )
    if fit == "exact":
        return resized(images, size, method)
    kernel = resampling(cast("Method", method))
    fitted = ImageOps.contain if fit == "inside" else ImageOps.cover
    return by_channel(images, lambda channel: fitted(channel, size, kernel))


@node(version=1)
def crop(
    images: Images,
    *,
    width: Side,
    height: Side,
    left: Place | None = None,
    top: Place | None = None,
) -> Images:
    """Cut a rectangle out of pictures.

    Args:
        images: the pictures.
        width: of the rectangle, in pixels.
        height: of the rectangle, in pixels.
        left: pixels to the left of it; as many as to its right if left out.
        top: pixels above it; as many as below it if left out.

    Raises:
        ValueError: the rectangle reaches out of a picture.

    >>> from PIL import Image
    >>> from mezzotint import nodes
    >>> nodes.crop(Image.open("photo.png"), width=48, height=32).size
    (48, 32)
    """
    own_height, own_width = images.shape[-2:]
    x = (own_width - width) // 2 if left is None else left
    y = (own_height - height) // 2 if top is None else top
    if min(x, y) < 0 or x + width > own_width or y + height > own_height:
        raise ValueError(
            f"{width} by {height} pixels from ({max(x, 0)}, {max(y, 0)}) reach out of a picture of "
            f"{own_width} by {own_height}; resize it first, or cut out less"
        )
    return images[..., y : y + height, x : x + width]
