"""A contact sheet: the last axis along the columns, the others down the rows, gaps for missing ones."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mezzotint.nodes.contact_sheet import grid
from mezzotint.nodes.pictures import ImagesType

GREY, WHITE = 128 / 255, 1.0


def plain(shade: float, height: int = 8, width: int = 8) -> torch.Tensor:
    return torch.full((1, 3, height, width), shade)


def point(**places: Any) -> dict[str, tuple[int, Any]]:
    return {axis: (index, f"{axis} {index}") for axis, index in places.items()}


def shades(
    sheet: torch.Tensor, rows: int, columns: int, size: int = 8, padding: int = 2
) -> list[list[float]]:
    """The shade in the middle of every cell."""
    step = size + padding
    middle = padding + size // 2
    return [
        [sheet[0, 0, middle + row * step, middle + column * step].item() for column in range(columns)]
        for row in range(rows)
    ]


def test_the_last_axis_runs_along_the_columns_and_gaps_are_grey() -> None:
    sheet = grid()
    for prompt, seed in [(0, 0), (0, 1), (1, 1), (1, 2)]:
        sheet.update(plain((prompt * 3 + seed) / 10), [point(prompt=prompt, seed=seed)])
    found = sheet.compute()
    assert found.shape == (1, 3, 2 + 2 * 10, 2 + 3 * 10)
    expected = [[0.0, 0.1, GREY], [GREY, 0.4, 0.5]]
    assert torch.tensor(shades(found, 2, 3)) == pytest.approx(torch.tensor(expected), abs=1 / 255)
    assert found[0, 0, 0].eq(WHITE).all()  # the padding around


def test_order_of_arrival_and_merging_change_nothing() -> None:
    points = [point(a=a, b=b, c=c) for a in range(2) for b in range(2) for c in range(3)]
    images = torch.arange(12).div(12).reshape(12, 1, 1, 1).expand(12, 3, 8, 8)
    whole = grid()
    whole.update(images, points)
    one, other = grid(), grid()
    other.update(images[5:].flip(0), points[5:][::-1])
    one.update(images[:5], points[:5])
    other.merge(one)
    assert torch.equal(whole.compute(), other.compute())
    assert whole.compute().shape == (1, 3, 2 + 4 * 10, 2 + 3 * 10)


def test_pictures_of_one_axis_stand_in_a_row_or_wrap() -> None:
    images = torch.arange(5).div(5).reshape(5, 1, 1, 1).expand(5, 3, 8, 8)
    points = [point(prompt=index) for index in range(5)]
    row, wrapped = grid(padding=0), grid(columns=2, padding=0)
    row.update(images, points)
    wrapped.update(images, points)
    assert row.compute().shape == (1, 3, 8, 40)
    assert wrapped.compute().shape == (1, 3, 24, 16)
    assert wrapped.compute()[0, 0, 12, 4].item() == pytest.approx(2 / 5, abs=1 / 255)
    assert wrapped.compute()[0, 0, 20, 12] == WHITE  # nothing is missing there


def test_cells_are_as_large_as_the_largest_picture() -> None:
    sheet = grid(padding=0)
    sheet.update(plain(0.0, 4, 6), [point(size=0)])
    sheet.update(plain(0.0, 10, 8), [point(size=1)])
    found = sheet.compute()
    assert found.shape == (1, 3, 10, 16)
    assert found[0, 0, 0, 0] == WHITE
    assert found[0, 0, 5, 4] == 0


def test_large_cells_are_labelled_and_small_ones_are_not() -> None:
    def sheet(size: int, **options: Any) -> torch.Tensor:
        result = grid(**options)
        for prompt in range(2):
            for seed in range(2):
                result.update(plain(0.5, size, size), [point(prompt=prompt, seed=seed)])
        drawn: torch.Tensor = result.compute()
        return drawn

    bare, labelled = sheet(64, labels=False), sheet(64)
    height, width = bare.shape[2:]
    assert labelled.shape[2] > height
    assert labelled.shape[3] > width
    # The pictures stand in the corner below and right of the labels, unchanged.
    assert torch.equal(labelled[..., -height:, -width:][..., 2:, 2:], bare[..., 2:, 2:])
    assert labelled[..., :-height, :].min() < 0.2  # there is ink
    assert sheet(16).shape == sheet(16, labels=False).shape
    captions = sheet(64, columns=4)
    assert captions.shape[2] > 64 + 4
    assert captions.shape[3] == 4 * 66 + 2


def test_long_labels_are_wrapped_and_cut() -> None:
    from mezzotint.nodes.lettering import Lettering

    lettering = Lettering(64, 64)
    lines = lettering.wrap(
        "a photograph of an unbelievablylongwordthatnevercouldfit in a very small box", 64, 3
    )
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(lettering._font.getlength(line) <= 64 for line in lines)
    assert lettering.wrap("", 64, 3) == []


def test_records_and_numbers_label_too() -> None:
    sheet = grid()
    sheet.update(plain(0.5, 64, 64), [{"row": (0, {"prompt": "a cat", "seed": 7}), "guidance": (0, 7.5)}])
    assert sheet.compute().shape[3] > 68


def test_nothing_and_far_too_much_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        grid().compute()
    sheet = grid()
    sheet.update(plain(0.5, 1000, 1000).expand(2, 3, 1000, 1000), [point(a=0, b=0), point(a=1, b=1)])
    assert sheet.compute().shape[2] > 2000
    huge = grid(padding=256)
    huge.update(plain(0.5, 64, 64).expand(64, 3, 64, 64), [point(a=index, b=index) for index in range(64)])
    with pytest.raises(ValueError, match="a grid of 64 by 64 pictures would be"):
        huge.compute()


def test_the_sheet_is_an_image_item() -> None:
    sheet = grid()
    sheet.update(plain(0.5), [point(prompt=0)])
    assert ImagesType().single(sheet.compute()).shape == (3, 12, 12)
