"""``outline``: what was found, drawn where it was found."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mezzotint.evaluation import DetectedObjects, outline

GREY = torch.full((1, 3, 64, 96), 0.5)


def found(*scores: float, masks: bool = False) -> DetectedObjects:
    n = len(scores)
    inside = np.zeros((n, 64, 96), bool)
    inside[:, 30:40, 30:40] = True
    return DetectedObjects(
        64,
        96,
        ("kite",) * n,
        np.array(scores, "float32"),
        np.tile(np.array([[20, 20, 60, 60]], "float32"), (n, 1)),
        inside if masks else None,
    )


def test_a_box_is_drawn_from_its_first_pixel_to_its_last():
    changed = (outline(GREY, [found(0.9)]) - GREY).abs().amax((0, 1)) > 0.01
    rows, columns = changed.any(1).nonzero().flatten(), changed.any(0).nonzero().flatten()
    assert (rows.min(), rows.max()) == (20, 59)
    assert columns.min() == 20, "the label begins where the box does"
    assert changed[59, 20:60].all()
    assert not changed[50, 30], "boxes are drawn by their edge"


def test_a_mask_is_tinted():
    changed = (outline(GREY, [found(0.9, masks=True)]) - GREY).abs().amax((0, 1)) > 0.01
    assert changed[35, 35]
    assert not changed[50, 50]


def test_weak_ones_are_left_out():
    assert torch.allclose(outline(GREY, [found(0.3, 0.1)]), GREY, atol=0.005)
    assert not torch.allclose(outline(GREY, [found(0.3)], threshold=0.2), GREY, atol=0.005)


def test_the_pictures_given_stay_as_they_are():
    picture = GREY.clone()
    outline(picture, [found(0.9)])
    assert torch.equal(picture, GREY)


def test_detections_of_another_picture_are_refused():
    with pytest.raises(ValueError, match="of a picture of 96×64 pixels, and this one has 64×64"):
        outline(GREY[..., :64], [found(0.9)])
