"""The pictures of a made-up report: the worse its settings, the more they are blurred."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
from made_sizes import Made, categories
from PIL import Image, ImageFilter

from mezzotint.evaluation.report.contract import Counts, Images, Matrix, ScoreColumn
from mezzotint.evaluation.report.scripts import script
from mezzotint.starter.world import Example, render

FAILED, DAMAGED, BLANK = 1, 5, [3, 7]
"""Rows whose pictures aren't there, or are flagged, in a run that fails."""
MESSAGE = "the safety checker found nothing to check"


def write_pictures(folder: Path, number: int, run: str, axes: Sequence[str], made: Made) -> Images:
    """Write thumbnails, pictures and their table; returns what the report says of them."""
    scenes = made.scenes()
    places = list(itertools.product(*map(range, made.lengths)))
    quality = np.array([made.quality(number, place[0], place[2:]) for place in places])
    state = np.full(len(places), ".")
    if made.failing:
        state[[FAILED, DAMAGED]] = ["f", "d"]
    thumbnails, pictures = f"thumbnails/{run}/images/", f"pictures/{run}/images/"
    for path in (thumbnails, pictures):
        (folder / path).mkdir(parents=True)
    names: list[str | None] = []
    for row, (place, good) in enumerate(zip(places, quality, strict=True)):
        if state[row] != ".":
            names.append(None)
            continue
        turn = place[1] % 4 if len(places) < 2000 else 0
        name = f"{place[0] % len(scenes)}-{turn}-{int(good * 6)} picture"
        if not (folder / pictures / f"{name}.png").exists():
            drawn = _draw(scenes[place[0] % len(scenes)], float(good), turn)
            drawn.save(folder / pictures / f"{name}.png")
            drawn.save(folder / pictures / f"{name}.webp", quality=80)
        os.link(folder / pictures / f"{name}.webp", folder / thumbnails / f"{row}.webp")
        names.append(quote(f"{name}.png"))
    scores = _columns(quality, state)
    tasks = [scene.spec.task for scene in scenes]
    matrix = Matrix(
        state="".join(state),
        name=names,
        category=[categories(scenes).index(tasks[place[0] % len(scenes)]) for place in places],
        scores=scores,
        texts={"answer": ["a star" if row % 3 else None for row in range(len(places))]},
        flags={"blank": BLANK} if made.failing else {},
        failures={str(FAILED): f"ValueError: {MESSAGE}"} if made.failing else {},
    )
    target = f'(window.mezzotint_images = window.mezzotint_images || {{}})["{number}-0"]'
    (folder / "data" / f"images-{number}-0.js").write_bytes(script(target, matrix))
    return Images(
        output="images",
        file=f"data/images-{number}-0.js",
        labels=f"data/labels-{number}.js",
        axes=axes,
        lengths=made.lengths,
        thumbnails=thumbnails,
        pictures=pictures,
        size=[64, 64],
        counts=Counts(len(places) - 2 * made.failing, int(made.failing), int(made.failing), 0, 0, 0),
        scores=[_column(name, values) for name, values in scores.items()],
    )


def _columns(quality: np.ndarray, state: np.ndarray) -> dict[str, list[float | None]]:
    rng = np.random.default_rng(3)
    clip = np.round(30 + 40 * quality + rng.normal(0, 6, len(quality)), 4).tolist()
    return {
        "clip_score": [None if kind == "f" else value for kind, value in zip(state, clip, strict=True)],
        "correct": (rng.random(len(quality)) < quality).astype(float).tolist(),
        "fd.influence": np.round(0.5 - quality + rng.normal(0, 0.2, len(quality)), 5).tolist(),
    }


def _column(name: str, values: Sequence[float | None]) -> ScoreColumn:
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    kinds: Mapping[str, ScoreColumn] = {
        "clip_score": ScoreColumn(name, "number", name, "higher", low, high),
        "correct": ScoreColumn(name, "boolean", name, "higher", low, high),
        "fd.influence": ScoreColumn(name, "influence", "fd", "lower", low, high),
    }
    return kinds[name]


def _draw(scene: Example, quality: float, turn: int) -> Image.Image:
    picture = Image.fromarray(np.roll(render(scene.scene), 5 * turn, axis=1))
    picture = picture.filter(ImageFilter.GaussianBlur(2.2 * (1 - quality)))
    grain = np.random.default_rng(turn).normal(0, 60 * (1 - quality), (64, 64, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))
