"""The world: 64×64 scenes of one to four geometric objects on a plain background.

A scene is plain data; :func:`render` draws it. Scenes are made to a :class:`~.tasks.Spec`, what the spec
leaves open being drawn at random, so every caption is true of its picture. numpy and Pillow only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from .tasks import (
    BACKGROUNDS,
    COLORS,
    HELD_OUT_PAIRS,
    SIZES,
    Background,
    Color,
    Relation,
    Shape,
    Size,
    Spec,
    Task,
    Want,
    is_held_out,
    phrase,
    sample_spec,
)

SIDE = 64
"""Width and height of a scene in pixels."""

RGB = tuple[int, int, int]
Picture = npt.NDArray[np.uint8]

PALETTE: dict[Color, RGB] = {
    "red": (215, 20, 25),
    "orange": (255, 130, 0),
    "yellow": (255, 230, 20),
    "green": (20, 150, 50),
    "blue": (25, 75, 225),
    "purple": (120, 35, 160),
    "pink": (255, 110, 200),
    "black": (15, 15, 15),
}
BACKDROPS: dict[Background, RGB] = {
    "white": (252, 252, 252),
    "gray": (186, 186, 190),
    "beige": (238, 220, 185),
    "mint": (190, 238, 212),
}
EXTENTS: dict[Size, float] = {"small": 16.0, "medium": 22.0, "large": 28.0}
"""The longer side of an object's bounding box in pixels, before a jitter of one pixel."""

MARGIN = 2.0
GAP = 4.0
_OVERSAMPLING = 4
_TRIES = 400
"""Two large objects above each other fit about one time in forty."""


@dataclass(frozen=True)
class Object:
    """One object: its names, and the geometry and tint that its jitter resolved to (pixels; RGB)."""

    shape: Shape
    color: Color
    size: Size
    center: tuple[float, float]
    extent: float
    tint: RGB


@dataclass(frozen=True)
class Scene:
    """Objects on a plain background, whose exact colour is ``tint``."""

    objects: tuple[Object, ...]
    background: Background
    tint: RGB


@dataclass(frozen=True)
class Example:
    """A scene, what was asked for, and the words it was asked in."""

    scene: Scene
    spec: Spec
    caption: str


def render(scene: Scene) -> Picture:
    """Draw a scene, antialiased: uint8 ``[64, 64, 3]``."""
    canvas = Image.new("RGB", (SIDE * _OVERSAMPLING,) * 2, scene.tint)
    draw = ImageDraw.Draw(canvas)
    for item in scene.objects:
        draw_shape(draw, item.shape, item.center, item.extent, item.tint, scene.tint, _OVERSAMPLING)
    return np.asarray(canvas.reduce(_OVERSAMPLING))


def draw_shape(
    draw: ImageDraw.ImageDraw,
    shape: Shape,
    center: tuple[float, float],
    extent: float,
    ink: RGB | int,
    paper: RGB | int,
    scale: int,
) -> None:
    """Draw one shape whose box has the longer side ``extent``; lengths are multiplied by ``scale``."""
    x, y, half = center[0] * scale, center[1] * scale, extent * scale / 2

    def box(share: float, tall: float | None = None) -> list[float]:
        wide, high = half * share, half * (share if tall is None else tall)
        # Pillow includes the last pixel.
        return [x - wide, y - high, x + wide - 1, y + high - 1]

    if shape == "circle":
        draw.ellipse(box(1.0), fill=ink)
    elif shape == "square":
        draw.rectangle(box(1.0), fill=ink)
    elif shape == "triangle":
        top, bottom = y - half * 0.95, y + half * 0.95
        draw.polygon([(x, top), (x + half, bottom), (x - half, bottom)], fill=ink)
    elif shape == "star":
        draw.polygon(_star(x, y, half), fill=ink)
    elif shape == "cross":
        draw.rectangle(box(1.0, 0.34), fill=ink)
        draw.rectangle(box(0.34, 1.0), fill=ink)
    else:
        draw.ellipse(box(1.0), fill=ink)
        draw.ellipse(box(0.5), fill=paper)


def _star(x: float, y: float, half: float) -> list[tuple[float, float]]:
    # A five-pointed star is 2·sin 72° radii wide and 1 + cos 36° high; it is centred by its box.
    outer = half / math.sin(math.radians(72))
    middle = y + outer * (1 - math.cos(math.radians(36))) / 2
    points = []
    for index in range(10):
        radius = outer * (0.5 if index % 2 else 1.0)
        angle = math.radians(36 * index - 90)
        points.append((x + radius * math.cos(angle), middle + radius * math.sin(angle)))
    return points


def build(spec: Spec, rng: np.random.Generator) -> Scene:
    """Make a scene that shows ``spec``, drawing at random what it leaves open.

    Raises RuntimeError when no layout is found, as for five objects that are large.
    """
    wants = [want for want in spec.wants for _ in range(want.count)]
    # Uncoloured objects of one kind share a colour half of the time, as "three stars" often do.
    shared = _free_color(wants[0].shape, rng) if rng.random() < 0.5 else None
    alike = shared if len(spec.wants) == 1 else None
    colors = [want.color or alike or _free_color(want.shape, rng) for want in wants]
    for _ in range(_TRIES):
        sizes = [_size(want, len(wants), rng) for want in wants]
        extents = np.array([EXTENTS[size] for size in sizes]) + rng.uniform(-1, 1, len(sizes))
        centers = _layout(extents, spec.relation, rng)
        if centers is not None:
            break
    else:
        raise RuntimeError(f"no room for {spec}")
    background = spec.background or BACKGROUNDS[rng.integers(len(BACKGROUNDS))]
    objects = tuple(
        Object(
            want.shape,
            color,
            size,
            (float(center[0]), float(center[1])),
            float(extent),
            _tint(PALETTE[color], 8, rng),
        )
        for want, color, size, center, extent in zip(wants, colors, sizes, centers, extents, strict=True)
    )
    return Scene(objects, background, _tint(BACKDROPS[background], 4, rng))


def _free_color(shape: Shape, rng: np.random.Generator) -> Color:
    free = [color for color in COLORS if (color, shape) not in HELD_OUT_PAIRS]
    return free[rng.integers(len(free))]


def _size(want: Want, total: int, rng: np.random.Generator) -> Size:
    allowed = SIZES if total <= 2 else SIZES[:2]
    return want.size or allowed[rng.integers(len(allowed))]


def _tint(color: RGB, spread: int, rng: np.random.Generator) -> RGB:
    levels = np.clip(np.array(color) + rng.integers(-spread, spread + 1, 3), 0, 255)
    red, green, blue = (int(level) for level in levels)
    return red, green, blue


def _layout(
    extents: npt.NDArray[np.float64], relation: Relation | None, rng: np.random.Generator
) -> npt.NDArray[np.float64] | None:
    """Centres ``[n, 2]`` that keep margin, gap and relation: the first fit of many draws, or None."""
    reach = extents / 2 + MARGIN
    draws = rng.uniform(reach[:, None], SIDE - reach[:, None], (256, len(extents), 2))
    offsets = np.abs(draws[:, :, None] - draws[:, None, :]).max(-1)
    needed = (extents[:, None] + extents[None, :]) / 2 + GAP
    first, second = np.triu_indices(len(extents), 1)
    fits = (offsets >= needed)[:, first, second].all(-1)
    if relation is not None:
        across, down = (draws[:, 0] - draws[:, 1]).T
        along, aside = (across, down) if relation in ("left", "right") else (down, across)
        if relation in ("left", "above"):
            along = -along
        # Well inside the 45° within which a person would say "left of" rather than "above".
        fits &= (along > 0) & (np.abs(aside) <= 0.6 * along)
    found = np.flatnonzero(fits)
    if len(found):
        centers: npt.NDArray[np.float64] = draws[found[0]]
        return centers
    return _quarters(extents, rng) if len(extents) > 2 else None


def _quarters(extents: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64] | None:
    """A place for each of up to four objects in a quarter of the scene of its own; None if one is larger."""
    least, most = extents / 2 + MARGIN, SIDE / 2 - (extents + GAP) / 2
    if (least > most).any():
        return None
    near = rng.uniform(least[:, None], most[:, None], (len(extents), 2))
    quarter = rng.permutation(4)[: len(extents)]
    mirrored = np.stack([quarter % 2, quarter // 2], axis=-1) == 1
    return np.where(mirrored, SIDE - near, near)


def sample(rng: np.random.Generator, task: Task | None = None, *, trained: bool = True) -> Example:
    """Draw a scene with a caption: one that training may use, or (``trained=False``) a held-out one."""
    while True:
        spec = sample_spec(rng, task)
        caption = phrase(spec, rng)
        if is_held_out(caption) != trained:
            return Example(build(spec, rng), spec, caption)


def reference_images(n: int, seed: int = 0) -> Iterator[Picture]:
    """Yield ``n`` pictures (uint8 ``[64, 64, 3]``) of the world: the real images of a Fréchet distance.

    The first ``m`` are the same whatever ``n`` is. Their seeds are apart from those of training.
    """
    for index in range(n):
        yield render(sample(np.random.default_rng((seed, 7_700_000, index))).scene)
