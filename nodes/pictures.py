"""Images: what travels between nodes, how they round to 8 bits, and how they become PNG files."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from ..graphs.forms import Taken
from ..graphs.types import PortType
from .arrays import all_finite, concatenate, pack, rows, to_numpy, unpack

if TYPE_CHECKING:
    import numpy
    import torch
    from PIL import Image

    from .arrays import Array

    AnyArray = TypeVar("AnyArray", torch.Tensor, numpy.ndarray[Any, Any])

#: Decoders and filters may overshoot by a rounding error; anything more is another range altogether.
TOLERANCE = 1e-3


class ImagesType(PortType):
    """Pictures. An item is float32 ``[3, H, W]`` in [0, 1]: a tensor, or an array when from the store."""

    name = "Images"
    stacks = True
    suffix = ".png"
    folder = "images"
    reads_files = True
    is_judged = True

    def parse(self, value: object) -> Any:
        """An item from an image file, a PIL image, or an array ``[3, H, W]`` in [0, 1]."""
        from .picture_files import from_pil, read

        if isinstance(value, Path):
            return read(value)
        if hasattr(value, "getbands"):  # a PIL image, told without importing PIL
            return from_pil(value)
        if hasattr(value, "ndim") and hasattr(value, "shape"):
            return self.single(value[None])  # type: ignore[index]
        raise ValueError("Images can't be written as a literal; give a node's output or a folder of images")

    def take(self, value: Any) -> Taken:
        """Pictures as PIL images, arrays or tensors, one or several; see :mod:`.picture_forms`."""
        from .picture_forms import take

        return take(value)

    def give(self, items: Sequence[Array], single: bool) -> Any:
        """A float32 tensor ``[3, H, W]`` in [0, 1], or ``[B, 3, H, W]``; a list where their sizes differ."""
        from .picture_forms import as_tensors

        return as_tensors(items, single)

    def digest(self, item: Array) -> bytes:
        return hashlib.blake2b(self.encode(item), digest_size=16).digest()

    def shape(self, item: Array) -> Hashable:
        return tuple(item.shape)

    def stack(self, items: Sequence[Array]) -> torch.Tensor:
        return concatenate([item[None] for item in items])

    def split(self, batch: Array, count: int) -> list[Any]:
        """Items of a batch ``[count, 3, H, W]``; ValueError for another shape, dtype or range."""
        pixels = to_numpy(batch)
        if pixels.ndim != 4 or pixels.shape[1] != 3:
            raise ValueError(f"Images are [batch, 3, height, width], and these are {list(pixels.shape)}")
        if len(pixels) != count:
            raise ValueError(f"{count} items went in and {len(pixels)} images came out")
        if pixels.dtype.kind != "f":
            raise ValueError(f"Images are floats from 0 to 1, and these are {pixels.dtype}")
        low, high = float(pixels.min(initial=0)), float(pixels.max(initial=0))
        # Not finite is another failure, that of one item; it must not be blamed on the batch.
        if math.isfinite(low) and math.isfinite(high) and (low < -TOLERANCE or high > 1 + TOLERANCE):
            raise ValueError(f"Images are in [0, 1], and these go from {low:.4g} to {high:.4g}")
        if low < 0 or high > 1:
            pixels = pixels.clip(0, 1)
        return [row[0] for row in rows(pixels.astype("float32", copy=False), count)]

    def encode(self, item: Array) -> bytes:
        return pack({"pixels": item}, {})

    def decode(self, data: bytes) -> numpy.ndarray[Any, Any]:
        return unpack(data)[0]["pixels"]

    def nbytes(self, item: Array) -> int:
        return int(item.nbytes)

    def is_finite(self, item: Array) -> bool:
        return all_finite(item)

    def flags(self, item: Array) -> tuple[str, ...]:
        """``blank`` when every pixel has the same colour once it is rounded to 8 bits."""
        array = to_numpy(item)
        if float((array.max((1, 2)) - array.min((1, 2))).max()) > 1 / 255:
            return ()  # rounding can't make these equal, so most pictures needn't be rounded
        pixels = to_8bit(array)
        return ("blank",) if (pixels == pixels[:, :1, :1]).all() else ()

    def picture(self, item: Array) -> Image.Image:
        return to_pil(item)

    def array(self, items: Sequence[Array], dtype: str | None = None) -> numpy.ndarray[Any, Any]:
        """``[N, H, W, 3]``: uint8, what the PNG files hold; as float32 in [0, 1], as they were made."""
        import numpy

        _of_one_size(items)
        if dtype in (None, "uint8"):
            pixels = [to_8bit(to_numpy(item)) for item in items]
        elif dtype == "float32":
            pixels = [to_numpy(item) for item in items]
        else:
            raise ValueError(f"pictures are arrays of uint8 or of float32, not of {dtype}")
        return numpy.stack([picture.transpose(1, 2, 0) for picture in pixels])

    def tensor(self, items: Sequence[Array]) -> torch.Tensor:
        """float32 ``[N, 3, H, W]`` in [0, 1]."""
        _of_one_size(items)
        return self.stack(items)

    def export(self, item: Array, metadata: Mapping[str, str]) -> bytes:
        """A PNG of the item, rounded to 8 bits, with ``metadata`` as its text chunks."""
        from .picture_texts import write

        return write(to_pil(item), "PNG", metadata)


#: Pictures: float32 ``[B, 3, H, W]`` in [0, 1].
Images = Annotated["torch.Tensor", ImagesType()]


def _of_one_size(items: Sequence[Array]) -> None:
    sizes = sorted({(item.shape[2], item.shape[1]) for item in items})
    if len(sizes) > 1:
        told = ", ".join(f"{width} by {height}" for width, height in sizes[:5])
        more = ", …" if len(sizes) > 5 else ""
        raise ValueError(f"the pictures are of several sizes ({told}{more}): take them one by one, or as PIL")


def to_8bit(images: AnyArray) -> AnyArray:
    """Images of any shape in [0, 1] as uint8, rounded half to even, as a PNG of them holds."""
    import numpy

    if isinstance(images, numpy.ndarray):
        scaled = images.astype(numpy.float32, copy=False).clip(0, 1) * 255
        rounded: AnyArray = numpy.rint(scaled).astype(numpy.uint8)
        return rounded
    import torch

    return images.float().clamp(0, 1).mul(255).round().to(torch.uint8)


def quantize(images: AnyArray) -> AnyArray:
    """Images in [0, 1] as float32 after rounding to 8 bits: what is read back from a PNG of them.

    Whatever scores images starts here, so that a score in memory is the score of the saved files.
    """
    import numpy

    if isinstance(images, numpy.ndarray):
        exact: AnyArray = to_8bit(images).astype(numpy.float32) / numpy.float32(255)
        return exact
    return to_8bit(images).float() / 255


def to_pil(item: Array) -> Image.Image:
    """An item ``[3, H, W]`` as an RGB picture of 8 bits a channel."""
    from PIL import Image

    return Image.fromarray(to_8bit(to_numpy(item)).transpose(1, 2, 0).copy())
