"""A picture of one colour, and one that nearly is."""

from __future__ import annotations

from pathlib import Path

import numpy
import torch

import mezzotint
from mezzotint.evaluation import blank
from mezzotint.nodes.pictures import ImagesType


def pictures(*levels: tuple[int, int]) -> torch.Tensor:
    """Red of the first level, with a single pixel of the second; green and blue are even."""
    images = torch.full((len(levels), 3, 6, 5), 0.5)
    for image, (level, other) in zip(images, levels, strict=True):
        image[0] = level / 255
        image[0, 2, 3] = other / 255
    return images


def test_a_share_of_blank_pictures_has_an_interval_though_none_was_seen(tmp_path: Path):
    graph = tmp_path / "graph.yaml"
    graph.write_text("""\
inputs: {prompt: {each: [a red circle, a blue square]}}
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: 0}
  empty: {use: blank, images: $scene}
  share: {use: mean, number: $empty, over: prompt}
outputs: {share: $share}
""")
    low, high = mezzotint.load(graph).run(out=tmp_path / "run")["share"].value.interval
    assert low == 0 < high < 1


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
