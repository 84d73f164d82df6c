"""Tiles: blended without a seam, and equal to the whole where they see all that a pixel depends on."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from mezzotint.graphs import stepping
from mezzotint.nodes.tiles import in_tiles

#: Pixels that a result depends on to each side, after three convolutions of 5 by 5.
REACH = 6


def pictures(height: int, width: int) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def blurred(batch: torch.Tensor, scale: int = 1) -> torch.Tensor:
    """Three random convolutions, then pixels repeated."""
    generator = torch.Generator().manual_seed(1)
    for _ in range(3):
        batch = functional.conv2d(batch, torch.rand(3, 3, 5, 5, generator=generator) / 75, padding=2)
    return batch.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("size", [(64, 64), (65, 33), (41, 90), (100, 12)])
def test_tiles_equal_the_whole_when_the_overlap_covers_the_receptive_field(
    size: tuple[int, int], scale: int
) -> None:
    batch = pictures(*size)
    found = in_tiles(batch, lambda part: blurred(part, scale), scale=scale, tile=40, overlap=2 * REACH)
    assert torch.allclose(found, blurred(batch, scale), atol=1e-6)


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    tile=st.integers(1, 20),
    overlap=st.integers(0, 9),
    scale=st.integers(1, 3),
)
def test_the_say_of_all_tiles_adds_up_to_one(
    height: int, width: int, tile: int, overlap: int, scale: int
) -> None:
    if tile <= 2 * overlap:
        return
    sizes = []

    def enlarge(part: torch.Tensor) -> torch.Tensor:
        sizes.append(part.shape[-2:])
        return part.repeat_interleave(scale, 2).repeat_interleave(scale, 3)

    batch = pictures(height, width)
    found = in_tiles(batch, enlarge, scale=scale, tile=tile, overlap=overlap)
    assert torch.allclose(found, enlarge(batch), atol=1e-6)
    assert all(side <= tile for size in sizes[:-1] for side in size)


def test_where_tiles_disagree_the_step_between_pixels_stays_small() -> None:
    shades = iter(torch.linspace(0, 1, 4))

    def shaded(part: torch.Tensor) -> torch.Tensor:
        return torch.full_like(part, float(next(shades)))

    found = in_tiles(pictures(1, 100), shaded, scale=1, tile=40, overlap=10)
    steps = found.diff(dim=3).abs()
    assert found[..., 0].unique().item() == 0
    assert found[..., -1].unique().item() == 1
    assert steps.max() <= (1 / 3) / 10 + 1e-6  # a third, spread over the overlap


def test_a_batch_that_fits_a_tile_is_computed_as_it_is() -> None:
    batch = pictures(16, 16)
    assert in_tiles(batch, lambda part: part, scale=1, tile=16, overlap=4) is batch


@pytest.mark.parametrize(("tile", "tiles"), [(16, 8), (64, 1)])
def test_every_tile_is_a_step(tile: int, tiles: int) -> None:
    heard = []
    with stepping.watched(lambda told: heard.append((told.step, told.steps))):
        in_tiles(pictures(32, 64), blurred, scale=1, tile=tile, overlap=0)
    assert heard == [(step, tiles) for step in range(1, tiles + 1)]


def test_tiles_of_overlap_only_are_refused() -> None:
    with pytest.raises(ValueError, match="tile 8 is not more than twice the overlap 4"):
        in_tiles(pictures(16, 16), lambda part: part, scale=1, tile=8, overlap=4)
