"""Preparing pictures as tensors gives what open_clip makes of them as files."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2

from mezzotint.evaluation.extractors.preprocessing import Preprocessing
from mezzotint.nodes.pictures import to_pil


def pictures(height: int, width: int, count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(height * width))


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("shape", [(32, 32), (100, 80), (20, 33), (31, 97)])
def test_it_equals_open_clip_bit_for_bit(mode, interpolation, shape):
    config = PreprocessCfg(size=32, resize_mode=mode, interpolation=interpolation, fill_color=7)
    images = pictures(*shape)
    peer = torch.stack([image_transform_v2(config, is_train=False)(to_pil(image)) for image in images])
    ours = Preprocessing.of_open_clip(asdict(config))
    assert torch.equal(ours(images), peer)
    assert ours.rule == f"pil-{interpolation}-{mode}"


def test_an_input_that_is_not_square_too():
    config = PreprocessCfg(size=(32, 48), mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    images = pictures(70, 64)
    peer = torch.stack([image_transform_v2(config, is_train=False)(to_pil(image)) for image in images])
    assert torch.equal(Preprocessing.of_open_clip(asdict(config))(images), peer)


def test_images_are_rounded_to_8_bits_first():
    preprocessing = Preprocessing.of_open_clip(asdict(PreprocessCfg(size=16)))
    almost = torch.full((1, 3, 16, 16), 100.3 / 255)
    assert torch.equal(preprocessing(almost), preprocessing(torch.full((1, 3, 16, 16), 100 / 255)))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(3, 16, 16), r"\[B, 3, H, W\], got \[3, 16, 16\]"),
        (torch.zeros(1, 4, 16, 16), r"\[B, 3, H, W\]"),
        (torch.full((1, 3, 16, 16), float("nan")), "NaN"),
    ],
)
def test_what_is_no_picture_is_an_error(images, message):
    with pytest.raises(ValueError, match=message):
        Preprocessing.of_open_clip(asdict(PreprocessCfg(size=16)))(images)
