"""Latents and conditioning keep every bit and every word on their way through the store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.nodes.arrays import pack, unpack
from mezzotint.nodes.conditioning import ConditioningBatch, ConditioningType
from mezzotint.nodes.latents import LatentBatch, LatentsType, LatentTag

TAG = LatentTag("stable_diffusion", "4 channels, 1/8 size, scale 0.18215", 64, 48)
DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.int64]


def latents(count: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> LatentBatch:
    samples = torch.randn(count, 4, 6, 8, generator=torch.Generator().manual_seed(seed)) * 9
    return LatentBatch(samples.to(dtype), TAG)


def conditioning(count: int, dtype: torch.dtype = torch.float32) -> ConditioningBatch:
    generator = torch.Generator().manual_seed(1)
    return ConditioningBatch(
        "stable_diffusion",
        {
            "prompt_embeds": torch.randn(count, 5, 7, generator=generator).to(dtype),
            "mask": torch.ones(count, 5, dtype=torch.bool),
        },
        tuple(range(count)),
    )


@settings(deadline=None, max_examples=20)
@given(dtype=st.sampled_from(DTYPES), count=st.integers(1, 4))
def test_latents_come_back_as_they_were(dtype: torch.dtype, count: int) -> None:
    kind = LatentsType()
    batch = latents(count, dtype)
    stored = [kind.decode(kind.encode(item)) for item in kind.split(batch, count)]
    again = kind.stack(stored)
    assert again.tag == TAG
    assert torch.equal(again.samples.to(dtype), batch.samples)
    assert len({kind.shape(item) for item in [*stored, *kind.split(batch, count)]}) == 1


@settings(deadline=None, max_examples=20)
@given(dtype=st.sampled_from(DTYPES[:3]), count=st.integers(1, 4))
def test_conditioning_comes_back_as_it_was(dtype: torch.dtype, count: int) -> None:
    kind = ConditioningType()
    batch = conditioning(count, dtype)
    stored = [kind.decode(kind.encode(item)) for item in kind.split(batch, count)]
    again = kind.stack(stored)
    assert (again.family, again.truncated) == (batch.family, batch.truncated)
    assert torch.equal(again.tensors["prompt_embeds"].to(dtype), batch.tensors["prompt_embeds"])
    assert again.tensors["mask"].dtype == torch.bool
    assert len({kind.shape(item) for item in [*stored, *kind.split(batch, count)]}) == 1


def test_latents_of_other_models_or_sizes_never_share_a_batch() -> None:
    kind = LatentsType()
    other = LatentBatch(latents(1).samples, LatentTag("stable_diffusion", "other", 64, 48))
    assert kind.shape(latents(1)) != kind.shape(other)
    assert kind.shape(latents(1)) != kind.shape(latents(1, torch.float16))


def test_a_truncated_prompt_is_flagged() -> None:
    kind = ConditioningType()
    whole, cut = kind.split(conditioning(2), 2)
    assert kind.flags(whole) == ()
    assert kind.flags(cut) == ("truncated",)


def test_values_that_are_not_finite_are_found() -> None:
    batch = latents(2)
    batch.samples[1, 0, 0, 0] = float("nan")
    kind = LatentsType()
    assert [kind.is_finite(item) for item in kind.split(batch, 2)] == [True, False]
    assert ConditioningType().is_finite(conditioning(1))


def test_a_wrong_number_of_items_is_refused() -> None:
    with pytest.raises(ValueError, match="3 items went in and 2 latents came out"):
        LatentsType().split(latents(2), 3)
    with pytest.raises(ValueError, match="3 items went in and 2 encoded prompts came out"):
        ConditioningType().split(conditioning(2), 3)
    with pytest.raises(ValueError, match="this is a Tensor"):
        LatentsType().split(torch.zeros(2), 2)  # type: ignore[arg-type]


def test_equal_content_packs_to_equal_bytes() -> None:
    arrays = {"b": np.ones(3), "a": np.zeros((2, 0)), "scalar": np.array(3.0)}
    assert pack(arrays, {"x": 1, "y": [2]}) == pack(dict(reversed(arrays.items())), {"y": [2], "x": 1})
    back, note = unpack(pack(arrays, {"x": "é"}))
    assert note == {"x": "é"}
    assert back["a"].shape == (2, 0)
    assert back["scalar"].shape == ()


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\xff" * 64, pack({"a": np.ones(99)}, {})[:-8]])
def test_damaged_bytes_are_noticed(data: bytes) -> None:
    with pytest.raises(ValueError, match="can't be read"):
        unpack(data)


def test_stored_tensors_are_read_without_torch(tmp_path: Path) -> None:
    (tmp_path / "latents").write_bytes(LatentsType().encode(latents(1)))
    (tmp_path / "conditioning").write_bytes(ConditioningType().encode(conditioning(1)))
    code = """
import sys
from pathlib import Path
from mezzotint.nodes.conditioning import ConditioningType
from mezzotint.nodes.latents import LatentsType
for kind, name in [(LatentsType(), 'latents'), (ConditioningType(), 'conditioning')]:
    item = kind.decode((Path(sys.argv[1]) / name).read_bytes())
    assert kind.is_finite(item) and kind.nbytes(item) and kind.shape(item) and kind.encode(item)
assert 'torch' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
