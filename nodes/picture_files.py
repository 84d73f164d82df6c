"""Reading image files: any mode, upright, to float32 in [0, 1].

Colours are taken as they stand, without their profile, as the loaders of the published metrics take them;
CMYK too. Of colours of 16 bits a channel Pillow reads the upper 8; greyscale keeps all 16. The first picture
stands for an animation, and for a file of several pages.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy
    from PIL import Image

Result = TypeVar("Result")

#: The largest value of each PIL mode that holds more than 8 bits a pixel.
DEEP_MODES = {"I;16": 65535, "I;16L": 65535, "I;16B": 65535, "I;16N": 65535, "I": 65535}


class FirstPictureWarning(UserWarning):
    """Files held several pictures, of which the first was read."""


#: Red, green and blue from 0 to 255.
Colour = tuple[int, ...]

#: What shows through transparent pixels wherever pictures are scored or compared with.
WHITE = (255, 255, 255)

#: EXIF's orientation, and those of its values that lay a picture on its side.
_ORIENTATION, _SIDEWAYS = 0x0112, range(5, 9)


def read(path: Path, background: Colour | None = None) -> numpy.ndarray[Any, Any]:
    """The picture in a file as float32 ``[3, H, W]`` in [0, 1], turned as its EXIF data says.

    ``background`` shows through transparent pixels; without one, transparency is dropped. Warns of a file of
    several pictures (:class:`FirstPictureWarning`). Raises ValueError for one that is missing, damaged or
    not a picture.
    """

    def first(picture: Image.Image) -> numpy.ndarray[Any, Any]:
        if getattr(picture, "is_animated", False):  # which also says that a TIFF has further pages
            warnings.warn(
                "of files that hold several pictures, such as animations, the first was read",
                FirstPictureWarning,
                stacklevel=5,
            )
        return from_pil(picture, background)

    return _opened(path, first)


def size(path: Path) -> tuple[int, int]:
    """Width and height of the picture in a file once it is upright, read from its header.

    Raises ValueError as :func:`read` does.
    """

    def upright(picture: Image.Image) -> tuple[int, int]:
        width, height = picture.size
        # Pillow would decode a PNG in search of EXIF data behind the pixels.
        exif = picture.getexif() if picture.format != "PNG" or "exif" in picture.info else {}
        return (height, width) if exif.get(_ORIENTATION) in _SIDEWAYS else (width, height)

    return _opened(path, upright)


def _opened(path: Path, use: Callable[[Image.Image], Result]) -> Result:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # From half of the pixels on that Pillow refuses, it warns already.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                return use(picture)
    except UnidentifiedImageError as error:
        raise ValueError(f"{path} is not an image, or of a kind that can't be read") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} can't be read: {error}") from error


def from_pil(picture: Any, background: Colour | None = None) -> numpy.ndarray[Any, Any]:
    """A PIL image of any mode as float32 ``[3, H, W]`` in [0, 1].

    ``background`` shows through transparent pixels; without one, transparency is dropped, as PIL does.
    """
    import numpy
    from PIL import Image, ImageOps

    upright: Image.Image = ImageOps.exif_transpose(picture)
    if upright.mode in DEEP_MODES:  # PIL's own conversion to RGB would clip these to white
        deep = numpy.asarray(upright)
        if deep.size and not 0 <= deep.min() <= deep.max() <= DEEP_MODES[upright.mode]:
            raise ValueError("its pixels have more than 16 bits, and so no known range")
        grey = deep.astype("float32") / DEEP_MODES[upright.mode]
        return numpy.repeat(grey[None], 3, axis=0)
    if upright.mode == "F":
        raise ValueError("a picture of floating-point pixels has no known range; save it with 8 or 16 bits")
    if background is not None and upright.has_transparency_data:
        paper = Image.new("RGBA", upright.size, (*background, 255))
        upright = Image.alpha_composite(paper, upright.convert("RGBA"))
    pixels = numpy.asarray(upright.convert("RGB")).astype("float32")
    return numpy.ascontiguousarray((pixels / numpy.float32(255)).transpose(2, 0, 1))
