"""Image to image that sets out from latents, which diffusers' own pipeline takes of four channels only."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import StableDiffusionImg2ImgPipeline
from diffusers.image_processor import VaeImageProcessor
from diffusers.utils.torch_utils import randn_tensor


def from_latents(pipeline: Any) -> Any:
    """An image-to-image pipeline of the parts of a Stable Diffusion ``pipeline``, which takes latents."""
    made = _FromLatents(**pipeline.components, requires_safety_checker=False)
    made.image_processor = _AsTheyAre()
    made.set_progress_bar_config(disable=True)
    return made


class _FromLatents(StableDiffusionImg2ImgPipeline):  # type: ignore[misc]
    """Image-to-image whose picture is latents already, of any number of channels."""

    def prepare_latents(
        self,
        image: torch.Tensor,
        timestep: torch.Tensor,
        batch_size: int,
        num_images_per_prompt: int,
        dtype: torch.dtype,
        device: torch.device,
        generator: list[torch.Generator],
    ) -> torch.Tensor:
        start = image.to(device, dtype)
        noise = randn_tensor(start.shape, generator=generator, device=device, dtype=dtype)
        noisy: torch.Tensor = self.scheduler.add_noise(start, noise, timestep)
        return noisy


class _AsTheyAre(VaeImageProcessor):  # type: ignore[misc]
    """Latents of any number of channels go through; of other than 4 they would be resized as a picture."""

    def preprocess(self, image: torch.Tensor, *args: Any, **settings: Any) -> torch.Tensor:
        return image
