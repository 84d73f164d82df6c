"""Enlarging is Pillow's, without rounding on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mezzotint.nodes import to_8bit
from mezzotint.nodes.upscaling import upscale


def pictures(count: int = 2, height: int = 7, width: int = 5) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("method", ["lanczos", "bicubic", "nearest"])
@pytest.mark.parametrize("scale", [1, 2, 2.5])
def test_every_channel_equals_pillow(method: Any, scale: float) -> None:
    images = pictures()
    found = upscale(images, scale=scale, method=method)
    size = (round(5 * scale), round(7 * scale))
    assert found.shape == (2, 3, size[1], size[0])
    assert found.dtype == torch.float32
    for picture, result in zip(images, found, strict=True):
        for channel, enlarged in zip(picture, result, strict=True):
            expected = Image.fromarray(channel.numpy()).resize(size, Image.Resampling[method.upper()])
            assert np.array_equal(enlarged.numpy(), np.asarray(expected).clip(0, 1))


def test_it_is_close_to_enlarging_8_bit_pictures() -> None:
    # Away from black and white, where 8-bit filtering clips what overshoots after each direction.
    images = to_8bit(pictures() * 0.3 + 0.35).float() / 255
    picture = Image.fromarray(to_8bit(images)[0].permute(1, 2, 0).numpy())
    expected = np.asarray(picture.resize((10, 14), Image.Resampling.LANCZOS)).astype(int)
    found = to_8bit(upscale(images, scale=2))[0].permute(1, 2, 0).numpy().astype(int)
    assert np.abs(found - expected).max() <= 1


def test_nearest_repeats_pixels_and_the_rest_stays_in_range() -> None:
    images = pictures()
    assert torch.equal(
        upscale(images, scale=2, method="nearest"), images.repeat_interleave(2, 2).repeat_interleave(2, 3)
    )
    edges = (torch.arange(8) % 2).float().expand(1, 3, 8, 8)
    assert upscale(edges, scale=3).min() >= 0
    assert upscale(edges, scale=3).max() <= 1
