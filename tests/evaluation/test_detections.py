"""Detections travel between nodes, are stored without loss, and can be written as plain data."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation import DetectedObjects
from mezzotint.evaluation.detections import DetectionsType

KIND = DetectionsType()
TWO: dict[str, Any] = {
    "width": 64,
    "height": 48,
    "objects": [
        {"label": "cat", "score": 0.9, "box": [1, 2, 30, 40]},
        {"label": "dog", "score": 0.5, "box": [10.5, 0, 64, 48]},
    ],
}


def random_objects(seed: int, n: int, width: int, masks: bool) -> DetectedObjects:
    rng = np.random.default_rng(seed)
    return DetectedObjects(
        7,
        width,
        tuple(f"thing {i}" for i in range(n)),
        rng.random(n).astype("float32"),
        rng.random((n, 4)).astype("float32"),
        rng.random((n, 7, width)) < 0.5 if masks else None,
        ("thing", "другое"),
    )


@given(st.integers(0, 99), st.integers(0, 4), st.integers(1, 20), st.booleans())
def test_they_are_stored_without_loss(seed: int, n: int, width: int, masks: bool):
    given = random_objects(seed, n, width, masks)
    back = KIND.decode(KIND.encode(given))
    assert (back.height, back.width, back.labels, back.classes) == (7, width, given.labels, given.classes)
    assert np.array_equal(back.scores, given.scores)
    assert np.array_equal(back.boxes, given.boxes)
    assert (back.masks is None) == (not masks)
    if masks:
        assert back.masks.dtype == bool
        assert np.array_equal(back.masks, given.masks)


def test_a_mask_takes_a_bit_a_pixel():
    large = DetectedObjects(
        512, 512, ("a",), np.ones(1, "float32"), np.ones((1, 4), "float32"), np.ones((1, 512, 512), bool)
    )
    assert len(KIND.encode(large)) < 512 * 512 / 8 + 1000


def test_plain_data_become_detections_and_are_shown_as_such():
    found = KIND.parse(TWO)
    assert (found.height, found.width, found.labels) == (48, 64, ("cat", "dog"))
    assert found.boxes.tolist() == [[1, 2, 30, 40], [10.5, 0, 64, 48]]
    assert json.loads(KIND.cell(found)) == TWO
    assert KIND.parse(found) is found


def test_nothing_found_is_found_too():
    empty = KIND.parse({"width": 8, "height": 8, "objects": []})
    assert KIND.decode(KIND.encode(empty)).boxes.shape == (0, 4)
    assert KIND.is_finite(empty)


def test_the_strongest_is_shown_first():
    shown = KIND.parse({**TWO, "objects": TWO["objects"][::-1]}).record()
    assert [one["label"] for one in shown["objects"]] == ["cat", "dog"]


@pytest.mark.parametrize(
    "wrong",
    [
        "cat",
        {},
        {"width": 8, "height": 8, "objects": [{"label": "cat"}]},
        {"width": 8, "height": 8, "objects": [{"label": "cat", "score": "high", "box": [0, 0, 1, 1]}]},
        {"width": 8, "height": 8, "objects": [{"label": "cat", "score": 1, "box": [0, 0, 1]}]},
        {"width": 8, "height": 8, "objects": 3},
    ],
)
def test_other_data_are_refused_with_what_was_expected(wrong: Any):
    with pytest.raises(ValueError, match="expected a mapping of width, height and objects"):
        KIND.parse(wrong)


def test_arrays_must_fit_each_other():
    with pytest.raises(
        ValueError, match=r"1 detections have boxes of shape \(1, 4\), and these are \(2, 4\)"
    ):
        DetectedObjects(8, 8, ("a",), np.ones(1, "float32"), np.ones((2, 4), "float32"))
    with pytest.raises(ValueError, match=r"masks of shape \(1, 8, 8\)"):
        DetectedObjects(
            8, 8, ("a",), np.ones(1, "float32"), np.ones((1, 4), "float32"), np.ones((1, 4, 8), bool)
        )


def test_a_score_that_is_no_number_fails_the_item():
    found = KIND.parse(TWO)
    found.scores[0] = np.nan
    assert not KIND.is_finite(found)


def test_a_batch_is_a_list_of_as_many():
    found = KIND.parse(TWO)
    assert KIND.split(KIND.stack([found, found]), 2) == [found, found]
    for wrong in ([found], [found, TWO]):
        with pytest.raises(ValueError, match="2 items went in; expected a list of as many Detections"):
            KIND.split(wrong, 2)
