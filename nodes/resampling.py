"""Pillow's resampling in floating point, a channel at a time, so that nothing is rounded to 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, cast

from .arrays import to_numpy, to_torch

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image, Resampling

    from .arrays import Array

Method = Literal["lanczos", "bicubic", "nearest"]
#: The first three are Pillow's, in floating point. The others are what ComfyUI's nodes compute, to the last
#: bit where nothing overshoots: torch's interpolation, and Pillow's lanczos on pixels cut to 8 bits.
Resizing = Literal[
    "lanczos",
    "bicubic",
    "nearest",
    "lanczos-8bit",
    "torch-nearest-exact",
    "torch-bilinear",
    "torch-area",
    "torch-bicubic",
]


def resized(images: Array, size: tuple[int, int], method: Resizing) -> torch.Tensor:
    """Pictures ``[B, C, H, W]`` in [0, 1] at a width and height, clamped to [0, 1]."""
    if method.startswith("torch-"):
        from torch.nn.functional import interpolate

        pixels = to_torch(images).float()
        return interpolate(pixels, size=size[::-1], mode=method.removeprefix("torch-")).clamp(0, 1)
    if method == "lanczos-8bit":
        return by_channel(images, lambda channel: _in_8bit(channel, size))
    kernel = resampling(cast("Method", method))
    return by_channel(images, lambda channel: channel.resize(size, kernel))


def _in_8bit(channel: Image, size: tuple[int, int]) -> Image:
    """A channel resized as one of 8 bits: cut to them before, rounded and clipped between the two passes."""
    import numpy
    from PIL import Image

    cut = (numpy.asarray(channel) * numpy.float32(255)).clip(0, 255).astype("uint8")
    small = Image.fromarray(cut).resize(size, resampling("lanczos"))
    return Image.fromarray(numpy.asarray(small).astype("float32") / numpy.float32(255))


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
