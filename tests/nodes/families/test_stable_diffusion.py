"""encode, sample, decode together are diffusers' own pipeline; and a batch never changes a picture."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import diffusers
import pytest
import torch

from mezzotint.nodes.decoding import decode
from mezzotint.nodes.device import TorchDevice
from mezzotint.nodes.families import adapter
from mezzotint.nodes.families.schedulers import SCHEDULERS, SPACEABLE, SchedulerName
from mezzotint.nodes.latents import LatentBatch, LatentsType
from mezzotint.nodes.loading import load_model
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import TruncatedPromptWarning, text_encode

pytestmark = pytest.mark.filterwarnings("ignore::mezzotint.nodes.text.TruncatedPromptWarning")

PROMPTS = ["red", "", "a blue star", "stripes that go on for longer than the encoder can hold"]
NEGATIVES = ["", "green", "", "a wall"]
SEEDS = [3, (1 << 52) + 5, 0, 7]
#: Of images in [0, 1]. Mostly the difference is exactly zero.
TOLERANCE = 1e-5

#: The stock scheduler that each name stands for: class and settings.
PARITY: dict[SchedulerName, tuple[str, dict[str, Any]]] = {
    "default": ("PNDMScheduler", {}),
    "ddim": ("DDIMScheduler", {}),
    "ddpm": ("DDPMScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm++_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "dpm++_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "unipc": ("UniPCMultistepScheduler", {}),
}


def stock_pipeline(folder: Path) -> Any:
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(
        folder, safety_checker=None, use_safetensors=True
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def generators(seeds: list[int]) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def draw(
    model: Any, prompts: list[str], negatives: list[str], seeds: list[int], **options: Any
) -> torch.Tensor:
    latents = sample(model, text_encode(model, prompts, negatives), seeds, **options)
    pictures: torch.Tensor = decode(model, latents)
    return pictures


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("scheduler", PARITY)
def test_drawing_in_three_nodes_equals_the_stock_pipeline(
    checkpoint: Callable[..., Path], scheduler: SchedulerName, prediction_type: str
) -> None:
    folder = checkpoint(prediction_type=prediction_type)
    model = load_model(source=str(folder), device="cpu")
    pipeline = stock_pipeline(folder)
    class_name, settings = PARITY[scheduler]
    if scheduler != "default":  # as people do it, see diffusers' guide to schedulers
        kind = getattr(diffusers, class_name)
        pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **settings)
    assert type(pipeline.scheduler).__name__ == class_name
    worst = 0.0
    for count, guidance in [(1, 7.5), (1, 1.0), (4, 7.5), (4, 1.0)]:
        expected = pipeline(
            PROMPTS[:count],
            negative_prompt=NEGATIVES[:count],
            generator=generators(SEEDS[:count]),
            num_inference_steps=5,
            guidance_scale=guidance,
            output_type="pt",
        ).images
        found = draw(
            model,
            PROMPTS[:count],
            NEGATIVES[:count],
            SEEDS[:count],
            steps=5,
            guidance=guidance,
            scheduler=scheduler,
        )
        assert found.shape == (count, 3, 64, 64)
        assert found.std() > 0.01  # a flat picture would prove nothing
        worst = max(worst, (found - expected).abs().max().item())
    print(f"{scheduler}, {prediction_type}: largest difference from the stock pipeline {worst:.2g}")
    assert worst <= TOLERANCE


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("scheduler", get_args(SchedulerName))
def test_every_picture_is_the_same_alone_and_in_a_batch(
    checkpoint: Callable[..., Path], scheduler: SchedulerName, prediction_type: str
) -> None:
    model = load_model(source=str(checkpoint(prediction_type=prediction_type)), device="cpu")
    together = draw(model, PROMPTS, NEGATIVES, SEEDS, steps=4, scheduler=scheduler)
    assert together.isfinite().all()
    alone = torch.cat(
        [
            draw(model, [prompt], [negative], [seed], steps=4, scheduler=scheduler)
            for prompt, negative, seed in zip(PROMPTS, NEGATIVES, SEEDS, strict=True)
        ]
    )
    worst = (together - alone).abs().max().item() * 255
    print(f"{scheduler}, {prediction_type}: alone and in a batch differ by at most {worst:.2g} of 255")
    assert worst < 1


def test_different_prompts_and_seeds_draw_different_pictures(model: Any) -> None:
    pictures = draw(model, ["red", "red", "blue"], [""] * 3, [1, 2, 1], steps=5)
    assert (pictures[0] - pictures[1]).abs().max() > 0.05
    assert (pictures[0] - pictures[2]).abs().max() > 1e-3


@pytest.mark.parametrize("scheduler", ["default", "euler_ancestral", "dpm++_2m", "unipc", "lcm"])
def test_nothing_of_one_call_leaks_into_the_next(model: Any, scheduler: SchedulerName) -> None:
    first = draw(model, ["red"], [""], [5], steps=6, scheduler=scheduler)
    draw(model, ["blue", "green"], ["", ""], [1, 2], steps=9, scheduler="heun", guidance=1.0)
    draw(model, ["blue"], [""], [1], steps=4, scheduler=scheduler, guidance=3.0)
    assert torch.equal(first, draw(model, ["red"], [""], [5], steps=6, scheduler=scheduler))


def test_the_global_random_state_is_neither_read_nor_moved(model: Any) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = draw(model, ["red"], [""], [5], steps=5, scheduler="euler_ancestral")
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(2)
    assert torch.equal(first, draw(model, ["red"], [""], [5], steps=5, scheduler="euler_ancestral"))


def test_inference_mode_changes_nothing(model: Any) -> None:
    first = draw(model, ["red"], [""], [5], steps=3)
    with TorchDevice().inference():
        assert torch.equal(first, draw(model, ["red"], [""], [5], steps=3))


def test_threads_share_a_model_without_disturbing_one_another(model: Any) -> None:
    jobs: list[dict[str, Any]] = [
        {"steps": 5, "scheduler": "euler_ancestral", "guidance": 1.0},
        {"steps": 8, "scheduler": "dpm++_2m", "guidance": 9.0},
        {"steps": 6, "scheduler": "default", "guidance": 4.0},
    ]
    expected = [draw(model, ["red"], ["blue"], [5], **job) for job in jobs]
    found: list[Any] = [None] * len(jobs)

    def work(index: int) -> None:
        found[index] = draw(model, ["red"], ["blue"], [5], **jobs[index])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))


def test_guidance_of_one_makes_no_use_of_the_negative(model: Any) -> None:
    plain = draw(model, ["red"], [""], [1], steps=4, guidance=1.0)
    assert torch.equal(plain, draw(model, ["red"], ["blue"], [1], steps=4, guidance=1.0))
    assert not torch.equal(
        draw(model, ["red"], [""], [1], steps=4), draw(model, ["red"], ["blue"], [1], steps=4)
    )


def test_no_negative_is_the_empty_text(model: Any) -> None:
    stock = stock_pipeline(Path(model.path))
    expected = stock("red", generator=generators([1]), num_inference_steps=4, output_type="pt").images
    found = decode(model, sample(model, text_encode(model, ["red"]), [1], steps=4))
    assert (found - expected).abs().max() <= TOLERANCE


def test_tokens_that_the_encoder_cut_off_are_counted_and_warned_of(model: Any) -> None:
    # 16 places hold a start, 14 characters and an end.
    with pytest.warns(TruncatedPromptWarning, match="2 of 3 prompts are longer"):
        conditioning = text_encode(model, ["a" * 14, "a" * 20, "a"], ["", "", "b" * 15])
    assert conditioning.truncated == (0, 6, 1)


def test_an_encoding_does_not_depend_on_its_neighbours(model: Any) -> None:
    together = text_encode(model, ["a", "much longer", "a"], ["", "x", "a"])
    alone = text_encode(model, ["a"])
    difference = together.tensors["prompt_embeds"][2] - alone.tensors["prompt_embeds"][0]
    assert difference.abs().max() < 1e-5
    assert torch.equal(together.tensors["prompt_embeds"][0], together.tensors["negative_prompt_embeds"][2])


def test_width_and_height_are_drawn_as_asked_or_refused(model: Any) -> None:
    conditioning = text_encode(model, ["red"])
    latents = sample(model, conditioning, [1], steps=2, width=96, height=72)
    assert (latents.tag.width, latents.tag.height) == (96, 72)
    assert decode(model, latents).shape == (1, 3, 72, 96)
    with pytest.raises(
        ValueError, match="width 90 is not a multiple of 8, as this model needs; try 88 or 96"
    ):
        sample(model, conditioning, [1], steps=2, width=90)
    with pytest.raises(ValueError, match="height 8192 is more than 16 times"):
        sample(model, conditioning, [1], steps=2, height=8192)


def test_latents_of_another_model_are_refused(model: Any, checkpoint: Callable[..., Path]) -> None:
    other = load_model(source=str(checkpoint(channels=8)), device="cpu")
    latents = sample(other, text_encode(other, ["red"]), [1], steps=2)
    with pytest.raises(ValueError, match=r"these latents are of .*8 channels.* decodes .*4 channels"):
        decode(model, latents)


def test_prompts_encoded_for_another_family_are_refused(model: Any) -> None:
    from dataclasses import replace

    conditioning = replace(text_encode(model, ["red"]), family="flux")
    with pytest.raises(ValueError, match="encoded for flux, and this model is stable_diffusion"):
        sample(model, conditioning, [1], steps=2)
    with pytest.raises(ValueError, match="1 prompts and 2 seeds"):
        sample(model, text_encode(model, ["red"]), [1, 2], steps=2)


def test_latents_from_the_store_decode_to_the_same_picture(model: Any) -> None:
    latents = sample(model, text_encode(model, ["red"]), [1], steps=2)
    kind = LatentsType()
    stored: LatentBatch = kind.decode(kind.encode(kind.split(latents, 1)[0]))
    assert torch.equal(decode(model, latents), decode(model, stored))
    assert torch.equal(decode(model, latents), decode(model, kind.stack([stored])))


def test_every_scheduler_name_has_its_settings() -> None:
    assert set(get_args(SchedulerName)) == {"default", *SCHEDULERS}


@pytest.mark.parametrize("scheduler", sorted(SPACEABLE))
def test_schedulers_step_between_levels_of_any_spacing(model: Any, scheduler: SchedulerName) -> None:
    text = text_encode(model, ["red"])
    drawn = sample(model, text, [1], steps=4, scheduler=scheduler, spacing="exponential")
    again = sample(model, text, [1], drawn, steps=4, scheduler=scheduler, spacing="sgm_uniform", strength=0.5)
    own = sample(model, text, [1], steps=4, scheduler=scheduler)
    assert torch.isfinite(again.samples).all()
    assert not torch.allclose(drawn.samples, own.samples)


def test_a_spacing_for_a_scheduler_that_takes_none_is_refused(model: Any) -> None:
    with pytest.raises(ValueError, match="scheduler ddim has noise levels of its own"):
        sample(model, text_encode(model, ["red"]), [1], steps=2, scheduler="ddim", spacing="karras")


def test_half_precision_draws_close_to_single(model: Any, checkpoint: Callable[..., Path]) -> None:
    half = load_model(source=str(checkpoint()), dtype="bfloat16", device="cpu")
    loaded: Any = adapter(half)
    pipeline = loaded._pipeline
    assert {pipeline.unet.dtype, pipeline.vae.dtype, pipeline.text_encoder.dtype} == {torch.bfloat16}
    latents = sample(half, text_encode(half, ["red"]), [1], steps=3)
    assert latents.samples.dtype == torch.bfloat16
    kind = LatentsType()
    stored = kind.stack([kind.decode(kind.encode(item)) for item in kind.split(latents, 1)])
    assert torch.equal(decode(half, latents), decode(half, stored))
    difference = decode(half, latents) - draw(model, ["red"], [""], [1], steps=3)
    assert difference.abs().mean() < 0.05
