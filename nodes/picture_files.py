"""Reading image files: any mode, upright, to float32 in [0, 1]."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    from PIL import Image

#: The largest value of each PIL mode that holds more than 8 bits a pixel.
DEEP_MODES = {"I;16": 65535, "I;16L": 65535, "I;16B": 65535, "I;16N": 65535, "I": 65535}


def read(path: Path) -> numpy.ndarray[Any, Any]:
    """The picture in a file as float32 ``[3, H, W]`` in [0, 1], turned as its EXIF data says.

    Raises ValueError for a file that is missing, damaged or not a picture.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return from_pil(picture)
    except UnidentifiedImageError as error:
        raise ValueError(f"{path} is not an image, or of a kind that can't be read") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} can't be read: {error}") from error


def from_pil(picture: Any) -> numpy.ndarray[Any, Any]:
    """A PIL image of any mode as float32 ``[3, H, W]`` in [0, 1]; transparency is dropped, as PIL does."""
    import numpy
    from PIL import ImageOps

    upright: Image.Image = ImageOps.exif_transpose(picture)
    if upright.mode in DEEP_MODES:  # PIL's own conversion to RGB would clip these to white
        grey = numpy.asarray(upright).astype("float32") / DEEP_MODES[upright.mode]
        return numpy.repeat(grey[None].clip(0, 1), 3, axis=0)
    if upright.mode == "F":
        raise ValueError("a picture of floating-point pixels has no known range; save it with 8 or 16 bits")
    pixels = numpy.asarray(upright.convert("RGB")).astype("float32")
    return numpy.ascontiguousarray((pixels / numpy.float32(255)).transpose(2, 0, 1))
