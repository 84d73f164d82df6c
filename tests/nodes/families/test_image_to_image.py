"""Sampling that starts from latents is diffusers' own image-to-image; encoding draws nothing at random."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch

from mezzotint.nodes.decoding import decode
from mezzotint.nodes.encoding import encode
from mezzotint.nodes.families import adapter
from mezzotint.nodes.families.schedulers import SchedulerName
from mezzotint.nodes.latents import LatentBatch
from mezzotint.nodes.loading import load_model
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import text_encode

PROMPTS = ["red", "", "a blue star"]
NEGATIVES = ["", "green", ""]
SEEDS = [3, (1 << 52) + 5, 0]
#: Of latents, whose values are about one. Mostly the difference is exactly zero.
TOLERANCE = 1e-4

PARITY: dict[SchedulerName, tuple[str, dict[str, Any]]] = {
    "default": ("PNDMScheduler", {}),
    "ddim": ("DDIMScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm++_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "dpm++_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "unipc": ("UniPCMultistepScheduler", {}),
}


def pictures(count: int, width: int = 64, height: int = 64) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(0))


def redraw(
    model: Any, start: LatentBatch, count: int, seeds: list[int] = SEEDS, **options: Any
) -> torch.Tensor:
    conditioning = text_encode(model, PROMPTS[:count], NEGATIVES[:count])
    return sample(model, conditioning, seeds[:count], start, **options).samples


@pytest.mark.parametrize("scheduler", PARITY)
def test_starting_from_latents_equals_the_stock_pipeline(
    checkpoint: Callable[..., Path], model: Any, scheduler: SchedulerName
) -> None:
    pipeline = diffusers.StableDiffusionImg2ImgPipeline.from_pretrained(
        checkpoint(), safety_checker=None, use_safetensors=True
    )
    pipeline.set_progress_bar_config(disable=True)
    class_name, settings = PARITY[scheduler]
    if scheduler != "default":
        kind = getattr(diffusers, class_name)
        pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **settings)
    start = encode(model, pictures(3))
    worst = 0.0
    for count, guidance, strength in [
        (1, 7.5, 0.8),
        (1, 1.0, 0.5),
        (3, 7.5, 0.5),
        (3, 1.0, 0.8),
        (3, 7.5, 1),
    ]:
        expected = pipeline(
            PROMPTS[:count],
            negative_prompt=NEGATIVES[:count],
            image=start.samples[:count],
            strength=strength,
            generator=[torch.Generator().manual_seed(seed) for seed in SEEDS[:count]],
            num_inference_steps=6,
            guidance_scale=guidance,
            output_type="latent",
        ).images
        found = redraw(
            model,
            LatentBatch(start.samples[:count], start.tag),
            count,
            steps=6,
            guidance=guidance,
            scheduler=scheduler,
            strength=strength,
        )
        worst = max(worst, (found - expected).abs().max().item())
    print(f"{scheduler}: largest difference from the stock pipeline {worst:.2g}")
    assert worst <= TOLERANCE


def test_a_redrawn_picture_is_the_same_alone_and_in_a_batch(model: Any) -> None:
    start = encode(model, pictures(3))
    together = redraw(model, start, 3, steps=5, strength=0.6)
    for index in range(3):
        alone = sample(
            model,
            text_encode(model, [PROMPTS[index]], [NEGATIVES[index]]),
            [SEEDS[index]],
            LatentBatch(start.samples[index : index + 1], start.tag),
            steps=5,
            strength=0.6,
        )
        assert (together[index] - alone.samples[0]).abs().max() < TOLERANCE


def test_more_strength_leaves_less_of_the_picture_and_none_leaves_it_as_it_is(model: Any) -> None:
    start = encode(model, pictures(1))
    distances = [
        (redraw(model, start, 1, steps=10, strength=strength) - start.samples).norm().item()
        for strength in (0, 0.05, 0.3, 0.9)
    ]
    assert distances[0] == distances[1] == 0
    assert 0 < distances[2] < distances[3]


def test_the_size_is_that_of_the_latents(model: Any) -> None:
    start = encode(model, pictures(1, width=96, height=72))
    conditioning = text_encode(model, ["red"])
    drawn = sample(model, conditioning, [1], start, steps=2, width=96)
    assert (drawn.tag.width, drawn.tag.height) == (96, 72)
    assert decode(model, drawn).shape == (1, 3, 72, 96)
    with pytest.raises(ValueError, match=r"width 64 and height 72 were asked for, and .* are of 96 by 72"):
        sample(model, conditioning, [1], start, steps=2, width=64)
    with pytest.raises(ValueError, match="1 latents to start from and 2 seeds"):
        sample(model, text_encode(model, ["red", "blue"]), [1, 2], start, steps=2)


def test_latents_of_another_model_are_no_start(model: Any, checkpoint: Callable[..., Path]) -> None:
    other = load_model(source=str(checkpoint(channels=8)), device="cpu")
    start = encode(other, pictures(1))
    with pytest.raises(ValueError, match=r"these latents are of .*8 channels"):
        sample(model, text_encode(model, ["red"]), [1], start, steps=2)


def test_a_model_of_other_channels_redraws_too(checkpoint: Callable[..., Path]) -> None:
    other = load_model(source=str(checkpoint(channels=8)), device="cpu")
    start = encode(other, pictures(1))
    drawn = redraw(other, start, 1, steps=4, strength=0.5)
    assert drawn.shape == start.samples.shape
    assert not torch.equal(drawn, start.samples)


def test_encoding_takes_the_mode_and_leaves_latents_as_a_sampler_does(model: Any) -> None:
    images = pictures(2)
    loaded: Any = adapter(model)
    vae = loaded._pipeline.vae
    with torch.no_grad():
        expected = vae.encode(images * 2 - 1).latent_dist.mode() * vae.config.scaling_factor
    found = encode(model, images)
    assert torch.equal(found.samples, expected)
    assert torch.equal(found.samples, encode(model, images).samples)
    assert found.tag == loaded.tag(64, 64)


def test_the_starter_draws_again_what_it_encodes() -> None:
    starter = load_model(source="starter", device="cpu")
    conditioning = text_encode(starter, ["a red circle"])
    drawn = decode(starter, sample(starter, conditioning, [0], steps=8, guidance=3.0))
    again = decode(starter, encode(starter, drawn))
    assert (again - drawn).abs().mean() < 0.05


def test_a_picture_of_another_size_than_the_encoder_takes_is_refused(model: Any) -> None:
    with pytest.raises(
        ValueError, match="width 90 is not a multiple of 8, as this model needs; try 88 or 96"
    ):
        encode(model, pictures(1, width=90))


@pytest.mark.parametrize("change", [lambda latents: latents, torch.abs])
def test_latents_of_other_than_four_channels_are_no_picture_to_be_prepared(
    change: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    starter = load_model(source="starter", device="cpu")
    encoded = encode(starter, pictures(1, 96, 160))
    start = LatentBatch(change(encoded.samples), encoded.tag)
    drawn = redraw(starter, start, 1, steps=100, strength=0.01)  # one step with hardly any noise
    assert drawn.shape == start.samples.shape == (1, 8, 20, 12)
    assert (drawn - start.samples).abs().mean() < 0.1
