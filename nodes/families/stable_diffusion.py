"""Stable Diffusion 1.x and 2.x, through diffusers' own pipeline.

Rombach et al. (2022), "High-Resolution Image Synthesis with Latent Diffusion Models",
https://arxiv.org/abs/2112.10752. All of it together equals
``StableDiffusionPipeline(prompt, ...)``.
"""

from __future__ import annotations

import copy
import math
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline

from ..conditioning import ConditioningBatch
from ..latents import LatentBatch, LatentTag
from .family import Family
from .schedulers import SchedulerName, new_scheduler

#: The pipeline refuses sizes that aren't multiples of this, whatever the autoencoder does.
PIPELINE_MULTIPLE = 8


class StableDiffusion(Family):
    """One checkpoint of Stable Diffusion 1.x or 2.x: CLIP text encoder, UNet, AutoencoderKL."""

    name = "stable_diffusion"

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._tokenizer_lock = threading.Lock()
        pipeline.set_progress_bar_config(disable=True)
        limit = pipeline.text_encoder.config.max_position_embeddings
        # A tokenizer saved without its limit claims 10^30 tokens, and would pad to that.
        pipeline.tokenizer.model_max_length = min(pipeline.tokenizer.model_max_length, limit)

    @classmethod
    def load(cls, folder: Path, dtype: torch.dtype, device: str, compiled: bool = False) -> StableDiffusion:
        """Load from a folder in diffusers' layout; safetensors only, no network."""
        try:
            with warnings.catch_warnings():
                # Older diffusers know this argument only by the name that newer ones deprecate.
                warnings.filterwarnings("ignore", "`torch_dtype` is deprecated")
                pipeline = StableDiffusionPipeline.from_pretrained(
                    folder,
                    torch_dtype=dtype,
                    use_safetensors=True,
                    local_files_only=True,
                    safety_checker=None,
                    feature_extractor=None,
                    image_encoder=None,
                    requires_safety_checker=False,
                )
            pipeline.to(device)
        except (OSError, KeyError, TypeError) as error:
            raise ValueError(f"the model in {folder} can't be loaded: {error}") from error
        if compiled:
            pipeline.unet.compile()
        return cls(pipeline)

    @property
    def default_size(self) -> tuple[int, int]:
        sample_size = self._pipeline.unet.config.sample_size
        height, width = (sample_size, sample_size) if isinstance(sample_size, int) else sample_size
        return width * self._scale, height * self._scale

    @property
    def size_multiple(self) -> int:
        return math.lcm(PIPELINE_MULTIPLE, self._scale)

    def tag(self, width: int, height: int) -> LatentTag:
        config = self._pipeline.vae.config
        space = f"{config.latent_channels} channels, 1/{self._scale} size, scale {config.scaling_factor:.6g}"
        return LatentTag(self.name, space, width, height)

    @torch.no_grad()
    def encode(self, prompts: Sequence[str], negatives: Sequence[str]) -> ConditioningBatch:
        """``prompt_embeds`` and ``negative_prompt_embeds``, ``[B, tokens, width]`` in the model's dtype."""
        if len(prompts) != len(negatives):
            raise ValueError(
                f"{len(prompts)} prompts and {len(negatives)} negatives; there must be one for each"
            )
        texts = list(dict.fromkeys([*prompts, *negatives]))  # most negatives are one and the same
        where = {text: index for index, text in enumerate(texts)}
        with self._tokenizer_lock:  # a fast tokenizer keeps its padding and truncation as state
            excess = [self._excess(text) for text in texts]
            embeds, _ = self._pipeline.encode_prompt(
                texts, self._pipeline.device, num_images_per_prompt=1, do_classifier_free_guidance=False
            )
        embeds = embeds.cpu()
        return ConditioningBatch(
            self.name,
            {
                "prompt_embeds": embeds[[where[text] for text in prompts]],
                "negative_prompt_embeds": embeds[[where[text] for text in negatives]],
            },
            tuple(
                max(excess[where[prompt]], excess[where[negative]])
                for prompt, negative in zip(prompts, negatives, strict=True)
            ),
        )

    @torch.no_grad()
    def sample(
        self,
        conditioning: ConditioningBatch,
        seeds: Sequence[int],
        *,
        steps: int,
        guidance: float,
        scheduler: SchedulerName,
        width: int,
        height: int,
    ) -> LatentBatch:
        """Latents ``[B, C, height / scale, width / scale]``; guidance of 1 or less is none."""
        self.check_conditioning(conditioning, seeds)
        width, height = self.size(width, height)
        # The pipeline keeps its scheduler and guidance on itself: a copy a call (which shares the weights).
        pipeline = copy.copy(self._pipeline)
        pipeline.scheduler = new_scheduler(scheduler, self._pipeline.scheduler)
        unet = pipeline.unet
        embeds = conditioning.as_tensors()
        found, expected = embeds["prompt_embeds"].shape[-1], unet.config.cross_attention_dim
        if found != expected:
            raise ValueError(
                f"the prompt was encoded {found} wide, and this model takes {expected}; "
                "encode it with the same model"
            )
        samples = pipeline(
            **{name: tensor.to(pipeline.device, unet.dtype) for name, tensor in embeds.items()},
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
            num_inference_steps=steps,
            guidance_scale=guidance,
            width=width,
            height=height,
            output_type="latent",
        ).images
        return LatentBatch(samples.cpu(), self.tag(width, height))

    @torch.no_grad()
    def decode(self, latents: LatentBatch) -> torch.Tensor:
        self.check_latents(latents)
        vae = self._pipeline.vae
        samples = latents.as_tensor().to(self._pipeline.device, vae.dtype)
        pictures = vae.decode(samples / vae.config.scaling_factor, return_dict=False)[0]
        result: torch.Tensor = self._pipeline.image_processor.postprocess(pictures, output_type="pt")
        return result.float().cpu()

    @property
    def _scale(self) -> int:
        """Pixels along a side of one latent."""
        return int(self._pipeline.vae_scale_factor)

    def _excess(self, text: str) -> int:
        """How many tokens of a text the encoder's limit cuts off."""
        tokenizer = self._pipeline.tokenizer
        text = self._pipeline.maybe_convert_prompt(text, tokenizer)
        return max(0, len(tokenizer(text, verbose=False).input_ids) - int(tokenizer.model_max_length))
