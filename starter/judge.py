"""The judge: reads colours, shapes, sizes and positions back from a picture of the world, without learning.

The background is the median of the picture's border. What differs from it falls into connected components;
the colour of a component is that of its core, and its shape the template that its soft coverage fits best.
numpy, scipy and Pillow only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from .tasks import SHAPES, Background, Color, Relation, Shape, Size, Spec, Want
from .world import BACKDROPS, EXTENTS, PALETTE, SIDE, Picture, draw_shape

Floats = npt.NDArray[np.float32]

CONTRAST = 48.0
"""How far (Euclidean, 8-bit RGB) a pixel must be from the background to belong to an object."""
MIN_AREA = 24
"""Pixels; a small star, the least of the shapes, covers over 80."""
MIN_FIT = 0.6
"""A component whose best template overlaps it by less (soft intersection over union) is no shape at all."""
_WINDOW = 40


@dataclass(frozen=True)
class Detection:
    """One object found: ``center`` (x, y) and ``extent`` in pixels of a 64-pixel scene; ``fit`` in [0, 1].

    ``shape`` is None for something that isn't any of the world's shapes.
    """

    shape: Shape | None
    color: Color
    size: Size
    center: tuple[float, float]
    extent: float
    fit: float


def detect(image: Picture) -> list[Detection]:
    """Find the objects in a picture (uint8 ``[H, W, 3]``, reduced to 64×64 if larger), largest first."""
    pixels = _at_world_size(image)
    away = pixels - _backdrop(pixels)
    distance = np.sqrt((away**2).sum(-1))
    labels, count = ndimage.label(distance > CONTRAST, structure=np.ones((3, 3)))
    found = []
    for label in range(1, count + 1):
        # A margin takes in the faint rim that the threshold cuts off.
        mask = labels == label
        if mask.sum() >= MIN_AREA:
            found.append(_read(pixels, away, distance, mask, labels))
    return sorted(found, key=lambda detection: -detection.extent)


def background(image: Picture) -> Background:
    """The name of the background nearest to the picture's border."""
    backdrop = _backdrop(_at_world_size(image))
    return min(BACKDROPS, key=lambda name: float(((backdrop - np.array(BACKDROPS[name])) ** 2).sum()))


def _at_world_size(image: Picture) -> Floats:
    if image.ndim != 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
        raise ValueError(f"expected uint8 [H, W, 3], got {image.dtype} {list(image.shape)}")
    if image.shape[:2] != (SIDE, SIDE):
        image = np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    return image.astype(np.float32)


def _backdrop(pixels: Floats) -> Floats:
    edges = (pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:])
    border = np.concatenate([edge.reshape(-1, 3) for edge in edges])
    middle: Floats = np.median(border, axis=0)
    return middle


def _read(
    pixels: Floats, away: Floats, distance: Floats, mask: npt.NDArray[np.bool_], labels: npt.NDArray[np.int32]
) -> Detection:
    # The core is where the object covers pixels whole: the two thirds of it farthest from the background.
    core = mask & (distance >= np.quantile(distance[mask], 0.4))
    ink = np.median(away[core], axis=0)
    tint = np.median(pixels[core], axis=0)
    color = min(PALETTE, key=lambda name: float(((tint - np.array(PALETTE[name])) ** 2).sum()))
    # Coverage is how far a pixel lies on the way from the background to the ink. The rim that the threshold
    # cut off belongs to it; other objects don't.
    near = ndimage.binary_dilation(mask, iterations=2) & ((labels == 0) | mask)
    coverage = np.where(near, np.clip(away @ ink / (ink @ ink), 0, 1), 0).astype(np.float32)
    left, right, top, bottom = *_ends(coverage.max(0)), *_ends(coverage.max(1))
    center, extent = ((left + right) / 2, (top + bottom) / 2), max(right - left, bottom - top)
    shape, fit = _best_shape(coverage, center, extent)
    size = min(EXTENTS, key=lambda name: abs(EXTENTS[name] - extent))
    return Detection(shape if fit >= MIN_FIT else None, color, size, center, float(extent), fit)


def _ends(profile: Floats) -> tuple[float, float]:
    """Where a coverage profile begins and ends, to a fraction of a pixel."""
    inside = np.flatnonzero(profile > 0.5)
    if not len(inside):
        peak = int(profile.argmax())
        return float(peak), float(peak + 1)
    first, last = int(inside[0]), int(inside[-1])
    before = profile[first - 1] if first > 0 else 0.0
    after = profile[last + 1] if last + 1 < len(profile) else 0.0
    # An end pixel over half covered counts by its share; the faint one beyond it by its own.
    return float(first + 1 - profile[first] - before), float(last + profile[last] + after)


def _best_shape(coverage: Floats, center: tuple[float, float], extent: float) -> tuple[Shape, float]:
    """The shape whose template, over small changes of place and extent, has the best soft overlap."""
    corner_x, corner_y = round(center[0]) - _WINDOW // 2, round(center[1]) - _WINDOW // 2
    padded = np.pad(coverage, _WINDOW)
    window = padded[corner_y + _WINDOW :, corner_x + _WINDOW :][:_WINDOW, :_WINDOW]
    half_pixels = (round(2 * (center[0] - corner_x)), round(2 * (center[1] - corner_y)))
    best: tuple[Shape, float] = ("circle", -1.0)
    for shape in SHAPES:
        for step in (-1, 0, 1, 2):
            doubled = min(max(round(2 * extent) + step, 8), 2 * (_WINDOW - 4))
            for shift in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)):
                template = _template(shape, doubled, half_pixels[0] + shift[0], half_pixels[1] + shift[1])
                overlap = float(np.minimum(window, template).sum() / np.maximum(window, template).sum())
                if overlap > best[1]:
                    best = (shape, overlap)
    return best


@lru_cache(maxsize=20_000)
def _template(shape: Shape, doubled_extent: int, doubled_x: int, doubled_y: int) -> Floats:
    """Coverage in [0, 1] of a shape drawn in the window; lengths in half pixels."""
    canvas = Image.new("L", (_WINDOW * 4,) * 2, 0)
    center = (doubled_x / 2, doubled_y / 2)
    draw_shape(ImageDraw.Draw(canvas), shape, center, doubled_extent / 2, 255, 0, 4)
    coverage: Floats = np.asarray(canvas.reduce(4), dtype=np.float32) / np.float32(255)
    return coverage


def satisfies(spec: Spec, detections: Sequence[Detection]) -> bool:
    """Whether the picture shows what ``spec`` names, and no other object.

    Colours and sizes count where the spec names them. The relation is read as in GenEval: centres further
    apart than a tenth of the objects' extents, in a direction within 60° of the one named. The background
    isn't judged; see :func:`background`.
    """
    if len(detections) != spec.count:
        return False
    chosen = _assign(spec.wants, list(detections))
    if spec.relation is None:
        return chosen
    first, second = spec.wants[:2]
    return any(
        _matches(first, one) and _matches(second, other) and stands(spec.relation, one, other)
        for one in detections
        for other in detections
        if one is not other
    )


def _assign(wants: Sequence[Want], free: list[Detection]) -> bool:
    if not wants:
        return not free
    want, *rest = wants
    if want.count == 0:
        return _assign(rest, free)
    fewer = Want(want.shape, want.color, want.size, want.count - 1)
    return any(
        _matches(want, one) and _assign([fewer, *rest], free[:index] + free[index + 1 :])
        for index, one in enumerate(free)
    )


def _matches(want: Want, found: Detection) -> bool:
    return want.shape == found.shape and want.color in (None, found.color) and want.size in (None, found.size)


def stands(relation: Relation, one: Detection, other: Detection) -> bool:
    """Whether ``one`` stands in ``relation`` to ``other``, as :func:`satisfies` reads it."""
    reach = 0.1 * (one.extent + other.extent)
    across, down = (
        float(np.sign(delta) * max(abs(delta) - reach, 0))
        for delta in (one.center[0] - other.center[0], one.center[1] - other.center[1])
    )
    length = (across**2 + down**2) ** 0.5
    if length == 0:
        return False
    along = {"left": -across, "right": across, "above": -down, "below": down}[relation]
    return bool(along / length > 0.5)


def mistakes(image: Picture, truth: Sequence[tuple[Shape, Color]]) -> Counter[str]:
    """What is read wrongly in a picture of known shapes and colours, as ``star read as circle: 1``."""
    read: Counter[tuple[Shape | None, Color]] = Counter((d.shape, d.color) for d in detect(image))
    wanted: Counter[tuple[Shape | None, Color]] = Counter(truth)
    missing, surplus = list((wanted - read).elements()), list((read - wanted).elements())
    slips: Counter[str] = Counter()
    for (shape, color), seen in zip(missing, surplus, strict=False):
        if shape != seen[0]:
            slips[f"{shape} read as {seen[0] or 'no shape'}"] += 1
        if color != seen[1]:
            slips[f"{color} read as {seen[1]}"] += 1
    slips["object missed"] += max(0, len(missing) - len(surplus))
    slips["object too many"] += max(0, len(surplus) - len(missing))
    return +slips
