"""A part of a batch to each core: the same pictures, and nothing of it shows outside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from mezzotint.nodes.decoding import decode
from mezzotint.nodes.families import adapter, lanes
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import text_encode


@pytest.fixture(params=[2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Torch may use several threads; the suite runs with one."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_parts_cover_the_batch_in_order(threads: int, count: int) -> None:
    parts = lanes.in_parts(count, lambda part: list(range(count))[part])
    assert [entry for part in parts for entry in part] == list(range(count))
    assert len(parts) == min(threads, count)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_every_part_has_one_core_and_the_modes_of_the_caller(threads: int) -> None:
    def told(part: slice) -> tuple[int, bool, bool]:
        return torch.get_num_threads(), torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    assert lanes.in_parts(4, told) == [(1, False, False)] * threads
    with torch.inference_mode():
        assert lanes.in_parts(4, told) == [(1, True, False)] * threads


def test_threads_elsewhere_stay_as_they_were(threads: int) -> None:
    lanes.in_parts(4, lambda part: torch.ones(3).sum())
    found: list[int] = []
    other = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    other.start()
    other.join()
    assert (torch.get_num_threads(), found) == (threads, [threads])


def test_the_first_part_that_fails_is_told_of(threads: int) -> None:
    def fail(part: slice) -> None:
        raise ValueError(f"from {part.start}")

    with pytest.raises(ValueError, match="from 0"):
        lanes.in_parts(6, fail)


@pytest.mark.parametrize("scheduler", ["default", "euler_ancestral"])
def test_pictures_are_those_of_one_lane(model: Any, threads: int, scheduler: Any) -> None:
    family: Any = adapter(model)
    assert family._in_lanes
    conditioning = text_encode(model, ["red", "a blue star", "", "stripes", "a wall"])

    def draw() -> torch.Tensor:
        latents = sample(model, conditioning, [3, 1, 4, 1, 5], steps=3, scheduler=scheduler)
        pictures: torch.Tensor = decode(model, latents)
        return pictures

    found = draw()
    assert torch.equal(found, draw())
    torch.set_num_threads(1)
    assert (found - draw()).abs().max() < 1e-5
