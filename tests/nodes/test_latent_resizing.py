"""Latents of another size: as torch interpolates them, and tagged so that they decode at it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import interpolate

from mezzotint.nodes.latent_resizing import resize_latents
from mezzotint.nodes.latents import LatentBatch, LatentTag


def latents(width: int = 96, height: int = 64, packing: Any = "grid") -> LatentBatch:
    samples = torch.randn(2, 4, height // 8, width // 8, generator=torch.Generator().manual_seed(0))
    return LatentBatch(samples, LatentTag("stable_diffusion", "4 channels", width, height, packing))


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "area", "bicubic"])
def test_they_are_interpolated_as_torch_does_it(method: Any) -> None:
    start = latents()
    found = resize_latents(start, scale=1.5, method=method)
    assert torch.equal(found.samples, interpolate(start.samples, size=(12, 18), mode=method))
    assert (found.tag.width, found.tag.height) == (144, 96)


def test_one_side_keeps_the_proportions() -> None:
    assert resize_latents(latents(), width=192).tag == resize_latents(latents(), height=128).tag
    assert resize_latents(latents(), width=192).samples.shape[-2:] == (16, 24)


def test_both_sides_stretch_or_crop() -> None:
    start = latents()
    stretched = resize_latents(start, width=128, height=128)
    cropped = resize_latents(start, width=128, height=128, crop=True)
    assert stretched.samples.shape == cropped.samples.shape == (2, 4, 16, 16)
    middle = start.samples[..., 2:10]
    assert torch.equal(cropped.samples, interpolate(middle, size=(16, 16), mode="nearest-exact"))


def test_half_precision_stays_what_it_is() -> None:
    start = latents()
    half = LatentBatch(start.samples.half(), start.tag)
    assert resize_latents(half, scale=2, method="bicubic").samples.dtype == torch.float16


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "either scale, or width"),
        ({"scale": 2, "width": 128}, "either scale, or width"),
        ({"scale": 0.01}, "can't become 0 by 0"),
    ],
)
def test_a_size_must_be_said_in_one_way(settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        resize_latents(latents(), **settings)


def test_packed_latents_have_no_size_to_change() -> None:
    with pytest.raises(ValueError, match="are packed"):
        resize_latents(latents(packing="tokens"), scale=2)
