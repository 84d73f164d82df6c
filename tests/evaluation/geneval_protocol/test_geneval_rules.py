"""GenEval's rules on detections made by hand: the six tasks, and the edges of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.detections import DetectedObjects
from mezzotint.evaluation.geneval_protocol.rules import Thresholds, Wanted, faults, overlap, relations

Thing = tuple[Any, ...]
LEFT, RIGHT, TOP, BOTTOM = (0, 40, 20, 60), (80, 40, 100, 60), (40, 0, 60, 20), (40, 80, 60, 100)
MIDDLE = (40, 40, 60, 60)
PUBLISHED = Thresholds()


def found(*things: Thing, classes: tuple[str, ...] = ()) -> DetectedObjects:
    """Things are (label, score) or (label, score, box)."""
    return DetectedObjects(
        100,
        100,
        tuple(thing[0] for thing in things),
        np.array([thing[1] for thing in things], "float32"),
        np.array([thing[2] if len(thing) > 2 else MIDDLE for thing in things], "float32").reshape(-1, 4),
        classes=classes,
    )


def entry(name: str, count: int = 1, **more: Any) -> dict[str, Any]:
    return {"class": name, "count": count, **more}


def why(
    record: dict[str, Any],
    *things: Thing,
    colors: dict[int, str] | None = None,
    limits: Thresholds = PUBLISHED,
    classes: tuple[str, ...] = (),
) -> list[str]:
    """What is wrong; ``colors`` by the place of a thing."""

    def color(name: str, places: Any) -> list[str]:
        assert colors is not None, "no colour was asked for"
        return [colors[at] for at in places]

    return faults(Wanted.of(record), found(*things, classes=classes), color, limits)


SINGLE = {"tag": "single_object", "include": [entry("bench")]}
TWO = {"tag": "two_object", "include": [entry("cat"), entry("dog")]}
THREE = {"tag": "counting", "include": [entry("cat", 3)], "exclude": [entry("cat", 4)]}
RED = {"tag": "colors", "include": [entry("car", color="red")]}
ABOVE = {"tag": "position", "include": [entry("dog"), entry("cat", position=["above", 0])]}
BOTH = {"tag": "color_attr", "include": [entry("car", color="red"), entry("bus", color="blue")]}


def test_single_object():
    assert why(SINGLE, ("bench", 0.5)) == []
    assert why(SINGLE) == ["expected bench>=1, found 0"]
    assert why(SINGLE, ("chair", 0.9)) == ["expected bench>=1, found 0"]
    assert why(SINGLE, ("bench", 0.5), ("bench", 0.6), ("dog", 0.9)) == [], "others don't matter"


@pytest.mark.parametrize(("score", "counts"), [(0.29, False), (0.3, False), (0.31, True)])
def test_a_detection_counts_above_the_threshold_not_at_it(score: float, counts: bool):
    assert (why(SINGLE, ("bench", score)) == []) == counts


def test_two_objects_are_both_needed_and_all_that_is_missing_is_said():
    assert why(TWO, ("dog", 0.5), ("cat", 0.4)) == []
    assert why(TWO, ("dog", 0.5)) == ["expected cat>=1, found 0"]
    assert why(TWO) == ["expected cat>=1, found 0", "expected dog>=1, found 0"]


def test_counting_wants_the_exact_number():
    cats = [("cat", 0.95)] * 5
    assert why(THREE, *cats[:3]) == []
    assert why(THREE, *cats[:2]) == ["expected cat>=3, found 2"]
    assert why(THREE, *cats[:4]) == ["expected cat<4, found 4"]
    assert why(THREE, *cats) == ["expected cat<4, found 5"]
    assert why(THREE, *cats[:3], ("dog", 0.99)) == []


def test_counting_has_a_threshold_of_its_own():
    assert why(THREE, *[("cat", 0.95)] * 3, ("cat", 0.89)) == []
    assert why(THREE, *[("cat", 0.95)] * 2, ("cat", 0.89)) == ["expected cat>=3, found 2"]
    low = Thresholds(counting_score=0.5)
    assert why(THREE, *[("cat", 0.95)] * 2, ("cat", 0.89), limits=low) == []


def test_a_colour_is_that_of_the_strongest_detection():
    assert why(RED, ("car", 0.5), colors={0: "red"}) == []
    assert why(RED, ("car", 0.5), ("car", 0.6), colors={0: "blue", 1: "red"}) == []
    assert why(RED, ("car", 0.6), ("car", 0.5), colors={0: "blue", 1: "red"}) == [
        "expected red car>=1, found 0 red; and 1 blue"
    ]


def test_a_colour_that_several_must_have_is_counted():
    record = {"tag": "colors", "include": [entry("car", 3, color="red")]}
    cars = [("car", 0.9), ("car", 0.8), ("car", 0.7)]
    assert why(record, *cars, colors={0: "blue", 1: "red", 2: "red"}) == [
        "expected red car>=3, found 2 red; and 2 red, 1 blue"
    ]
    assert why(record, *cars, colors=dict.fromkeys(range(3), "red")) == []


def test_no_colour_is_told_where_the_object_is_missing():
    assert why(RED, ("bus", 0.9), colors=None) == ["expected car>=1, found 0"]


@pytest.mark.parametrize(
    ("relation", "box"), [("left of", LEFT), ("right of", RIGHT), ("above", TOP), ("below", BOTTOM)]
)
def test_position_compares_centres(relation: str, box: tuple[int, ...]):
    record = {"tag": "position", "include": [entry("dog"), entry("cat", position=[relation, 0])]}
    assert why(record, ("dog", 0.5), ("cat", 0.5, box)) == []
    (wrong,) = why(record, ("dog", 0.5, box), ("cat", 0.5))
    opposite = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}[relation]
    assert wrong == f"expected cat {relation} target, found {opposite} target"


def test_objects_at_one_place_stand_in_no_relation():
    assert why(ABOVE, ("dog", 0.5), ("cat", 0.5)) == ["expected cat above target, found  target"]


def test_a_relation_to_what_is_missing_does_not_hold():
    assert why(ABOVE, ("cat", 0.5, TOP)) == ["expected dog>=1, found 0", "no target for cat to be above"]
    assert why(ABOVE, ("dog", 0.5)) == ["expected cat>=1, found 0"]


def test_of_several_the_strongest_is_placed():
    assert why(ABOVE, ("dog", 0.5), ("cat", 0.5, BOTTOM), ("cat", 0.6, TOP)) == []
    assert why(ABOVE, ("dog", 0.5), ("cat", 0.6, BOTTOM), ("cat", 0.5, TOP)) == [
        "expected cat above target, found below target"
    ]


def test_attributes_belong_to_their_objects():
    things = (("car", 0.5, LEFT), ("bus", 0.5, RIGHT))
    assert why(BOTH, *things, colors={0: "red", 1: "blue"}) == []
    assert why(BOTH, *things, colors={0: "blue", 1: "red"}) == [
        "expected red car>=1, found 0 red; and 1 blue",
        "expected blue bus>=1, found 0 blue; and 1 red",
    ]


def test_a_target_of_the_wrong_colour_is_none():
    record = {"tag": "x", "include": [entry("dog", color="red"), entry("cat", position=["above", 0])]}
    assert why(record, ("dog", 0.5), ("cat", 0.5, TOP), colors={0: "blue"}) == [
        "expected red dog>=1, found 0 red; and 1 blue",
        "no target for cat to be above",
    ]


def test_at_most_so_many_of_a_class_are_kept():
    record = {"tag": "x", "include": [entry("cat", 17)]}
    assert why(record, *[("cat", 0.9)] * 20) == ["expected cat>=17, found 16"]
    assert why(record, *[("cat", 0.9)] * 20, limits=Thresholds(max_objects=17)) == []


def test_overlapping_objects_are_one_only_if_that_is_asked_for():
    record = {"tag": "x", "include": [entry("cat", 2)]}
    twice = (("cat", 0.9), ("cat", 0.8, (41, 40, 60, 60)))
    assert why(record, *twice) == []
    assert why(record, *twice, limits=Thresholds(max_overlap=0.5)) == ["expected cat>=2, found 1"]
    apart = (("cat", 0.9), ("cat", 0.8, LEFT))
    assert why(record, *apart, limits=Thresholds(max_overlap=0.5)) == []


def test_of_equal_scores_the_last_comes_first():
    assert why(RED, ("car", 0.5), ("car", 0.5), colors={0: "blue", 1: "red"}) == []


def test_overlap_counts_the_last_pixels_in():
    assert overlap((0, 0, 9, 9), (0, 0, 9, 9)) == 1
    assert overlap((0, 0, 9, 9), (5, 0, 14, 9)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 4, 4), (10, 10, 14, 14)) == 0


BOXES = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(0, 40)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(BOXES, BOXES, st.sampled_from([0.0, 0.1, 0.5]))
def test_relations_are_those_of_the_paper(one, other, margin):
    """Offset of the centres, shortened by the margin along each axis, over the length of the offset."""
    a, b = np.array(one, float).reshape(2, 2), np.array(other, float).reshape(2, 2)
    offset = a.mean(0) - b.mean(0)
    shortened = np.sign(offset) * np.maximum(np.abs(offset) - margin * (np.ptp(a, 0) + np.ptp(b, 0)), 0)
    expected = set()
    if shortened.any():
        across, down = shortened / np.linalg.norm(offset)
        expected = {
            name
            for name, part in (("left of", -across), ("right of", across), ("above", -down), ("below", down))
            if part > 0.5
        }
    assert set(relations(one, other, margin)) == expected


def test_a_diagonal_is_both_relations():
    assert relations((0, 0, 2, 2), (50, 50, 52, 52), 0.1) == ["left of", "above"]
    assert why(ABOVE, ("dog", 0.5, (80, 80, 90, 90)), ("cat", 0.5, (0, 0, 10, 10))) == []


@pytest.mark.parametrize(
    ("label", "name"), [("mouse", "computer mouse"), ("tvmonitor", "tv"), ("sofa", "couch")]
)
def test_detectors_that_call_a_class_otherwise_are_understood(label: str, name: str):
    record = {"tag": "single_object", "include": [entry(name)]}
    assert why(record, (label, 0.5), classes=("person", label)) == []


def test_a_class_that_the_detector_does_not_know_is_an_error_not_an_absence():
    with pytest.raises(ValueError, match="knows no 'bench'; it finds cat, tv"):
        why(SINGLE, ("cat", 0.5), classes=("tvmonitor", "cat"))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"include": [entry("cat")]}, "no tag"),
        ({"tag": "x", "include": ["cat"]}, "include of the metadata holds 'cat'"),
        ({"tag": "x", "include": [{"class": "cat"}]}, "expected class, count"),
        ({"tag": "x", "include": [entry("cat", 0)]}, "counts 0 cat"),
        ({"tag": "x", "include": [entry("cat", color="grey")]}, "'grey' is none of red, orange"),
        ({"tag": "x", "include": [entry("cat"), entry("dog", position=["near", 0])]}, r"\['near', 0\] isn't"),
        ({"tag": "x", "include": [entry("dog", position=["above", 0])]}, r"\['above', 0\] isn't"),
    ],
)  # fmt: skip
def test_records_that_are_not_genevals_are_refused(record: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        Wanted.of(record)
