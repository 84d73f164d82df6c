"""Contestants with small pictures of their own, pages of them, and votes on those."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mezzotint.evaluation.rating.blind_page import make_page
from mezzotint.evaluation.rating.key import RatingKey
from mezzotint.evaluation.rating.pairing import Contestant, Spot

MakeContestants = Callable[..., list[Contestant]]
VoteLine = Callable[..., str]

PROMPTS = ("a red circle", "two stars", "a heart", "a blue box")


@pytest.fixture
def contestants(tmp_path: Path) -> MakeContestants:
    """Contestants by their names, each with a picture of its own for every prompt and seed.

    Files tell who made them by folder, by name and by what they carry, as those of runs do.
    """

    def contestants(
        *names: str, prompts: Iterable[str] = PROMPTS, seeds: Iterable[str] = ("0", "1")
    ) -> list[Contestant]:
        made = []
        for number, name in enumerate(names):
            folder = tmp_path / name
            folder.mkdir()
            pictures: dict[Spot, Path | None] = {}
            for at, prompt in enumerate(prompts):
                for seed in seeds:
                    path = folder / f"{name}-{at}-{seed}.png"
                    carried = PngInfo()
                    carried.add_text("mezzotint", json.dumps({"made by": name, "prompt": prompt}))
                    colour = (40 * at, 60 * number, 50 * (1 + int(seed)))
                    Image.new("RGB", (16, 16), colour).save(path, pnginfo=carried)
                    pictures[Spot(prompt, seed=seed)] = path
            made.append(Contestant(name, pictures))
        return made

    return contestants


@pytest.fixture
def rating(tmp_path: Path) -> Path:
    """Where a page goes."""
    return tmp_path / "rating"


@pytest.fixture
def key(contestants: MakeContestants, rating: Path) -> RatingKey:
    """The key of a page of two contestants, ``ours`` and ``theirs``, over four prompts and two seeds."""
    return make_page(contestants("ours", "theirs"), rating)


@pytest.fixture
def line(key: RatingKey) -> VoteLine:
    """A line of a file of votes: ``line(1, "ours")``, ``line(2, "tie", rater="bob")``, any entry changed."""

    def line(pair: int, choice: str, **changed: Any) -> str:
        pictures = key.by_number[pair].pictures
        made_by = {key.contestants[number]: picture for picture, number in pictures.items()}
        vote = {
            "page": key.page,
            "pair": pair,
            "choice": made_by.get(choice, choice),
            "left": next(iter(pictures)),
            "rater": "ann",
            "at": f"2026-01-01T00:00:{pair:02}.000Z",
            "seconds": 2.5,
        }
        return json.dumps(vote | changed) + "\n"

    return line
