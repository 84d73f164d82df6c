"""Teach the denoiser, and the text encoder along with it, to turn noise into what a caption speaks of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import nn

from . import loop, models
from .latents import CAPTIONS, Latents
from .train_text import tokenize

BATCH = 64
EMPTY = 0.1
"""Share of captions left out, so that the model can be guided away from drawing just anything."""
SIGNAL_LIMIT = 5.0
"""Steps whose signal-to-noise ratio is higher teach little but fine detail; their loss is weighed down."""


class Painter(nn.Module):
    """The two networks that train together."""

    def __init__(self, channels: tuple[int, int] = models.CHANNELS) -> None:
        super().__init__()
        self.text = models.new_text_encoder()
        self.denoiser = models.new_denoiser(channels)

    def forward(self, noisy: torch.Tensor, steps: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Velocity of ``noisy`` ``[B, 8, 8, 8]`` at ``steps`` ``[B]`` under captions ``[B, 32]``."""
        states = self.text(tokens).last_hidden_state
        velocity: torch.Tensor = self.denoiser(noisy, steps, states).sample
        return velocity


def train(
    work_dir: Path,
    latents: Latents,
    text_encoder: models.TextEncoder | None,
    steps: int = 8600,
    *,
    seed: int = 2,
    batch: int = BATCH,
    channels: tuple[int, int] = models.CHANNELS,
    stop_at: int | None = None,
    say: Callable[[str], None] = print,
) -> Painter:
    """Train on scaled latents, from the text encoder that read captions first (None: from a fresh one).

    The target is the velocity (Salimans and Ho 2022, arXiv 2202.00512), whose loss at high noise counts in
    full: there the layout is decided. At low noise it is capped, in the spirit of min-SNR (Hang et al. 2023,
    arXiv 2303.09556).
    """
    torch.manual_seed(seed)
    painter = Painter(channels)
    if text_encoder is not None:
        painter.text.load_state_dict(text_encoder.state_dict())
    # The plain arithmetic of attention trains almost twice as fast on a CPU as the fused kernel, whose
    # backward pass is slow in half precision.
    painter.text.set_attn_implementation("eager")
    painter.denoiser.set_attn_processor(AttnProcessor())
    alphas = models.new_scheduler().alphas_cumprod
    scale = latents.scaling_factor
    empty = tokenize([""])[0]

    def loss(step: int, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng((seed, step))
        rows = rng.integers(len(latents.values), size=batch)
        clean = torch.from_numpy(latents.values[rows].astype(np.float32)) * scale
        tokens = torch.from_numpy(latents.tokens[rows, rng.integers(CAPTIONS, size=batch)].astype(np.int64))
        tokens[torch.from_numpy(rng.random(batch) < EMPTY)] = empty
        # One time in each of as many equal spans as the batch is long: less variance than drawing them
        # freely.
        times = ((torch.arange(batch) + torch.rand(batch, generator=generator)) / batch * len(alphas)).long()
        noise = torch.randn(clean.shape, generator=generator)
        kept = alphas[times].view(-1, 1, 1, 1)
        noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
        target = kept.sqrt() * noise - (1 - kept).sqrt() * clean
        with torch.autocast("cpu", torch.bfloat16):
            velocity = painter(noisy, times, tokens)
        error = (velocity.float() - target).square().mean((1, 2, 3))
        signal = (kept / (1 - kept)).flatten()
        weight = (1 + SIGNAL_LIMIT) / (1 + signal).clamp(min=1 + SIGNAL_LIMIT)
        return (weight * error).mean(), {"mse": error.mean().item()}

    schedule = loop.Schedule(steps, rate=1.2e-3, warmup=min(300, steps // 4), tail=0.5, average=0.999)
    rates = {"text": 0.2}
    loop.run("denoiser", painter, loss, schedule, work_dir, seed=seed, rates=rates, stop_at=stop_at, say=say)
    return painter
