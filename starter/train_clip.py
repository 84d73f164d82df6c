"""Teach the CLIP that pictures score high with true captions and low with captions wrong in one thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from . import dataset, loop, models
from .captions import Fault, describe, falsify, holds
from .tasks import Spec, phrase
from .train_text import tokenize
from .world import Example, render

BATCH = 96
WRONG = 2
"""False captions for every true one, wrong in a single thing."""


def train(
    work_dir: Path,
    steps: int = 1430,
    *,
    seed: int = 3,
    batch: int = BATCH,
    stop_at: int | None = None,
    say: Callable[[str], None] = print,
) -> nn.Module:
    """Train by contrast (Radford et al. 2021, arXiv 2103.00020), with hard negatives."""
    torch.manual_seed(seed)
    model = models.new_clip()
    _attend_plainly(model)
    settings = models.clip_config()["preprocess_cfg"]
    mean, std = (torch.tensor(settings[key]).view(3, 1, 1) for key in ("mean", "std"))

    def loss(step: int, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng((seed, step))
        examples, specs, captions = _batch(rng, batch)
        pictures = np.stack([render(example.scene) for example in examples])
        pixels = (torch.from_numpy(dataset.to_unit(pictures)) * 0.5 + 0.5 - mean) / std
        tokens = tokenize(captions)
        with torch.autocast("cpu", torch.bfloat16):
            images = F.normalize(model.encode_image(pixels).float(), dim=-1)
            texts = F.normalize(encode_text(model, tokens).float(), dim=-1)
        logits = model.logit_scale.exp().clamp(max=100) * images @ texts.T
        truth = torch.from_numpy(_also_true(examples, specs))
        own = torch.eye(batch, dtype=torch.bool)
        # A caption that is true of another picture as well is no negative for it.
        by_text = logits[:, :batch].masked_fill(truth & ~own, -torch.inf)
        wrong = logits[:, batch:].view(batch, batch, WRONG)[own]
        by_image = torch.cat([by_text, wrong], dim=1)
        target = torch.arange(batch)
        value = 0.5 * (F.cross_entropy(by_image, target) + F.cross_entropy(by_text.T, target))
        told = (wrong < logits.diagonal()[:, None]).float().mean()
        found = (by_image.argmax(1) == target).float().mean()
        return value, {"found": found.item(), "told from wrong": told.item()}

    schedule = loop.Schedule(steps, rate=1e-3, warmup=min(200, steps // 4), average=0.995, weight_decay=0.05)
    return loop.run("clip", model, loss, schedule, work_dir, seed=seed, stop_at=stop_at, say=say)


def encode_text(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    """``model.encode_text`` without the padding that every caption of the batch has: same result, less work.

    The attention is causal and the state of the first end token is read, so what follows it can't matter.
    """
    end = int(tokens.max())
    length = int((tokens == end).int().argmax(-1).max()) + 1
    tokens = tokens[:, :length]
    states = model.token_embedding(tokens) + model.positional_embedding[:length]
    states = model.ln_final(model.transformer(states, attn_mask=model.attn_mask[:length, :length]))
    chosen = states[torch.arange(len(tokens)), (tokens == end).int().argmax(-1)]
    pooled: torch.Tensor = chosen @ model.text_projection
    return pooled


def _attend_plainly(model: nn.Module) -> None:
    """Have attention return its weights, which nobody reads.

    That avoids the fused kernel, whose backward pass is slow in half precision on a CPU.
    """
    for module in model.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.register_forward_pre_hook(
                lambda _, args, kwargs: (args, {**kwargs, "need_weights": True}), with_kwargs=True
            )


def _batch(rng: np.random.Generator, size: int) -> tuple[list[Example], list[Spec], list[str]]:
    """Examples, a true spec of each, and captions: all the true ones, then ``WRONG`` false ones for each."""
    examples: list[Example] = []
    specs: list[Spec] = []
    true: list[str] = []
    false: list[str] = []
    while len(examples) < size:
        example = dataset.example(int(rng.integers(dataset.SIZE)))
        spec, caption = describe(example.scene, rng)
        slips = [_falsify(spec, example, rng, index) for index in range(WRONG)]
        if all(slips):
            examples.append(example)
            specs.append(spec)
            true.append(caption)
            false += [phrase(slip[1], rng) for slip in slips if slip]
    return examples, specs, true + false


def _falsify(spec: Spec, example: Example, rng: np.random.Generator, index: int) -> tuple[Fault, Spec] | None:
    """A false spec; the first of each picture is false in how two objects go together, if that was said.

    Those are the faults that telling colours, shapes and counts apart doesn't help with.
    """
    hard: tuple[Fault, ...] = ("position", "swap") if index == 0 else ()
    for fault in hard:
        slip = falsify(spec, example.scene, rng, fault)
        if slip is not None:
            return slip
    return falsify(spec, example.scene, rng)


def _also_true(examples: list[Example], specs: list[Spec]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """``[i, j]``: whether spec ``j`` is true of picture ``i``."""
    shapes = [sorted(item.shape for item in example.scene.objects) for example in examples]
    named = [sorted(want.shape for want in spec.wants for _ in range(want.count)) for spec in specs]
    # Most pairs differ in their shapes already, which is quicker to see than the rest.
    rows = [
        [seen == said and holds(spec, example.scene) for said, spec in zip(named, specs, strict=True)]
        for seen, example in zip(shapes, examples, strict=True)
    ]
    return np.array(rows)
