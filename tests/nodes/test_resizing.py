"""Resizing and cropping are Pillow's, without rounding on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from mezzotint.nodes.resizing import crop, resize


def pictures(count: int = 2, height: int = 12, width: int = 20) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(0))


def by_pillow(images: torch.Tensor, change: Any) -> np.ndarray[Any, Any]:
    channels = [[np.asarray(change(Image.fromarray(channel.numpy()))) for channel in one] for one in images]
    return np.asarray(channels).clip(0, 1)


@pytest.mark.parametrize("method", ["lanczos", "bicubic", "nearest"])
@pytest.mark.parametrize(("width", "height"), [(7, 30), (40, 24), (5, 3), (20, 12)])
def test_every_channel_equals_pillow(method: Any, width: int, height: int) -> None:
    images, how = pictures(), Image.Resampling[method.upper()]
    for fit, change in (
        ("exact", lambda one: one.resize((width, height), how)),
        ("inside", lambda one: ImageOps.contain(one, (width, height), how)),
        ("cover", lambda one: ImageOps.cover(one, (width, height), how)),
    ):
        found = resize(images, width=width, height=height, fit=fit, method=method)  # type: ignore[arg-type]
        assert found.dtype == torch.float32
        assert np.array_equal(found.numpy(), by_pillow(images, change))


def test_inside_fits_and_cover_covers() -> None:
    wide = pictures(height=10, width=40)
    assert resize(wide, width=20, height=20, fit="inside").shape == (2, 3, 5, 20)
    assert resize(wide, width=20, height=20, fit="cover").shape == (2, 3, 20, 80)
    assert resize(wide, width=20, height=20).shape == (2, 3, 20, 20)


@pytest.mark.parametrize("fit", ["exact", "inside", "cover"])
def test_one_side_alone_keeps_the_proportions(fit: Any) -> None:
    assert resize(pictures(), width=10, fit=fit).shape == (2, 3, 6, 10)
    assert resize(pictures(), height=3, fit=fit).shape == (2, 3, 3, 5)
    assert resize(pictures(height=1, width=99), width=3, fit=fit).shape == (2, 3, 1, 3)


def test_sizes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="resize needs width, height, or both"):
        resize(pictures())
    with pytest.raises(ValueError, match="brought to 32768 by 32768 is too large"):
        resize(pictures(), width=32768, height=32768)
    with pytest.raises(ValueError, match="a picture of 1 by 9999 brought to 9999 by 1 is too large"):
        resize(pictures(height=9999, width=1), width=9999, height=1, fit="cover")


def test_a_crop_is_pillows_crop() -> None:
    images = pictures()
    found = crop(images, width=7, height=5, left=3, top=2)
    assert np.array_equal(found.numpy(), by_pillow(images, lambda one: one.crop((3, 2, 10, 7))))
    assert torch.equal(crop(images, width=20, height=12), images)


def test_a_crop_without_a_place_is_from_the_centre() -> None:
    images = pictures()
    assert torch.equal(crop(images, width=10, height=6), images[..., 3:9, 5:15])
    assert torch.equal(crop(images, width=10, height=6, left=0), images[..., 3:9, 0:10])


@pytest.mark.parametrize(
    "box",
    [{"width": 21, "height": 5}, {"width": 5, "height": 5, "left": 16}, {"width": 5, "height": 5, "top": 8}],
)
def test_a_crop_that_reaches_out_of_the_picture_is_refused(box: Any) -> None:
    with pytest.raises(ValueError, match=r"reach out of a picture of 20 by 12; resize it first"):
        crop(pictures(), **box)
