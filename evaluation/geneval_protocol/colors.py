"""The colours of objects as GenEval tells them: a CLIP, zero-shot, on the masked crop of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..extractors.clip_models import ClipModel, LoadedClip
from .rules import COLORS

if TYPE_CHECKING:
    import torch

    from ..detections import DetectedObjects

TEMPLATES = (
    "a photo of a {color} {name}",
    "a photo of a {color}-colored {name}",
    "a photo of a {color} object",
)
"""A colour's direction is the mean of these texts' (Ghosh et al. 2023)."""
GREY = 0x99 / 255
"""What lies outside an object's mask is painted over with this."""

_directions: WeakKeyDictionary[LoadedClip, dict[str, torch.Tensor]] = WeakKeyDictionary()


def colors(
    image: torch.Tensor, found: DetectedObjects, name: str, places: Sequence[int], model: str
) -> list[str]:
    """The colour, of :data:`COLORS`, of each object of class ``name`` that stands at ``places`` in ``found``.

    ``image`` is ``[3, H, W]`` in [0, 1]; ``model`` names a CLIP, which is loaded on first use.
    """
    import torch
    from torch.nn.functional import normalize

    clip = ClipModel(model).loaded
    crops = [clip.preprocessing(masked_crop(image, found, at)[None]) for at in places]
    features = clip.image_features(torch.cat(crops))
    cosines = normalize(features.double(), dim=-1) @ _color_directions(clip, name).T
    return [COLORS[index] for index in cosines.argmax(dim=1).tolist()]


def masked_crop(image: torch.Tensor, found: DetectedObjects, at: int) -> torch.Tensor:
    """An object cut out by its box, ``[3, h, w]``, grey where its mask says that it isn't.

    The box is rounded to whole pixels, kept within the picture, and at least one pixel wide and high.
    """
    import torch

    if found.masks is not None:
        image = torch.where(torch.from_numpy(found.masks[at]), image, GREY)
    left, top, right, bottom = (round(float(side)) for side in found.boxes[at])
    top, left = (min(max(low, 0), size - 1) for low, size in ((top, found.height), (left, found.width)))
    return image[:, top : max(bottom, top + 1), left : max(right, left + 1)]


def _color_directions(clip: LoadedClip, name: str) -> torch.Tensor:
    """Unit directions ``[10, d]``, float64, of the colours of things called ``name``."""
    from torch.nn.functional import normalize

    known = _directions.setdefault(clip, {})
    if name not in known:
        texts = [template.format(color=color, name=name) for color in COLORS for template in TEMPLATES]
        features = normalize(clip.text_features(texts).double(), dim=-1)
        known[name] = normalize(features.reshape(len(COLORS), len(TEMPLATES), -1).mean(1), dim=-1)
    return known[name]
