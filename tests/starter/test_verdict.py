"""The first thing wrong with a picture, in words."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.starter import measure
from mezzotint.starter.judge import Detection
from mezzotint.starter.sentences import parse
from mezzotint.starter.tasks import Spec, Want
from mezzotint.starter.verdict import first_slip, reason
from mezzotint.starter.world import BACKDROPS, EXTENTS, PALETTE, Object, Picture, Scene, render


def picture(*things: tuple[str, str, str, tuple[float, float]]) -> Picture:
    """A picture of things: size, colour, shape and centre."""
    objects = [
        Object(shape, color, size, center, EXTENTS[size], PALETTE[color])  # type: ignore[index, arg-type]
        for size, color, shape, center in things
    ]
    return render(Scene(tuple(objects), "white", BACKDROPS["white"]))


STAR, RING = ("small", "red", "star", (16.0, 16.0)), ("medium", "blue", "ring", (46.0, 20.0))


@pytest.mark.parametrize(
    ("text", "slip", "expected", "found"),
    [
        ("a star", "number of objects", "1", "1 ring, 1 star"),
        ("three stars", "number of objects", "3", "1 ring, 1 star"),
        ("two stars", "shape", "2 stars", "1 ring, 1 star"),
        ("a blue star and a ring", "colour", "1 blue star, 1 ring", "1 blue ring, 1 red star"),
        ("a star right of a ring", "position", "star to the right of ring", "star to the left of ring"),
        ("a small star and a small ring", "size", "1 small ring, 1 small star",
         "1 medium blue ring, 1 small red star"),
        ("a star and a ring on a mint background", "background", "mint", "white"),
    ],
)  # fmt: skip
def test_the_first_thing_wrong_is_named(text: str, slip: str, expected: str, found: str):
    assert reason(parse(text), picture(STAR, RING)) == f"{slip}: expected {expected}; found {found}"


@pytest.mark.parametrize(
    "text",
    ["a star and a ring", "a red star left of a blue ring on a white background", "a ring and a red star"],
)
def test_nothing_is_wrong_with_what_was_asked_for(text: str):
    assert reason(parse(text), picture(STAR, RING)) == ""


def test_several_of_a_kind_are_counted():
    crosses = [("small", "red", "cross", (12.0, 12.0)), ("small", "red", "cross", (44.0, 44.0))]
    assert reason(parse("a star"), picture(*crosses)) == "number of objects: expected 1; found 2 crosses"
    assert reason(parse("a star"), picture()) == "number of objects: expected 1; found nothing"


def test_something_that_is_no_shape_is_called_so():
    smear = picture()
    smear = smear.copy()
    smear[30:33, 5:60] = (200, 20, 20)
    assert reason(parse("a star"), smear) == "shape: expected 1 star; found 1 something without a shape"


def test_of_two_that_could_be_either_the_right_one_is_spoken_of():
    spec = Spec("position", (Want("star"), Want("star", "red")), "left")
    blue, red = (
        Detection("star", color, "small", (x, 30), 16.0, 1.0) for color, x in (("blue", 50), ("red", 10))
    )
    assert first_slip(spec, [red, blue]) == "position"
    shown = picture(("small", "blue", "star", (50, 30)), ("medium", "red", "star", (16, 30)))
    assert (
        reason(spec, shown)
        == "position: expected star to the left of red star; found star to the right of red star"
    )


def test_scenes_made_to_a_sentence_have_nothing_wrong():
    examples = measure.fresh(100, seed=9)
    assert np.mean([reason(e.spec, render(e.scene)) == "" for e in examples]) >= 0.99
