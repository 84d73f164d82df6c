"""A picture of one colour, and one that nearly is."""

from __future__ import annotations

import numpy
import torch

from mezzotint.evaluation import blank
from mezzotint.nodes.pictures import ImagesType


def pictures(*levels: tuple[int, int]) -> torch.Tensor:
    """Red of the first level, with a single pixel of the second; green and blue are even."""
    images = torch.full((len(levels), 3, 6, 5), 0.5)
    for image, (level, other) in zip(images, levels, strict=True):
        image[0] = level / 255
        image[0, 2, 3] = other / 255
    return images


def test_one_colour_is_blank_and_one_other_pixel_is_not():
    assert blank(pictures((200, 200), (200, 201), (0, 255))) == [1.0, 0.0, 0.0]


def test_differences_that_eight_bits_cannot_hold_do_not_count():
    assert blank(pictures((200, 200)) + 1e-4 * torch.rand(1, 3, 6, 5)) == [1.0]


def test_a_tolerance_makes_nearly_one_colour_blank():
    images = pictures((200, 203), (203, 200), (200, 204))
    assert blank(images, tolerance=3) == [1.0, 1.0, 0.0]
    assert blank(images, tolerance=255) == [1.0, 1.0, 1.0]


def test_without_tolerance_it_is_the_flag_of_the_pictures():
    images = pictures((10, 10), (10, 11), (255, 255))
    assert blank(images) == [float(ImagesType().flags(image) == ("blank",)) for image in images]


def test_arrays_from_the_store_will_do_and_so_does_one_pixel():
    assert blank(numpy.zeros((1, 3, 1, 1), "float32")) == [1.0]
    assert blank(torch.zeros(0, 3, 8, 8)) == []
