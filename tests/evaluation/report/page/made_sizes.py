"""How large a made-up report is, and how good its pictures are."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mezzotint.starter.world import Example, sample

POOL = 64
"""Distinct scenes: many pictures share their files, so that a large report is written quickly."""

HOSTILE = (
    "<script>window.hurt = 1</script>",
    '"><img src=x onerror="window.hurt=1">',
    "שלום עולם \u202eright to left\u202c مرحبا",
    "👩‍👩‍👧‍👦 a family 🏳️‍🌈 of emoji",
    "supercalifragilistic" * 60,
    "line one\nline two\ttabbed \\ 'quoted' \"twice\" `back` ${template} </script> -->",
    "",
    "__proto__",
)


@dataclass(frozen=True)
class Made:
    """What a report is to hold; ``refused``: why its runs aren't compared."""

    runs: int = 1
    prompts: int = 8
    seeds: int = 4
    settings: dict[str, list[Any]] = field(default_factory=lambda: {"guidance": [1, 3, 7], "steps": [4, 12]})
    hostile: bool = False
    complete: bool = True
    failing: bool = True
    images: bool = True
    refused: str | None = None

    @property
    def lengths(self) -> list[int]:
        return [self.prompts, self.seeds, *map(len, self.settings.values())]

    def points(self) -> Iterator[tuple[dict[str, Any], list[int]]]:
        """The settings, each with its place on the axes of settings."""
        for values in itertools.product(*self.settings.values()):
            at = dict(zip(self.settings, values, strict=True))
            yield at, [self.settings[axis].index(value) for axis, value in at.items()]

    def quality(self, run: int, prompt: int, settings: Sequence[int]) -> float:
        """How good a picture is, 0 to 1: by its run, its prompt and its settings."""
        effect = 0.45 + 0.08 * run + 0.12 * math.sin(prompt * 2.3)
        for place, (axis, values) in zip(settings, self.settings.items(), strict=True):
            share = place / max(1, len(values) - 1)
            effect += 0.3 * share if axis == "steps" else 0.15 * math.sin(math.pi * share)
        return min(1.0, max(0.0, effect))

    def scenes(self) -> list[Example]:
        rng = np.random.default_rng(7)
        return [sample(rng) for _ in range(min(self.prompts, POOL))]

    def prompt(self, scenes: list[Example], index: int) -> str:
        if self.hostile and index < len(HOSTILE):
            return HOSTILE[index]
        caption = scenes[index % len(scenes)].caption
        return caption if index < len(scenes) else f"{caption}, take {index // len(scenes) + 1}"


def categories(scenes: list[Example]) -> list[str]:
    return list(dict.fromkeys(scene.spec.task for scene in scenes))
