"""Resize rules: the ways in which published scores bring pictures to a network's size.

They give different pixels, and so different scores. Each is equal, bit for bit, to the library that it is
known from, and stretches a picture to the size whatever its proportions; but `hps` keeps them, and is equal
to 1e-4 of 255 levels.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ...graphs.problem import meant

if TYPE_CHECKING:
    import torch


def clean(pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Pillow's bicubic filter, antialiased, in float, what overshoots clamped; that of clean-fid.

    Parmar, Zhang, Zhu, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation", 2022.
    """
    import numpy
    import torch
    from PIL import Image

    channels = pixels.float().contiguous().numpy().reshape(-1, *pixels.shape[-2:])
    resized = numpy.empty((len(channels), height, width), numpy.float32)

    def resize(index: int) -> None:
        picture = Image.fromarray(channels[index]).resize((width, height), Image.Resampling.BICUBIC)
        numpy.clip(numpy.asarray(picture), 0, 255, out=resized[index])

    # Pillow lets other threads run while it resizes.
    with ThreadPoolExecutor(min(len(channels), os.cpu_count() or 1) or 1) as threads:
        for _ in threads.map(resize, range(len(channels))):
            pass
    return torch.from_numpy(resized).view(*pixels.shape[:2], height, width)


def tf1(pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Bilinear, not antialiased, corners as in TensorFlow 1; that of torch-fidelity and of the first FIDs."""
    import torch

    def neighbours(size: int, wanted: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        place = torch.arange(wanted, dtype=torch.float32) * torch.tensor(size / wanted, dtype=torch.float32)
        low = place.long()
        return low, (low + 1).clamp_max(size - 1), place - low.float()

    def between(low: torch.Tensor, high: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        # Not lerp, which rounds otherwise.
        return high.sub_(low).mul_(share).add_(low)

    top, bottom, down = neighbours(pixels.shape[-2], height)
    left, right, across = neighbours(pixels.shape[-1], width)
    # Rows that two neighbours share are interpolated once.
    used, places = torch.unique(torch.cat([top, bottom]), return_inverse=True)
    resized = torch.empty(*pixels.shape[:2], height, width)
    for picture, target in zip(pixels, resized, strict=True):  # one by one they fit the processor's cache
        rows = picture.index_select(-2, used).float()
        rows = between(rows.index_select(-1, left), rows.index_select(-1, right), across)
        upper, lower = (rows.index_select(-2, place) for place in places.split(height))
        target.copy_(between(upper, lower, down[:, None]))
    return resized


def torch_antialias(pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Bilinear, antialiased, by torch; that of torchmetrics' FID."""
    from torch.nn.functional import interpolate

    return interpolate(
        pixels.float(), size=(height, width), mode="bilinear", align_corners=False, antialias=True
    )


def hps(pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The longer side by torch's bicubic filter, antialiased, in float, black around it; that of HPSv2."""
    from torch.nn.functional import interpolate, pad

    scale = min(height / pixels.shape[-2], width / pixels.shape[-1])
    inner = [max(round(side * scale), 1) for side in pixels.shape[-2:]]
    shrunk = interpolate(pixels.float(), size=inner, mode="bicubic", align_corners=False, antialias=True)
    down, across = height - inner[0], width - inner[1]
    return pad(shrunk, (across // 2, across - across // 2, down // 2, down - down // 2))


#: Each maps 8-bit pictures, uint8 ``[B, 3, H, W]``, to float32 ``[B, 3, height, width]``, 0 to 255.
RULES: dict[str, Callable[[torch.Tensor, int, int], torch.Tensor]] = {
    "clean": clean,
    "tf1": tf1,
    "torch-antialias": torch_antialias,
    "hps": hps,
}


def split_rule(name: str) -> tuple[str, str | None]:
    """A name and the resize rule after its last ``@``: ``inception-v3@tf1`` is ``("inception-v3", "tf1")``.

    An ``@`` in a path is left alone. Raises ValueError for a rule that doesn't exist.
    """
    named, at, rule = name.rpartition("@")
    if not at or {"/", ".", os.sep} & set(rule):
        return name, None
    argument = name.partition(":")[2]
    if rule not in RULES and argument and Path(argument).exists():
        return name, None
    try:
        return named, check_rule(rule)
    except ValueError as error:
        raise ValueError(f"{name!r}: {error}") from None


def check_rule(rule: str) -> str:
    """The rule itself; ValueError, with those that there are, if there is none of that name."""
    if rule not in RULES:
        rules = ", ".join(RULES)
        raise ValueError(f"there is no resize rule {rule!r}{meant(rule, RULES)}; expected one of {rules}")
    return rule
