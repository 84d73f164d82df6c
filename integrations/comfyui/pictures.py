"""Pictures at the border: IMAGE ``[B, H, W, C]`` and MASK ``[B, H, W]`` there, items ``[3, H, W]`` here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...graphs.types import PortType
from .sockets import Border, Socket

if TYPE_CHECKING:
    import torch

    from ...evaluation.detections import DetectedObjects


class PictureSocket(Socket):
    """IMAGE; a MASK is taken as a grey picture, and an alpha channel is dropped, as ComfyUI's nodes do."""

    batches = True

    def __init__(self, kind: PortType) -> None:
        super().__init__(kind)
        self.name = "IMAGE"
        self.accepts = ("IMAGE", "MASK")

    def take(self, value: Any, border: Border) -> list[Any]:
        return list(pictures_in(value))

    def give(self, items: Sequence[Any], border: Border) -> Any:
        return pictures_out(items)


def pictures_in(value: Any) -> torch.Tensor:
    """An IMAGE or a MASK as pictures, float32 ``[B, 3, H, W]`` in [0, 1].

    What lies outside of [0, 1], as some filters leave it, is cut off, as by ComfyUI when it saves a picture.
    Raises ValueError for what is neither, and for NaN or infinity.
    """
    import torch

    if not isinstance(value, torch.Tensor) or value.ndim not in (3, 4):
        found = f"a tensor {list(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise ValueError(f"expected an IMAGE [batch, height, width, channels], got {found}")
    pixels = (value[..., None] if value.ndim == 3 else value).detach().to("cpu", torch.float32)
    channels = pixels.shape[-1]
    if channels not in (1, 3, 4):
        raise ValueError(f"expected an IMAGE of 1, 3 or 4 channels, got one of {channels}")
    if not torch.isfinite(pixels).all():
        raise ValueError("the IMAGE holds NaN or infinity; the node that made it failed")
    rgb = pixels.expand(-1, -1, -1, 3) if channels == 1 else pixels[..., :3]
    return rgb.permute(0, 3, 1, 2).clamp(0, 1).contiguous()


def pictures_out(items: Sequence[Any]) -> torch.Tensor:
    """Pictures of one size, ``[3, H, W]`` each, as an IMAGE: float32 ``[B, H, W, 3]`` in [0, 1]."""
    import torch

    from ...nodes.arrays import to_torch

    return torch.stack([to_torch(item) for item in items]).permute(0, 2, 3, 1).contiguous()


def masks_out(items: Sequence[DetectedObjects]) -> torch.Tensor:
    """Where anything was found, a MASK float32 ``[B, H, W]``: 1 within an object's mask, or its box."""
    import torch

    found = torch.zeros(len(items), items[0].height, items[0].width)
    for mask, objects in zip(found, items, strict=True):
        if objects.masks is not None and len(objects.masks):
            mask[torch.from_numpy(objects.masks.any(0))] = 1
        elif objects.masks is None:
            for left, top, right, bottom in objects.boxes.round().astype(int).clip(0).tolist():
                mask[top:bottom, left:right] = 1
    return found
