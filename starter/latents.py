"""The training set as the denoiser sees it: latents of every picture, and token numbers of its captions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from . import dataset, models
from .captions import describe
from .train_text import tokenize

CAPTIONS = 4
"""Captions kept for each picture."""


@dataclass(frozen=True)
class Latents:
    """``values`` float16 ``[N, 8, 8, 8]`` as encoded; ``tokens`` int16 ``[N, CAPTIONS, 32]``."""

    values: npt.NDArray[np.float16]
    tokens: npt.NDArray[np.int16]

    @property
    def scaling_factor(self) -> float:
        """The factor that gives the latents unit variance; pipelines divide by it before decoding."""
        return round(float(1 / self.values[:10_000].astype(np.float32).std()), 4)


def prepare(
    work_dir: Path,
    vae: models.Autoencoder,
    size: int = dataset.SIZE,
    say: Callable[[str], None] = print,
) -> Latents:
    """Encode the pictures and caption them, or load what an earlier call made."""
    values_path, tokens_path = work_dir / f"latents-{size}.npy", work_dir / f"tokens-{size}.npy"
    if not tokens_path.exists():
        rng = np.random.default_rng((dataset.SEED, 1))
        rows = []
        for index in range(size):
            scene = dataset.example(index).scene
            rows += [describe(scene, rng)[1] for _ in range(CAPTIONS)]
        parts = [tokenize(rows[at : at + 10_000]).numpy() for at in range(0, len(rows), 10_000)]
        np.save(tokens_path, np.concatenate(parts).astype(np.int16).reshape(size, CAPTIONS, -1))
        say(f"captioned {size} pictures")
    if not values_path.exists():
        np.save(values_path, _encode(vae, dataset.pictures(work_dir, size, say), say))
    return Latents(np.load(values_path), np.load(tokens_path))


@torch.inference_mode()
def _encode(
    vae: models.Autoencoder, pictures: npt.NDArray[np.uint8], say: Callable[[str], None]
) -> npt.NDArray[np.float16]:
    parts = []
    for at in range(0, len(pictures), 100):
        batch = torch.from_numpy(dataset.to_unit(pictures[at : at + 100]))
        with torch.autocast("cpu", torch.bfloat16):
            mean = vae.encode(batch).latent_dist.mean
        parts.append(mean.half().numpy())
        if at % 10_000 == 0:
            say(f"encoded {at} of {len(pictures)} pictures")
    return np.concatenate(parts)
