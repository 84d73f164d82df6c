"""The text is projected once a call, and nothing of it outlives the call."""

from __future__ import annotations

import gc
from typing import Any

import torch

from mezzotint.nodes.families import adapter
from mezzotint.nodes.families.text_once import Once
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import text_encode


def test_one_tensor_is_projected_once_and_another_anew() -> None:
    calls: list[torch.Tensor] = []

    def double(states: torch.Tensor) -> torch.Tensor:
        calls.append(states)
        return states * 2

    once = Once(double)
    first, second = torch.ones(2), torch.zeros(2)
    assert [once(states).sum().item() for states in (first, first, second, first)] == [4, 4, 0, 4]
    assert len(calls) == 3


def test_a_result_goes_with_its_tensor() -> None:
    once = Once(lambda states: states * 2)
    text = torch.ones(2)
    once(text)
    assert once._of_thread.result is not None
    del text
    assert not vars(once._of_thread)


def test_cross_attention_projects_the_text_once_a_call(model: Any) -> None:
    loaded: Any = adapter(model)
    blocks = [part for part in loaded._pipeline.unet.modules() if getattr(part, "is_cross_attention", False)]
    projections = [projection for block in blocks for projection in (block.to_k, block.to_v)]
    calls = [0]
    before = [projection.forward._compute for projection in projections]

    def counted(compute: Any) -> Any:
        def call(states: torch.Tensor) -> Any:
            calls[0] += 1
            return compute(states)

        return call

    try:
        for projection in projections:
            projection.forward._compute = counted(projection.forward._compute)
        sample(model, text_encode(model, ["red"]), [1], steps=6)
    finally:
        for projection, compute in zip(projections, before, strict=True):
            projection.forward._compute = compute
    gc.collect()
    assert calls == [len(projections)]
    assert not any(vars(projection.forward._of_thread) for projection in projections)
