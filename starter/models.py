"""The architectures: what training builds, and what the exported configurations say."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from . import vocabulary

Autoencoder: TypeAlias = AutoencoderKL
Denoiser: TypeAlias = UNet2DConditionModel
TextEncoder: TypeAlias = CLIPTextModel
Tokenizer: TypeAlias = CLIPTokenizer

LATENT_CHANNELS = 8
TEXT_WIDTH = 128
CHANNELS = (96, 192)


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


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    """The tokenizer of both models, made afresh."""
    with TemporaryDirectory() as folder:
        vocabulary.save(Path(folder))
        return CLIPTokenizer.from_pretrained(folder)


def new_text_encoder() -> TextEncoder:
    """A CLIP text encoder: token numbers ``[B, 32]`` to states ``[B, 32, 128]``."""
    words = tokenizer()
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=4,
            num_attention_heads=4,
            max_position_embeddings=vocabulary.LENGTH,
            hidden_act="quick_gelu",
            bos_token_id=words.bos_token_id,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        )
    )


def new_denoiser(channels: tuple[int, int] = CHANNELS) -> Denoiser:
    """A UNet on latents ``[B, 8, 8, 8]`` that attends to the text at both of its resolutions."""
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2,
        block_out_channels=channels,
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        # The number of heads, by its old name.
        attention_head_dim=4,
        norm_num_groups=16,
    )


def new_scheduler() -> DDIMScheduler:
    """The noise schedule of training, as the pipeline's default sampler.

    A cosine that ends just short of pure noise: with an end at zero signal, samplers that work in sigmas,
    such as Euler's, would meet an infinite one.
    """
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
        timestep_spacing="trailing",
    )


def clip_config() -> dict[str, Any]:
    """The open_clip configuration: a ViT with patches of 8 pixels, and a text tower of the same depth."""
    return {
        "model_cfg": {
            "embed_dim": 128,
            "vision_cfg": {"image_size": 64, "layers": 4, "width": 192, "head_width": 32, "patch_size": 8},
            "text_cfg": {
                "context_length": vocabulary.LENGTH,
                "vocab_size": len(tokenizer()),
                "hf_tokenizer_name": "clip",
                "width": 128,
                "heads": 4,
                "layers": 4,
            },
        },
        "preprocess_cfg": {
            "mean": [0.72, 0.68, 0.66],
            "std": [0.26, 0.27, 0.25],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


def new_clip() -> Any:
    """An open_clip ``CLIP`` with fresh weights."""
    from open_clip.model import CLIP

    settings = clip_config()["model_cfg"]
    return CLIP(settings["embed_dim"], settings["vision_cfg"], settings["text_cfg"])
