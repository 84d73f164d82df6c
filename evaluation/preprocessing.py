"""From pictures to what a network takes: rounded to 8 bits, resized by a named rule, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..nodes.pictures import quantize, to_pil

if TYPE_CHECKING:
    import torch

ResizeMode = Literal["shortest", "longest", "squash"]
Interpolation = Literal["bicubic", "bilinear"]


@dataclass(frozen=True)
class Preprocessing:
    """How open_clip prepares pictures for evaluation, on tensors.

    ``mode`` says what happens to another shape: ``shortest`` scales the shorter side and crops the centre,
    ``longest`` scales the longer side and pads with ``fill``, ``squash`` ignores the proportions. Pillow
    does the scaling, antialiased, on 8-bit pictures.
    """

    height: int
    width: int
    mode: ResizeMode
    interpolation: Interpolation
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fill: int = 0

    @classmethod
    def of_open_clip(cls, config: Mapping[str, Any]) -> Preprocessing:
        """From the ``preprocess_cfg`` that open_clip attaches to a model's image tower."""
        size = config["size"]
        height, width = (size, size) if isinstance(size, int) else size
        interpolation = config["interpolation"]
        return cls(
            height=height,
            width=width,
            mode=config["resize_mode"],
            # "random" is for training; open_clip itself evaluates such models with bicubic.
            interpolation="bilinear" if interpolation == "bilinear" else "bicubic",
            mean=tuple(config["mean"]),
            std=tuple(config["std"]),
            fill=config["fill_color"],
        )

    @property
    def rule(self) -> str:
        """The name of the resize rule, such as ``pil-bicubic-shortest``."""
        return f"pil-{self.interpolation}-{self.mode}"

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Pictures ``[B, 3, H, W]`` in [0, 1] as float32 ``[B, 3, height, width]``, normalised, on the CPU.

        Equal, bit for bit, to open_clip's own transform of the same pictures saved as PNG.
        Raises ValueError for another shape, and for NaN or infinity.
        """
        import torch

        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"expected images of shape [B, 3, H, W], got {list(images.shape)}")
        if not images.isfinite().all():
            raise ValueError("an image holds NaN or infinity")
        if tuple(images.shape[2:]) == (self.height, self.width):
            mean, std = (torch.tensor(values).view(3, 1, 1) for values in (self.mean, self.std))
            return (quantize(images).float().cpu() - mean) / std
        from open_clip.transform import image_transform

        transform = image_transform(
            (self.height, self.width),
            is_train=False,
            mean=self.mean,
            std=self.std,
            resize_mode=self.mode,
            interpolation=self.interpolation,
            fill_color=self.fill,
        )
        prepared = [transform(to_pil(picture)) for picture in images]
        return torch.stack(prepared)
