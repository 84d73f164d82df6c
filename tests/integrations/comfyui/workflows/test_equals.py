"""What is said to be equal is: pictures as ComfyUI's nodes compute them."""

from __future__ import annotations

import subprocess
import sys

import numpy
import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate

from mezzotint.integrations.comfyui.workflows.stock_pictures import METHODS
from mezzotint.integrations.comfyui.workflows.stock_sampling import takes_all
from mezzotint.nodes.resizing import resize
from mezzotint.nodes.upscaling import upscale


def pictures(width: int = 50, height: int = 37) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


TORCH = ["nearest-exact", "bilinear", "area", "bicubic"]


@pytest.mark.parametrize("method", TORCH)
@pytest.mark.parametrize("size", [(20, 90), (100, 74), (75, 56)])
def test_pictures_are_interpolated_by_torch(method: str, size: tuple[int, int]) -> None:
    start = pictures()
    expected = interpolate(start, size=size[::-1], mode=method).clamp(0, 1)
    found = resize(start, width=size[0], height=size[1], method=METHODS[method])  # type: ignore[arg-type]
    assert torch.equal(found, expected)


@pytest.mark.parametrize("method", TORCH)
def test_pictures_are_enlarged_by_torch(method: str) -> None:
    start = pictures()
    expected = interpolate(start, size=(round(37 * 1.5), 75), mode=method).clamp(0, 1)
    found = upscale(start, scale=1.5, method=METHODS[method])  # type: ignore[arg-type]
    assert torch.equal(found, expected)


@pytest.mark.parametrize("size", [(20, 90), (100, 74), (7, 5)])
def test_lanczos_is_that_of_pictures_cut_to_8_bits(size: tuple[int, int]) -> None:
    start = pictures()
    theirs = []
    for picture in start:
        pixels = (255.0 * picture.permute(1, 2, 0).numpy()).clip(0, 255).astype(numpy.uint8)
        resized = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
        theirs.append(torch.from_numpy(numpy.array(resized).astype("float32") / 255).permute(2, 0, 1))
    found = resize(start, width=size[0], height=size[1], method="lanczos-8bit")
    assert torch.equal(found, torch.stack(theirs))


def test_comfyuis_methods_stretch_only() -> None:
    with pytest.raises(ValueError, match="method torch-area goes with fit: exact"):
        resize(pictures(), width=8, height=8, fit="cover", method="torch-area")


@pytest.mark.parametrize(
    ("spacing", "steps", "whole"),
    [("karras", 30, True), ("ddim_uniform", 20, True), ("ddim_uniform", 30, False), ("beta", 1000, False)],
)
def test_spacings_that_make_another_number_of_steps(spacing: str, steps: int, whole: bool) -> None:
    assert takes_all(spacing, steps) is whole  # type: ignore[arg-type]


def test_converting_imports_no_torch() -> None:
    code = """
import sys
import mezzotint.integrations.comfyui.workflows.to_graph, mezzotint.integrations.comfyui.workflows.to_workflow
import mezzotint.integrations.comfyui.workflows.reading
mezzotint.registry()
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
