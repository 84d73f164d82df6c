"""The judge: it reads scenes right, and holds a picture to what was asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mezzotint.starter import judge, measure, world
from mezzotint.starter.captions import truth
from mezzotint.starter.tasks import Spec, Want

EXAMPLES = measure.fresh(300)


def found(shape: str, color: str, x: float = 20, y: float = 20) -> judge.Detection:
    return judge.Detection(shape, color, "small", (x, y), 16.0, 1.0)  # type: ignore[arg-type]


def test_it_reads_99_of_100_fresh_scenes_right_to_the_last_size():
    assert measure.altered(EXAMPLES).share >= 0.99


def test_what_a_caption_says_is_what_it_reads():
    right = [judge.satisfies(e.spec, judge.detect(world.render(e.scene))) for e in EXAMPLES]
    assert np.mean(right) >= 0.99


def test_it_reads_backgrounds():
    right = [judge.background(world.render(e.scene)) == e.scene.background for e in EXAMPLES]
    assert np.mean(right) >= 0.99


def test_a_little_blur_and_noise_do_not_mislead_it():
    assert measure.altered(EXAMPLES[:100], measure.blurred(0.5)).share >= 0.98
    assert measure.altered(EXAMPLES[:100], measure.noised(8)).share >= 0.98


def test_it_places_objects_to_a_pixel():
    for example in EXAMPLES[:50]:
        things = sorted(truth(example.scene), key=lambda d: d.center)
        read = sorted(judge.detect(world.render(example.scene)), key=lambda d: d.center)
        for thing, seen in zip(things, read, strict=True):
            assert np.abs(np.subtract(thing.center, seen.center)).max() < 1
            assert abs(thing.extent - seen.extent) < 2


def test_an_enlarged_picture_is_read_like_the_original():
    picture = world.render(EXAMPLES[0].scene)
    large = np.asarray(Image.fromarray(picture).resize((256, 256), Image.Resampling.LANCZOS))
    assert [(d.shape, d.color, d.size) for d in judge.detect(large)] == [
        (d.shape, d.color, d.size) for d in judge.detect(picture)
    ]


def test_a_blank_picture_shows_nothing():
    assert judge.detect(np.full((64, 64, 3), 200, np.uint8)) == []


def test_a_smear_is_no_shape():
    picture = np.full((64, 64, 3), 250, np.uint8)
    picture[30:33, 5:60] = (200, 20, 20)
    assert [d.shape for d in judge.detect(picture)] == [None]


@pytest.mark.parametrize("wrong", [np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.float32)])
def test_anything_but_8_bit_rgb_is_refused(wrong: np.ndarray):
    with pytest.raises(ValueError, match="expected uint8"):
        judge.detect(wrong)


def test_counting_is_exact():
    spec = Spec("counting", (Want("star", count=2),))
    stars = [found("star", "red"), found("star", "blue"), found("star", "red")]
    assert judge.satisfies(spec, stars[:2])
    assert not judge.satisfies(spec, stars)
    assert not judge.satisfies(spec, stars[:1])


def test_attributes_belong_to_their_objects():
    spec = Spec("attribution", (Want("star", "red"), Want("ring", "blue")))
    assert judge.satisfies(spec, [found("ring", "blue"), found("star", "red")])
    assert not judge.satisfies(spec, [found("ring", "red"), found("star", "blue")])


def test_other_objects_than_those_asked_for_are_not_let_pass():
    assert not judge.satisfies(Spec("single", (Want("star"),)), [found("star", "red"), found("ring", "red")])


@pytest.mark.parametrize(
    ("relation", "x", "y"), [("left", 10, 32), ("right", 54, 32), ("above", 32, 10), ("below", 32, 54)]
)
def test_relations_are_read_from_centres(relation: str, x: float, y: float):
    spec = Spec("position", (Want("star"), Want("ring")), relation)  # type: ignore[arg-type]
    ring = found("ring", "red", 32, 32)
    assert judge.satisfies(spec, [ring, found("star", "red", x, y)])
    assert not judge.satisfies(spec, [ring, found("star", "red", 64 - x, 64 - y)])
    assert not judge.satisfies(spec, [ring, found("star", "red", y, x)])


def test_a_named_size_counts():
    spec = Spec("single", (Want("star", size="large"),))
    assert not judge.satisfies(spec, [found("star", "red")])
    assert judge.satisfies(spec, [replace(found("star", "red"), size="large")])


def test_mistakes_are_named():
    picture = world.render(EXAMPLES[0].scene)
    things = [(o.shape, o.color) for o in EXAMPLES[0].scene.objects]
    assert not judge.mistakes(picture, things)
    assert judge.mistakes(picture, [*things, ("star", "red")]) == {"object missed": 1}
