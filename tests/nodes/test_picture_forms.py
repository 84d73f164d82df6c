"""Pictures as programs hold them: what goes in as PIL, NumPy or torch comes back so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from mezzotint.nodes.picture_forms import as_tensors, take


@pytest.fixture
def pixels() -> numpy.ndarray[Any, Any]:
    """Two pictures of 4 by 6 pixels, uint8 [2, 4, 6, 3]."""
    return numpy.random.default_rng(0).integers(0, 256, (2, 4, 6, 3), dtype="uint8")


def back(value: Any) -> Any:
    taken = take(value)
    for item in taken.items:
        assert item.dtype == "float32"
        assert item.shape[0] == 3
    return taken.give(taken.items, taken.single)


def test_a_pil_image_comes_back(pixels: numpy.ndarray[Any, Any]) -> None:
    made = back(Image.fromarray(pixels[0]))
    assert isinstance(made, Image.Image)
    assert (numpy.asarray(made) == pixels[0]).all()


def test_a_list_of_pil_images_of_any_size_comes_back(pixels: numpy.ndarray[Any, Any]) -> None:
    made = back([Image.fromarray(pixels[0]), Image.fromarray(pixels[1, :2])])
    assert [picture.size for picture in made] == [(6, 4), (6, 2)]


def test_a_file_comes_back_as_a_pil_image(pixels: numpy.ndarray[Any, Any], tmp_path: Path) -> None:
    Image.fromarray(pixels[0]).save(tmp_path / "one.png")
    assert (numpy.asarray(back(tmp_path / "one.png")) == pixels[0]).all()


def test_generators_and_columns_of_pictures_are_lists_of_them(pixels: numpy.ndarray[Any, Any]) -> None:
    pictures = [Image.fromarray(each) for each in pixels]
    column = numpy.empty(2, object)
    column[:] = pictures
    for given in (iter(pictures), column):
        assert [numpy.asarray(made).tolist() for made in back(given)] == pixels.tolist()


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "float16"])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_arrays_and_tensors_come_back_in_their_layout_and_dtype(
    pixels: numpy.ndarray[Any, Any], dtype: str, batched: bool, channels_last: bool, library: str
) -> None:
    value: Any = pixels if dtype == "uint8" else (pixels / 255).astype(dtype)
    value = value if batched else value[0]
    value = value if channels_last else numpy.moveaxis(value, -1, -3)
    if library == "torch":
        value = torch.from_numpy(value.copy())
    made = back(value)
    assert type(made) is type(value)
    assert made.dtype == value.dtype
    assert made.shape == value.shape
    assert abs(made - value).max() <= 1e-7  # items are float32


def test_where_three_stands_at_both_ends_each_librarys_habit_decides() -> None:
    red = numpy.zeros((3, 5, 3), "uint8")
    red[..., 0] = 255
    assert take(red).items[0].shape == (3, 3, 5)
    assert take(torch.from_numpy(red)).items[0].shape == (3, 5, 3)


def test_the_dtype_of_half_a_float_that_numpy_lacks_comes_back() -> None:
    assert back(torch.ones(1, 3, 2, 2, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_pictures_that_come_to_differ_in_size_are_a_list(pixels: numpy.ndarray[Any, Any]) -> None:
    taken = take(pixels)
    made = taken.give([taken.items[0], taken.items[1][:, :2]], False)
    assert [picture.shape for picture in made] == [(4, 6, 3), (2, 6, 3)]


def test_nothing_of_what_went_in_is_shared(pixels: numpy.ndarray[Any, Any]) -> None:
    value = torch.from_numpy(numpy.moveaxis(pixels / numpy.float32(255), -1, 1).copy())
    taken = take(value)
    taken.items[0][:] = 0
    assert value[0].max() > 0


def test_with_no_pictures_given_tensors_come_out() -> None:
    item = numpy.zeros((3, 2, 2), "float32")
    assert as_tensors([item], True).shape == (3, 2, 2)
    assert as_tensors([item, item], False).shape == (2, 3, 2, 2)
    assert [tensor.shape for tensor in as_tensors([item, item[:, :1]], False)] == [(3, 2, 2), (3, 1, 2)]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (numpy.zeros((4, 6)), "this is of shape [4, 6]"),
        (numpy.zeros((4, 6, 4)), "this is of shape [4, 6, 4]"),
        (numpy.zeros((4, 6, 3), "int64"), "this is of int64"),
        (numpy.full((4, 6, 3), 255.0), "floats of pictures are from 0 to 1, and these go from 0 to 255"),
        ("cat.png", "cat.png can't be read"),
        (numpy.zeros((0, 6, 3)), "a picture has at least one pixel"),
        (numpy.full((4, 6, 3), numpy.nan), "some of these are NaN"),
        ([numpy.zeros((4, 6, 3)), None], "this is NoneType (entry 2 of 2, NoneType)"),
        ([numpy.zeros((2, 4, 6, 3))], "a list of pictures holds batches of pictures"),
    ],
)
def test_what_is_no_picture_is_told(value: Any, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        take(value)
