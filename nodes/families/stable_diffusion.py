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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from diffusers import StableDiffusionPipeline

from ...graphs import stepping
from ..conditioning import ConditioningBatch
from ..latents import LatentBatch, LatentTag
from ..model import ModelHandle
from ..pictures import to_pil
from ..tiles import in_tiles
from . import lanes, single_file
from .estimates import Estimates
from .family import Family
from .from_latents import from_latents
from .noise_levels import SpacingName
from .placing import place
from .schedulers import SchedulerName, new_scheduler

if TYPE_CHECKING:
    from PIL.Image import Image

#: The pipeline refuses sizes that aren't multiples of this, whatever the autoencoder does.
PIPELINE_MULTIPLE = 8


class StableDiffusion(Family):
    """One checkpoint of Stable Diffusion 1.x or 2.x: CLIP text encoder, UNet, AutoencoderKL."""

    name = "stable_diffusion"

    def __init__(self, pipeline: Any, *, in_lanes: bool = False) -> None:
        self._pipeline = pipeline
        self._in_lanes = in_lanes
        self._tokenizer_lock = threading.Lock()
        pipeline.set_progress_bar_config(disable=True)
        limit = pipeline.text_encoder.config.max_position_embeddings
        # A tokenizer saved without its limit claims 10^30 tokens, and would pad to that.
        pipeline.tokenizer.model_max_length = min(pipeline.tokenizer.model_max_length, limit)

    @classmethod
    def load(cls, model: ModelHandle) -> StableDiffusion:
        """Load from a folder in diffusers' layout or a single file; safetensors only, no network."""
        path, dtype = Path(model.path), getattr(torch, model.dtype)
        try:
            with warnings.catch_warnings():
                # Older diffusers know this argument only by the name that newer ones deprecate.
                warnings.filterwarnings("ignore", "`torch_dtype` is deprecated")
                read = single_file.load if path.is_file() else _read_folder
                pipeline = read(path, dtype, model.variant)
            place(pipeline, model)
        except (OSError, KeyError, TypeError, RuntimeError, ValueError) as error:
            raise ValueError(f"the model in {path} can't be loaded: {error}") from error
        plain = model.device == "cpu" and not model.compile
        return cls(pipeline, in_lanes=plain and lanes.suits(pipeline.unet, pipeline.vae))

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
                texts, self._device, num_images_per_prompt=1, do_classifier_free_guidance=False
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
        start: LatentBatch | None = None,
        strength: float = 1.0,
        spacing: SpacingName = "default",
    ) -> LatentBatch:
        """Latents ``[B, C, height / scale, width / scale]``; guidance of 1 or less is none.

        With ``start`` it equals ``StableDiffusionImg2ImgPipeline`` fed with those latents; a strength that
        leaves no step leaves them as they are.
        """
        self.check_conditioning(conditioning, seeds)
        width, height = self.size(width, height)
        if start is not None:
            self.check_latents(start)
            if int(steps * strength) == 0:
                return start
        unet = self._pipeline.unet
        embeds = conditioning.as_tensors()
        found, expected = embeds["prompt_embeds"].shape[-1], unet.config.cross_attention_dim
        if found != expected:
            raise ValueError(
                f"the prompt was encoded {found} wide, and this model takes {expected}; "
                "encode it with the same model"
            )
        embeds = {name: tensor.to(self._device, unet.dtype) for name, tensor in embeds.items()}

        def draw(part: slice) -> torch.Tensor:
            # The pipeline keeps its scheduler and guidance on itself: a copy a call (with the same weights).
            pipeline = copy.copy(self._pipeline)
            settings: dict[str, Any] = {"width": width, "height": height}
            if start is not None:
                pipeline = from_latents(self._pipeline)
                settings = {"image": start.as_tensor()[part], "strength": strength}
            # With it the pipeline would cast what is encoded to its dtype, which need not be the UNet's.
            pipeline.text_encoder = None
            pipeline.scheduler = new_scheduler(scheduler, self._pipeline.scheduler, spacing)
            estimates = Estimates(pipeline.scheduler)

            def tell(pipeline: Any, step: int, *_: Any) -> dict[str, Any]:
                stepping.done(step + 1, pipeline.num_timesteps, lambda: self._preview(estimates.latest()))
                return {}  # nothing is to be changed

            samples: torch.Tensor = pipeline(
                **{name: tensor[part] for name, tensor in embeds.items()},
                generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds[part]],
                num_inference_steps=steps,
                guidance_scale=guidance,
                output_type="latent",
                callback_on_step_end=tell,
                **settings,
            ).images
            return samples.cpu()

        return LatentBatch(self._in_parts(len(seeds), draw), self.tag(width, height))

    @torch.no_grad()
    def encode_images(self, images: torch.Tensor) -> LatentBatch:
        """Latents ``[B, C, height / scale, width / scale]``, scaled as a sampler leaves them."""
        height, width = images.shape[-2:]
        self.size(width, height)
        vae = self._pipeline.vae
        pixels = (images * 2 - 1).to(self._device, vae.dtype)
        samples = vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor
        return LatentBatch(samples.cpu(), self.tag(width, height))

    @torch.no_grad()
    def decode(self, latents: LatentBatch, *, tile: int | None = None, sliced: bool = False) -> torch.Tensor:
        self.check_latents(latents)
        vae = self._pipeline.vae
        samples = latents.as_tensor().to(self._device, vae.dtype) / vae.config.scaling_factor

        def decode(samples: torch.Tensor) -> torch.Tensor:
            pictures: torch.Tensor = vae.decode(samples, return_dict=False)[0]
            return pictures

        def decode_whole(samples: torch.Tensor) -> torch.Tensor:
            if tile is None:
                return decode(samples)
            side = max(tile // self._scale, 4)
            return in_tiles(samples, decode, scale=self._scale, tile=side, overlap=side // 8)

        def decode_part(part: slice) -> torch.Tensor:
            slices = samples[part].split(1) if sliced else (samples[part],)
            decoded = []
            for index, one in enumerate(slices):
                with stepping.part(index, len(slices)):
                    decoded.append(decode_whole(one))
            pictures = torch.cat(decoded)
            result: torch.Tensor = self._pipeline.image_processor.postprocess(pictures, output_type="pt")
            return result.float().cpu()

        return self._in_parts(len(samples), decode_part)

    def unscaled(self, latents: LatentBatch) -> torch.Tensor:
        self.check_latents(latents)
        config = self._pipeline.vae.config
        samples: torch.Tensor = latents.as_tensor() / config.scaling_factor + (config.shift_factor or 0)
        return samples

    def scaled(self, samples: torch.Tensor) -> LatentBatch:
        config = self._pipeline.vae.config
        if samples.ndim != 4 or samples.shape[1] != config.latent_channels:
            raise ValueError(
                f"latents of this model are [batch, {config.latent_channels}, height, width], and these are "
                f"{list(samples.shape)}"
            )
        height, width = (side * self._scale for side in samples.shape[-2:])
        scaled = (samples - (config.shift_factor or 0)) * config.scaling_factor
        return LatentBatch(scaled.to(self._pipeline.unet.dtype), self.tag(width, height))

    def _preview(self, samples: torch.Tensor | None) -> Image | None:
        """The first of latents as a picture; None where there is no memory for it."""
        if samples is None:
            return None
        height, width = samples.shape[-2:]
        try:
            first = LatentBatch(samples[:1], self.tag(width * self._scale, height * self._scale))
            return to_pil(self.decode(first)[0])
        except torch.OutOfMemoryError:
            return None

    def _in_parts(self, count: int, compute: Callable[[slice], torch.Tensor]) -> torch.Tensor:
        """``compute`` of a batch in one, or of a part of it on each core where the model is faster so."""
        if not self._in_lanes:
            return compute(slice(0, count))
        return torch.cat(lanes.in_parts(count, compute))

    @property
    def _device(self) -> torch.device:
        """Where it computes; with offload the weights lie elsewhere."""
        device: torch.device = self._pipeline._execution_device
        return device

    @property
    def _scale(self) -> int:
        """Pixels along a side of one latent."""
        return int(self._pipeline.vae_scale_factor)

    def _excess(self, text: str) -> int:
        """How many tokens of a text the encoder's limit cuts off."""
        tokenizer = self._pipeline.tokenizer
        text = self._pipeline.maybe_convert_prompt(text, tokenizer)
        return max(0, len(tokenizer(text, verbose=False).input_ids) - int(tokenizer.model_max_length))


def _read_folder(folder: Path, dtype: torch.dtype, variant: str | None) -> Any:
    return StableDiffusionPipeline.from_pretrained(
        folder,
        torch_dtype=dtype,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        safety_checker=None,
        feature_extractor=None,
        image_encoder=None,
        requires_safety_checker=False,
    )
