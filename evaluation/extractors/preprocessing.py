"""From pictures to what a network takes: rounded to 8 bits, resized by a named rule, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from ...nodes.pictures import TOLERANCE, to_8bit, to_pil
from .resize_rules import RULES

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from ...nodes.arrays import Array

ResizeMode = Literal["shortest", "longest", "squash"]
Interpolation = Literal["bicubic", "bilinear"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class OpenClipResize:
    """How open_clip resizes pictures for evaluation: by Pillow, antialiased, rounded to 8 bits.

    ``mode`` says what happens to another shape: ``shortest`` scales the shorter side and crops the centre,
    ``longest`` scales the longer side and pads with ``fill``, ``squash`` ignores the proportions.
    """

    mode: ResizeMode = "shortest"
    interpolation: Interpolation = "bicubic"
    fill: int = 0

    @property
    def name(self) -> str:
        """The name of the rule, such as ``pil-bicubic-shortest``."""
        return f"pil-{self.interpolation}-{self.mode}"

    def __call__(self, pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """Pictures uint8 ``[B, 3, H, W]`` as float32 ``[B, 3, height, width]`` in [0, 255]."""
        import torch
        from open_clip.transform import image_transform

        if tuple(pixels.shape[2:]) == (height, width):
            return pixels.float()
        resize = image_transform(
            (height, width),
            is_train=False,
            mean=(0, 0, 0),
            std=(1, 1, 1),
            resize_mode=self.mode,
            interpolation=self.interpolation,
            fill_color=self.fill,
        )
        # It ends with a division by 255, which rounding undoes.
        resized = [resize(to_pil(picture.float() / 255)) for picture in pixels]
        return torch.stack(resized).mul_(255).round_()


@dataclass(frozen=True)
class Preprocessing:
    """What becomes of a picture before a network sees it.

    Attributes:
        height: of the network's input, in pixels.
        width: of the network's input, in pixels.
        resize: a rule of :mod:`.resize_rules` by name, or open_clip's own.
        mean: of each channel, taken away after the division by ``unit``.
        std: of each channel, divided by then.
        unit: what 8-bit pixels, 0 to 255, are divided by first.
    """

    height: int
    width: int
    resize: str | OpenClipResize
    mean: tuple[float, ...]
    std: tuple[float, ...]
    unit: float = 255.0

    @classmethod
    def of_open_clip(cls, config: Mapping[str, Any], rule: str | None = None) -> Preprocessing:
        """From the ``preprocess_cfg`` that open_clip attaches to a model's image tower.

        ``rule`` resizes in its own way instead of open_clip's.
        """
        size = config["size"]
        height, width = (size, size) if isinstance(size, int) else size
        own = OpenClipResize(
            mode=config["resize_mode"],
            # "random" is for training; open_clip itself evaluates such models with bicubic.
            interpolation="bilinear" if config["interpolation"] == "bilinear" else "bicubic",
            fill=config["fill_color"],
        )
        return cls(height, width, rule or own, tuple(config["mean"]), tuple(config["std"]))

    @property
    def rule(self) -> str:
        """The name of the resize rule, such as ``clean`` or ``pil-bicubic-shortest``."""
        return self.resize if isinstance(self.resize, str) else self.resize.name

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Pictures ``[B, 3, H, W]`` in [0, 1] as float32 ``[B, 3, height, width]``, normalised, on the CPU.

        Equal, bit for bit, to what the rule's own library makes of the same pictures saved as PNG.
        Raises ValueError for another shape or range, and for NaN or infinity.
        """
        import torch

        check_pictures(images)
        resize = RULES[self.resize] if isinstance(self.resize, str) else self.resize
        pixels = resize(to_8bit(images).cpu(), self.height, self.width)
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (self.mean, self.std))
        return pixels.div_(self.unit).sub_(mean).div_(std)


def check_pictures(images: Array) -> None:
    """ValueError unless these are pictures ``[B, 3, H, W]`` in [0, 1], without NaN or infinity."""
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"expected images of shape [B, 3, H, W], got {list(images.shape)}")
    if 0 in images.shape:
        return
    low, high = float(images.min()), float(images.max())
    if not (isfinite(low) and isfinite(high)):
        raise ValueError("an image holds NaN or infinity")
    # Rounding to 8 bits would clip [-1, 1] or [0, 255] without a word, and other pictures be scored.
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        raise ValueError(f"expected images in [0, 1], got values from {low:.4g} to {high:.4g}")


def as_pictures(images: Array) -> list[Image.Image]:
    """Pictures ``[B, 3, H, W]`` in [0, 1] as RGB images of 8 bits a channel.

    Raises ValueError for another shape or range, and for NaN or infinity.
    """
    check_pictures(images)
    return [to_pil(image) for image in images]
