"""``sample``: noise to latents, step by step, towards a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from ..graphs import stepping
from ..graphs.node import Range, node
from ..graphs.types import Integer
from .conditioning import Conditioning, ConditioningBatch, ConditioningType
from .families.noise_levels import SpacingName
from .families.schedulers import SchedulerName, check_spacing
from .latents import LatentBatch, Latents, LatentsType
from .model import Model

Pixels = Annotated[int, Range(8, 8192)]


def _spacing_fits(options: Mapping[str, Any]) -> None:
    check_spacing(options["scheduler"], options["spacing"])


@node(version=1, batch=8, check=_spacing_fits)
def sample(
    model: Model,
    conditioning: Conditioning,
    seed: Integer,
    latents: Latents | None = None,
    *,
    steps: Annotated[int, Range(1, 1000)] = 30,
    guidance: Annotated[float, Range(0, 100)] = 7.5,
    scheduler: SchedulerName = "default",
    width: Pixels | None = None,
    height: Pixels | None = None,
    strength: Annotated[float, Range(0, 1)] = 0.8,
    spacing: SpacingName = "default",
) -> Latents:
    """Draw latents from noise, denoising them step by step towards the prompt.

    The noise of every picture comes from its own seed alone, so a picture is the same alone and in a batch
    (to float tolerance in float32). Given latents to start from, it draws image to image: they get as much
    of that noise as `strength` says, and the last steps take it away again (Meng et al. 2021,
    https://arxiv.org/abs/2108.01073).

    Args:
        model: whose denoiser.
        conditioning: the encoded prompts.
        seed: one for each picture; torch's generator makes use of its lowest 32 bits.
        latents: what to start from, such as an encoded picture; pure noise if left out.
        steps: number of denoising steps; some schedulers evaluate the model twice a step.
        guidance: classifier-free guidance scale (Ho and Salimans 2022, https://arxiv.org/abs/2207.12598);
            1 or less is none.
        scheduler: how to step through the noise levels; default is the model's own.
        width: of the picture, in pixels; the model's own size if left out, or that of the latents.
        height: of the picture, in pixels; the model's own size if left out, or that of the latents.
        strength: with latents to start from, the share of the steps that is taken: 1 leaves little of them,
            0 (or what makes less than one step) leaves them as they are.
        spacing: how the noise levels of the steps are spread, for schedulers without one in their name: as
            in k-diffusion and ComfyUI, which call this the scheduler; default is the scheduler's own.

    Raises:
        ValueError: a size that the model can't draw or that isn't that of the latents, prompts encoded for
            another model, latents of another, or a scheduler that takes no spacing.

    >>> from mezzotint import nodes
    >>> model = nodes.load_model(source="starter")
    >>> text = nodes.text_encode(model, "a red circle")
    >>> latents = nodes.sample(model, text, seed=[1, 2], steps=4, guidance=3)
    >>> latents.samples.shape, latents.tag.width
    (torch.Size([2, 8, 8, 8]), 64)
    """
    from .families import adapter

    family = adapter(model)
    seeds = [seed] if isinstance(seed, int) else list(seed)
    if latents is not None:
        width, height = _size_of(latents, width, height)
        if len(latents.samples) != len(seeds):
            raise ValueError(f"{len(latents.samples)} latents to start from and {len(seeds)} seeds")
    wide, high = family.size(width, height)

    def draw(conditioning: ConditioningBatch, seeds: list[int], start: LatentBatch | None) -> LatentBatch:
        return family.sample(
            conditioning,
            seeds,
            steps=steps,
            guidance=guidance,
            scheduler=scheduler,
            width=wide,
            height=high,
            start=start,
            strength=strength,
            spacing=spacing,
        )

    if family.batches:
        return draw(conditioning, seeds, latents)
    count = len(seeds)
    alone = ConditioningType().split(conditioning, count)
    starts = [None] * count if latents is None else LatentsType().split(latents, count)
    drawn = []
    for index, (item, own, start) in enumerate(zip(alone, seeds, starts, strict=True)):
        with stepping.part(index, count):
            drawn.append(draw(item, [own], start))
    return LatentsType().stack(drawn)


def _size_of(latents: LatentBatch, width: int | None, height: int | None) -> tuple[int, int]:
    """The size of the picture that latents stand for; ValueError where another was asked for."""
    tag = latents.tag
    if (width or tag.width, height or tag.height) != (tag.width, tag.height):
        asked = f"width {width or tag.width} and height {height or tag.height}"
        raise ValueError(
            f"{asked} were asked for, and the latents to start from are of {tag.width} by {tag.height} "
            "pixels; leave width and height out, or resize the picture before it is encoded"
        )
    return tag.width, tag.height
