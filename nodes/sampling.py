"""``sample``: noise to latents, step by step, towards a prompt."""

from __future__ import annotations

from typing import Annotated

from ..graphs.node import Range, node
from ..graphs.types import Integer
from .conditioning import Conditioning, ConditioningBatch, ConditioningType
from .families.schedulers import SchedulerName
from .latents import LatentBatch, Latents, LatentsType
from .model import Model

Pixels = Annotated[int, Range(8, 8192)]


@node(version=1, batch=8)
def sample(
    model: Model,
    conditioning: Conditioning,
    seed: Integer,
    *,
    steps: Annotated[int, Range(1, 1000)] = 30,
    guidance: Annotated[float, Range(0, 100)] = 7.5,
    scheduler: SchedulerName = "default",
    width: Pixels | None = None,
    height: Pixels | None = None,
) -> Latents:
    """Draw latents from noise, denoising them step by step towards the prompt.

    The noise of every picture comes from its own seed alone, so a picture is the same alone and in a batch
    (to float tolerance in float32).

    Args:
        model: whose denoiser.
        conditioning: the encoded prompts.
        seed: one for each picture; torch's generator makes use of its lowest 32 bits.
        steps: number of denoising steps; some schedulers evaluate the model twice a step.
        guidance: classifier-free guidance scale (Ho and Salimans 2022, https://arxiv.org/abs/2207.12598);
            1 or less is none.
        scheduler: how to step through the noise levels; default is the model's own.
        width: of the picture, in pixels; the model's own size if left out.
        height: of the picture, in pixels; the model's own size if left out.

    Raises:
        ValueError: a size that the model can't draw, or prompts encoded for another model.
    """
    from .families import adapter

    family = adapter(model)
    wide, high = family.size(width, height)
    seeds = [seed] if isinstance(seed, int) else list(seed)

    def draw(conditioning: ConditioningBatch, seeds: list[int]) -> LatentBatch:
        return family.sample(
            conditioning, seeds, steps=steps, guidance=guidance, scheduler=scheduler, width=wide, height=high
        )

    if family.batches:
        return draw(conditioning, seeds)
    alone = ConditioningType().split(conditioning, len(seeds))
    return LatentsType().stack([draw(item, [own]) for item, own in zip(alone, seeds, strict=True)])
