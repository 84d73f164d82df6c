"""The architectures: what training builds, and what the exported configurations say."""

from __future__ import annotations

from typing import TypeAlias

from diffusers import AutoencoderKL

Autoencoder: TypeAlias = AutoencoderKL

LATENT_CHANNELS = 8


def new_vae() -> Autoencoder:
    """An autoencoder from ``[B, 3, 64, 64]`` in [-1, 1] to ``[B, 8, 8, 8]`` and back, with fresh weights."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        # Fewer than 16 channels would be slower on a CPU: oneDNN has no quick path for them.
        block_out_channels=(16, 32, 64, 64),
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=64,
    )
