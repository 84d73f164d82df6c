"""``sample``: what it makes of a family's word about batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from mezzotint.nodes import families
from mezzotint.nodes.conditioning import ConditioningBatch
from mezzotint.nodes.latents import LatentBatch, LatentTag
from mezzotint.nodes.sampling import sample


class Counting:
    """A family that notes the seeds of every call."""

    def __init__(self, batches: bool) -> None:
        self.batches = batches
        self.calls: list[list[int]] = []

    def size(self, width: int | None, height: int | None) -> tuple[int, int]:
        return 64, 64

    def sample(self, conditioning: ConditioningBatch, seeds: Sequence[int], **_: Any) -> LatentBatch:
        self.calls.append(list(seeds))
        drawn = conditioning.as_tensors()["prompt_embeds"] * torch.tensor(seeds)[:, None]
        return LatentBatch(drawn[:, :, None, None], TAG)


TAG = LatentTag("counting", "numbers", 64, 64)
PROMPTS = ConditioningBatch("counting", {"prompt_embeds": torch.tensor([[1.0], [10.0], [100.0]])}, (0, 0, 0))


@pytest.mark.parametrize(("batches", "calls"), [(True, [[1, 2, 3]]), (False, [[1], [2], [3]])])
def test_a_family_that_cant_promise_equal_pictures_in_a_batch_samples_one_by_one(
    monkeypatch: pytest.MonkeyPatch, batches: bool, calls: list[list[int]]
) -> None:
    family = Counting(batches)
    monkeypatch.setattr(families, "adapter", lambda model: family)
    latents = sample("any model", PROMPTS, [1, 2, 3])
    assert family.calls == calls
    assert latents.samples.flatten().tolist() == [1, 20, 300]
