"""``outline``: pictures with what a detector found drawn over them, for people to look at."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

from ..graphs.node import Range, node
from ..nodes.pictures import Images, to_pil
from .detections import DetectedObjects, Detections

if TYPE_CHECKING:
    from PIL.Image import Image

_TINT = 110
"""How opaque a mask is drawn, of 255."""


@node(version=1)
def outline(
    images: Images, detections: Detections, *, threshold: Annotated[float, Range(0, 1)] = 0.3
) -> Images:
    """Draw the objects that a detector found over the images: masks, boxes, classes and scores.

    A class has the same colour in every picture.

    Args:
        images: The pictures in which the objects were found.
        detections: The objects, as `detect` or another detector gives them.
        threshold: Objects of this score or less are left out.
    """
    import numpy
    import torch

    drawn = [_drawn(to_pil(image), found, threshold) for image, found in zip(images, detections, strict=True)]
    pixels = numpy.stack([numpy.asarray(picture) for picture in drawn])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


def _drawn(picture: Image, found: DetectedObjects, threshold: float) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    if picture.size != (found.width, found.height):
        raise ValueError(
            f"the detections are of a picture of {found.width}×{found.height} pixels, and this one has "
            f"{picture.width}×{picture.height}"
        )
    font = ImageFont.load_default(max(9, picture.height // 40))
    # The weakest first, so that the strongest lie on top.
    shown = [at for at in found.scores.argsort(kind="stable").tolist() if found.scores[at] > threshold]
    if found.masks is not None:
        for at in shown:
            ink = Image.new("RGB", picture.size, _colour(found.labels[at]))
            picture.paste(
                ink, mask=Image.fromarray(found.masks[at]).convert("L").point(lambda on: on and _TINT)
            )
    pen = ImageDraw.Draw(picture)
    for at in shown:
        colour = _colour(found.labels[at])
        left, top, right, bottom = (float(side) for side in found.boxes[at])
        pen.rectangle((left, top, max(right - 1, left), max(bottom - 1, top)), outline=colour)
        label = f"{found.labels[at]} {found.scores[at]:.2f}"
        corner = (max(0.0, min(left, picture.width - font.getlength(label))), max(0.0, top))
        pen.rectangle(pen.textbbox(corner, label, font=font), fill=colour)
        pen.text(corner, label, fill="white", font=font)
    return picture


def _colour(label: str) -> str:
    hue = int.from_bytes(hashlib.blake2b(label.encode(), digest_size=2).digest(), "big") % 360
    return f"hsl({hue}, 80%, 35%)"
