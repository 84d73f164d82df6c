"""Large pictures piece by piece: overlapping tiles, blended so that no seam shows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import TYPE_CHECKING

from ..graphs import stepping

if TYPE_CHECKING:
    import torch


def check_tile(tile: int, overlap: int) -> None:
    """ValueError for tiles that consist of overlap only."""
    if tile <= 2 * overlap:
        raise ValueError(f"tile {tile} is not more than twice the overlap {overlap}, so it has no middle")


def in_tiles(
    batch: torch.Tensor,
    function: Callable[[torch.Tensor], torch.Tensor],
    *,
    scale: int,
    tile: int,
    overlap: int,
) -> torch.Tensor:
    """What ``function`` makes of a batch ``[B, C, H, W]``, a tile at a time.

    A tile's outermost ``overlap / 2`` pixels have no say where another tile covers them, and over the next
    ``overlap`` it gives way to its neighbour linearly. So the result is that of the whole wherever a pixel
    depends on no others farther than ``overlap / 2``, that is when ``overlap`` covers the receptive field.

    Args:
        batch: pictures or latents; a batch that fits a tile is handed to ``function`` as it is.
        function: maps ``[B, C, h, w]`` to ``[B, c, scale h, scale w]``.
        scale: how many times larger its result is along a side.
        tile: side of a tile in pixels of the input.
        overlap: how many pixels of the input a tile reads beyond its own, on each side that has a neighbour.

    Each tile is told as a step. Raises ValueError for tiles that consist of overlap only.
    """
    check_tile(tile, overlap)
    height, width = batch.shape[-2:]
    if height <= tile and width <= tile:
        whole = function(batch)
        stepping.done(1, 1)
        return whole
    result: torch.Tensor | None = None
    rows, columns = (_windows(side, tile, overlap, scale) for side in (height, width))
    for number, ((top, down), (left, across)) in enumerate(product(rows, columns), 1):
        part = function(batch[..., top : top + tile, left : left + tile])
        if result is None:
            result = part.new_zeros((*part.shape[:-2], height * scale, width * scale))
        weights = part.new_tensor(down)[:, None] * part.new_tensor(across)
        place = result[..., top * scale :, left * scale :][..., : len(down), : len(across)]
        place += part * weights
        stepping.done(number, len(rows) * len(columns))
    assert result is not None
    return result


def _windows(length: int, tile: int, overlap: int, scale: int) -> list[tuple[int, list[float]]]:
    """Where tiles start along one side, and the say of each of their pixels; the says add up to one."""
    if length <= tile:
        return [(0, [1.0] * (length * scale))]
    count = -(-(length - 2 * overlap) // (tile - 2 * overlap))
    starts = [round(number * (length - tile) / (count - 1)) for number in range(count)]
    # Halfway through what neighbours share, one hands over to the other.
    handovers = [(one + tile + other) / 2 for one, other in pairwise(starts)]
    windows = []
    for number, start in enumerate(starts):
        pixels = [start + (pixel + 0.5) / scale for pixel in range(tile * scale)]
        rise = [1.0 if number == 0 else _ramp(pixel - handovers[number - 1], overlap) for pixel in pixels]
        fall = [0.0 if number == count - 1 else _ramp(pixel - handovers[number], overlap) for pixel in pixels]
        windows.append((start, [up - down for up, down in zip(rise, fall, strict=True)]))
    return windows


def _ramp(distance: float, span: int) -> float:
    """From 0 to 1 over ``span`` pixels around a distance of 0."""
    return min(max(distance / span + 0.5, 0.0), 1.0) if span else float(distance > 0)
