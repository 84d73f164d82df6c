"""Teach the text encoder to say what a caption asks for, before it has seen a picture.

Words alone tell which colour belongs to which object; learning that from captions takes minutes, learning it
through the denoiser takes hours.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from . import loop, models, vocabulary
from .tasks import BACKGROUNDS, COLORS, RELATIONS, SHAPES, SIZES, Spec, is_held_out, phrase, sample_spec

BATCH = 128
_SLOT = (len(SHAPES) + 1, len(COLORS) + 1, len(SIZES) + 1, 5)
HEADS = (*_SLOT, *_SLOT, len(RELATIONS) + 1, len(BACKGROUNDS) + 1)
"""Classes a head: shape, colour, size, count of both objects, relation, background; 0 is "not said"."""


def labels(spec: Spec) -> list[int]:
    """The class of each head of :data:`HEADS`."""
    found: list[int] = []
    for index in range(2):
        if index < len(spec.wants):
            want = spec.wants[index]
            color = COLORS.index(want.color) + 1 if want.color else 0
            size = SIZES.index(want.size) + 1 if want.size else 0
            found += [SHAPES.index(want.shape) + 1, color, size, want.count]
        else:
            found += [0, 0, 0, 0]
    found.append(RELATIONS.index(spec.relation) + 1 if spec.relation else 0)
    found.append(BACKGROUNDS.index(spec.background) + 1 if spec.background else 0)
    return found


class Reader(nn.Module):
    """The text encoder with a linear head on the states that follow the last word."""

    def __init__(self) -> None:
        super().__init__()
        self.text = models.new_text_encoder()
        # The plain arithmetic of attention is quicker backwards on a CPU than the fused kernel.
        self.text.set_attn_implementation("eager")
        self.heads = nn.Linear(models.TEXT_WIDTH, sum(HEADS))

    def forward(self, tokens: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """Token numbers ``[B, L]`` and a place in each, ``[B]``, to logits ``[B, sum(HEADS)]``."""
        states = self.text(tokens).last_hidden_state
        logits: torch.Tensor = self.heads(states[torch.arange(len(tokens)), place])
        return logits


def tokenize(captions: list[str]) -> torch.Tensor:
    """Token numbers ``[B, 32]``, padded as the pipeline pads them."""
    words = models.tokenizer()
    padded = words(captions, padding="max_length", max_length=vocabulary.LENGTH, truncation=True)
    return torch.tensor(padded["input_ids"])


def train(
    work_dir: Path,
    steps: int = 800,
    *,
    seed: int = 1,
    batch: int = BATCH,
    stop_at: int | None = None,
    say: Callable[[str], None] = print,
) -> Reader:
    """Train the reader on captions drawn afresh at every step."""
    torch.manual_seed(seed)
    reader = Reader()

    def loss(step: int, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng((seed, step))
        pairs: list[tuple[Spec, str]] = []
        while len(pairs) < batch:
            spec = sample_spec(rng)
            caption = phrase(spec, rng)
            if not is_held_out(caption):
                pairs.append((spec, caption))
        tokens = tokenize([caption for _, caption in pairs])
        wanted = torch.tensor([labels(spec) for spec, _ in pairs])
        ends = (tokens == models.tokenizer().eos_token_id).int().argmax(-1)
        # Cross-attention sees every padding state as well as the end's, so a random one is taught.
        place = ends + (torch.rand(batch, generator=generator) * (vocabulary.LENGTH - ends)).long()
        with torch.autocast("cpu", torch.bfloat16):
            logits = reader(tokens, place).float()
        heads = logits.split(HEADS, dim=-1)
        right = torch.stack([head.argmax(-1) == wanted[:, index] for index, head in enumerate(heads)])
        terms = [F.cross_entropy(head, wanted[:, index]) for index, head in enumerate(heads)]
        return torch.stack(terms).sum(), {"all right": right.all(0).float().mean().item()}

    schedule = loop.Schedule(steps, rate=1e-3, warmup=min(100, steps // 4), average=0.99)
    loop.run("text", reader, loss, schedule, work_dir, seed=seed, stop_at=stop_at, say=say)
    return reader
