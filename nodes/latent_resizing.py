"""``resize_latents``: latents of another size, to be drawn further at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from ..graphs.node import Range, node
from .latents import LatentBatch, Latents

Pixels = Annotated[int, Range(64, 32768)]

#: Pixels of a side beyond which a picture is more likely a slip than a wish.
LARGEST_SIDE = 1 << 15


def _one_way_to_say_it(options: Mapping[str, Any]) -> None:
    sized = options["width"] is not None or options["height"] is not None
    if sized == (options["scale"] is not None):
        raise ValueError("resize_latents needs either scale, or width, height or both")


@node(version=1, check=_one_way_to_say_it)
def resize_latents(
    latents: Latents,
    *,
    scale: Annotated[float, Range(0.01, 8)] | None = None,
    width: Pixels | None = None,
    height: Pixels | None = None,
    method: Literal["nearest-exact", "bilinear", "area", "bicubic"] = "nearest-exact",
    crop: bool = False,
) -> Latents:
    """Resize latents by interpolation, so that a sampler can go on from them at another size.

    As torch's `interpolate` does it, without antialiasing. What comes out is blurred or blocky: give it to
    `sample` with a strength of about a half, which draws the detail anew.

    Args:
        latents: what a sampler drew, or an encoded picture.
        scale: how many times wider and higher; sizes are rounded to whole latents.
        width: of the picture, in pixels; if left out, what keeps its proportions.
        height: of the picture, in pixels; if left out, what keeps its proportions.
        method: nearest-exact repeats latents, bilinear and bicubic go between them, area averages.
        crop: cut off, in the middle, what another proportion of sides leaves over, rather than stretch it.

    Raises:
        ValueError: both scale and a size are given, or neither, packed latents, or a size out of all bounds.

    >>> from mezzotint import nodes
    >>> latents = nodes.encode(nodes.load_model(source="starter"), nodes.render_scene("a red circle", seed=1))
    >>> nodes.resize_latents(latents, scale=2).tag.width
    128
    """
    from torch.nn.functional import interpolate

    _one_way_to_say_it({"scale": scale, "width": width, "height": height})
    samples, tag = latents.as_tensor(), latents.tag
    if tag.packing != "grid":
        raise ValueError(f"latents of {tag} are packed, so they have no size to change")
    high, wide = samples.shape[-2:]
    pixels = tag.width // wide  # along a side of one latent
    if scale is not None:
        new_wide, new_high = round(wide * scale), round(high * scale)
    else:
        new_wide = (max(64, round(wide * (height or 0) / high)) if width is None else width) // pixels
        new_high = (max(64, round(high * (width or 0) / wide)) if height is None else height) // pixels
    if not 1 <= min(new_wide, new_high) <= max(new_wide, new_high) <= LARGEST_SIDE // pixels:
        raise ValueError(f"latents of {wide} by {high} can't become {new_wide} by {new_high}")
    if crop:
        left, top = _margins(wide, high, new_wide / new_high)
        samples = samples[..., top : high - top, left : wide - left]
    dtype = samples.dtype
    resized = interpolate(samples.float(), size=(new_high, new_wide), mode=method).to(dtype)
    return LatentBatch(resized, replace(tag, width=new_wide * pixels, height=new_high * pixels))


def _margins(width: int, height: int, wanted: float) -> tuple[int, int]:
    """What is cut off on the left (and right), and above (and below), for ``wanted`` widths a height."""
    own = width / height
    if own > wanted:
        return round((width - width * (wanted / own)) / 2), 0
    return 0, round((height - height * (own / wanted)) / 2)
