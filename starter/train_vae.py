"""Teach the autoencoder: crops first, whole scenes to finish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812

from . import dataset, loop
from .models import Autoencoder, new_vae

CROP = 32
BATCH = 16
KL_WEIGHT = 2e-4
"""Per latent element. It keeps the latents smooth, and costs half as much mean squared error."""


def train(
    work_dir: Path,
    steps: int = 7500,
    finish: int = 2500,
    *,
    seed: int = 0,
    stop_at: int | None = None,
    pictures: npt.NDArray[np.uint8] | None = None,
    say: Callable[[str], None] = print,
) -> Autoencoder:
    """Train the VAE; the last ``finish`` steps see whole scenes, as GroupNorm depends on the size."""
    torch.manual_seed(seed)
    vae = new_vae()
    rows = dataset.pictures(work_dir, say=say) if pictures is None else pictures

    def loss(step: int, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, float]]:
        whole = step >= steps - finish
        batch = torch.from_numpy(_batch(rows, np.random.default_rng((seed, step)), whole))
        with torch.autocast("cpu", torch.bfloat16):
            posterior = vae.encode(batch).latent_dist
            mean, logvar = posterior.mean.float(), posterior.logvar.float()
            noise = torch.randn(mean.shape, generator=generator)
            drawn = vae.decode(mean + torch.exp(0.5 * logvar) * noise).sample
        error = drawn.float() - batch
        # Flat background is most of a scene and easy; what shapes are told by is near their edges.
        weight = 1 + 2 * _edges(batch)
        rebuilt = (weight * (error.square() + 0.1 * error.abs())).mean()
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
        return rebuilt + KL_WEIGHT * kl, {"mse": error.square().mean().item(), "kl": kl.item()}

    schedule = loop.Schedule(steps, rate=2e-3, warmup=100, average=0.998, weight_decay=0.0)
    loop.run("vae", vae, loss, schedule, work_dir, seed=seed, stop_at=stop_at, say=say)
    return vae


def _batch(rows: npt.NDArray[np.uint8], rng: np.random.Generator, whole: bool) -> npt.NDArray[np.float32]:
    """Scenes ``[16, 3, 64, 64]``, or twice as many crops ``[32, 3, 32, 32]`` of where they are busy."""
    if whole:
        return dataset.to_unit(rows[rng.integers(len(rows), size=BATCH)])
    crops = []
    for index in rng.integers(len(rows), size=2 * BATCH):
        top, left = rng.integers(0, 33, (6, 2)).T
        candidates = [rows[index, y : y + CROP, x : x + CROP] for y, x in zip(top, left, strict=True)]
        # The spread of every fourth pixel is a quick measure of how much there is to see.
        crops.append(max(candidates, key=lambda crop: float(crop[::4, ::4].std(axis=(0, 1)).sum())))
    return dataset.to_unit(np.stack(crops))


def _edges(batch: torch.Tensor) -> torch.Tensor:
    """1 within two pixels of an edge, else 0: ``[B, 3, H, W]`` to ``[B, 1, H, W]``."""
    spread = F.max_pool2d(batch, 3, 1, 1) + F.max_pool2d(-batch, 3, 1, 1)
    return F.max_pool2d((spread.amax(1, keepdim=True) > 0.2).float(), 3, 1, 1)
