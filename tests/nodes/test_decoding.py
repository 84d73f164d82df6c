"""``decode`` piece by piece, to spare memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mezzotint.nodes.decoding import decode
from mezzotint.nodes.loading import load_model
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import text_encode


@pytest.fixture(scope="module")
def starter() -> Any:
    return load_model(source="starter", device="cpu")


def test_one_by_one_is_together(starter: Any) -> None:
    latents = sample(starter, text_encode(starter, ["a red circle", "a star"]), [1, 2], steps=4)
    together = decode(starter, latents)
    assert (decode(starter, latents, slicing=True) - together).abs().max() < 1e-5


def test_tiles_look_like_the_whole_and_a_small_picture_is_one(starter: Any) -> None:
    latents = sample(starter, text_encode(starter, ["a red circle"]), [1], steps=8, width=192, height=128)
    whole = decode(starter, latents)
    tiled = decode(starter, latents, tile=96)
    assert tiled.shape == whole.shape == (1, 3, 128, 192)
    assert not torch.equal(tiled, whole)
    assert (tiled - whole).abs().mean() < 0.02
    assert torch.equal(decode(starter, latents, tile=192), whole)


def test_tiles_enter_keys_and_slices_do_not() -> None:
    declared = decode.node_type  # type: ignore[attr-defined]
    assert not declared.option("tile").effort
    assert declared.option("slicing").effort
