"""Whole samplings of a denoiser that is known exactly: diffusers' schedulers over given levels, against the
samplers of k-diffusion as their papers and its documentation state them.

k-diffusion keeps a picture plus noise, ``x = x0 + sigma e``; the model is shown ``x / sqrt(1 + sigma^2)`` and
the timestep nearest to sigma, and predicts the noise.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import diffusers
import pytest
import torch

from mezzotint.nodes.families.noise_levels import noise_levels, timesteps_of
from mezzotint.nodes.families.schedulers import SPACEABLE, check_spacing, new_scheduler

OWN = diffusers.PNDMScheduler(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
)
_ALPHAS = OWN.alphas_cumprod.double().numpy()
TRAINED = ((1 - _ALPHAS) / _ALPHAS) ** 0.5

#: Where two timesteps are equally near to a level, rounding picks either.
TOLERANCE = 5e-4

Denoise = Callable[[torch.Tensor, float], torch.Tensor]


def unet(shown: torch.Tensor, timestep: float) -> torch.Tensor:
    """The exact noise in pictures of which half are near ``mean``, half near ``-mean``."""
    sigma, variance = float(TRAINED[round(timestep)]), 0.25
    mean = torch.linspace(-1, 1, 16, dtype=torch.float64).view(1, 4, 2, 2)
    x = shown.double() * math.sqrt(1 + sigma**2)
    total = variance + sigma**2
    share = torch.sigmoid(2 * (x * mean).flatten(1).sum(1) / total).view(-1, 1, 1, 1)
    pictures = (2 * share - 1) * mean * sigma**2 / total + x * variance / total
    return (x - pictures) / sigma


def denoise(x: torch.Tensor, sigma: float) -> torch.Tensor:
    return x - sigma * unet(x / math.sqrt(1 + sigma**2), float(timesteps_of([sigma], TRAINED)[0]))


def ancestral(here: float, there: float) -> tuple[float, float]:
    """Down to which level to step, and how much noise to add then (Song et al. 2020)."""
    up = min(there, math.sqrt(there**2 * (here**2 - there**2) / here**2))
    return math.sqrt(there**2 - up**2), up


def euler(x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor]) -> torch.Tensor:
    for here, there in itertools.pairwise(levels):
        x = x + (there - here) * (x - denoise(x, here)) / here
    return x


def euler_ancestral(x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor]) -> torch.Tensor:
    for here, there in itertools.pairwise(levels):
        down, up = ancestral(here, there)
        x = x + (down - here) * (x - denoise(x, here)) / here
        x = x + up * next(noise)
    return x


def heun(x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor]) -> torch.Tensor:
    for here, there in itertools.pairwise(levels):
        slope = (x - denoise(x, here)) / here
        ahead = x + (there - here) * slope
        if there:
            slope = (slope + (ahead - denoise(ahead, there)) / there) / 2
        x = x + (there - here) * slope
    return x


def dpm2(x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor]) -> torch.Tensor:
    for here, there in itertools.pairwise(levels):
        x = _midpoint(x, here, there)
    return x


def dpm2_ancestral(x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor]) -> torch.Tensor:
    for here, there in itertools.pairwise(levels):
        down, up = ancestral(here, there)
        x = _midpoint(x, here, down)
        if there:
            x = x + up * next(noise)
    return x


def _midpoint(x: torch.Tensor, here: float, there: float) -> torch.Tensor:
    """DPM-Solver-2: the slope half way, by the logarithm, takes it all the way."""
    slope = (x - denoise(x, here)) / here
    if there:
        middle = math.sqrt(here * there)
        ahead = x + (middle - here) * slope
        slope = (ahead - denoise(ahead, middle)) / middle
    return x + (there - here) * slope


def lms(x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor]) -> torch.Tensor:
    """Adams and Bashforth's multistep method over uneven levels, order 4."""
    from numpy.polynomial import Polynomial

    slopes: list[torch.Tensor] = []
    for index, (here, there) in enumerate(itertools.pairwise(levels)):
        slopes = [(x - denoise(x, here)) / here, *slopes][:4]
        if not there:
            return denoise(x, here)
        nodes = [levels[index - back] for back in range(len(slopes))]
        for node, slope in zip(nodes, slopes, strict=True):
            basis = Polynomial([1.0])
            for other in nodes:
                if other != node:
                    basis *= Polynomial([-other, 1.0]) / (node - other)
            whole = basis.integ()
            x = x + (whole(there) - whole(here)) * slope
    return x


def dpmpp_2m(x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor]) -> torch.Tensor:
    """Lu et al. 2022, https://arxiv.org/abs/2211.01095, algorithm 2."""
    before: tuple[torch.Tensor, float] | None = None
    for here, there in itertools.pairwise(levels):
        picture = found = denoise(x, here)
        if not there:
            return picture
        width = math.log(here / there)
        if before is not None:
            ratio = before[1] / width
            picture = (1 + 1 / (2 * ratio)) * found - before[0] / (2 * ratio)
        x = there / here * x - math.expm1(-width) * picture
        before = found, width
    return x


def dpmpp_2m_sde(
    x: torch.Tensor, levels: list[float], noise: Iterator[torch.Tensor], *, ends: bool = False
) -> torch.Tensor:
    """The same for the stochastic equation, the difference taken at the midpoint, or between the ends."""
    before: tuple[torch.Tensor, float] | None = None
    for here, there in itertools.pairwise(levels):
        picture = denoise(x, here)
        if not there:
            return picture
        width = math.log(here / there)
        far = -math.expm1(-2 * width)
        drawn = there / here * math.exp(-width) * x + far * picture
        if before is not None:
            weight = far / (-2 * width) + 1 if ends else 0.5 * far
            drawn = drawn + weight * width / before[1] * (picture - before[0])
        x = drawn + there * math.sqrt(far) * next(noise)
        before = picture, width
    return x


SAMPLERS: dict[str, Callable[..., torch.Tensor]] = {
    "euler": euler,
    "euler_ancestral": euler_ancestral,
    "heun": heun,
    "dpm2": dpm2,
    "dpm2_ancestral": dpm2_ancestral,
    "lms": lms,
    "dpm++_2m": dpmpp_2m,
    "dpm++_2m_sde": dpmpp_2m_sde,
    "dpm++_2m_sde_heun": functools.partial(dpmpp_2m_sde, ends=True),
}


def levels_of(name: str, spacing: Any, steps: int) -> list[float]:
    if name.startswith("dpm2"):
        whole = noise_levels(spacing, TRAINED, steps + 1).tolist()
        return [*whole[:-2], whole[-1]]
    return noise_levels(spacing, TRAINED, steps).tolist()


@pytest.fixture
def noise(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Iterator[torch.Tensor]]:
    """Gives the same noise from its beginning, to whoever draws any."""
    source: dict[str, Iterator[torch.Tensor]] = {}

    def begin() -> Iterator[torch.Tensor]:
        generator = torch.Generator().manual_seed(5)
        draw = functools.partial(torch.randn, 2, 4, 2, 2, generator=generator, dtype=torch.float64)
        source["now"] = (draw() for _ in itertools.count())
        return source["now"]

    for kind in ("euler_ancestral_discrete", "k_dpm_2_ancestral_discrete", "dpmsolver_multistep"):
        monkeypatch.setattr(
            f"diffusers.schedulers.scheduling_{kind}.randn_tensor", lambda *_, **__: next(source["now"])
        )
    return begin


def sampled(scheduler: Any, x: torch.Tensor, timesteps: Any) -> torch.Tensor:
    for t in timesteps:
        predicted = unet(scheduler.scale_model_input(x, t), float(t))
        x = scheduler.step(predicted, t, x).prev_sample.double()
    return x


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("spacing", ["normal", "karras", "simple", "sgm_uniform", "ddim_uniform", "beta"])
@pytest.mark.parametrize("steps", [2, 9])
def test_a_whole_sampling_is_that_of_k_diffusion(name: Any, spacing: Any, steps: int, noise: Any) -> None:
    first = torch.randn(2, 4, 2, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    levels = levels_of(name, spacing, steps)
    # Under all of the noise a picture has its own variance too; ComfyUI counts it at the highest level only.
    full = levels[0] >= TRAINED[-1] * (1 - 1e-5)
    expected = SAMPLERS[name](first * math.hypot(full, levels[0]), levels, noise())
    scheduler = new_scheduler(name, OWN, spacing)
    scheduler.set_timesteps(steps)
    noise()
    found = sampled(scheduler, first * scheduler.init_noise_sigma, scheduler.timesteps)
    assert (found - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("name", ["euler", "heun", "dpm2", "lms", "dpm++_2m"])
@pytest.mark.parametrize(("steps", "kept"), [(10, 5), (7, 6), (12, 1)])
def test_image_to_image_takes_the_last_steps(name: Any, steps: int, kept: int, noise: Any) -> None:
    generator = torch.Generator().manual_seed(1)
    picture, grain = torch.randn(2, 2, 4, 2, 2, generator=generator, dtype=torch.float64)
    levels = levels_of(name, "karras", steps)[-kept - 1 :]
    expected = SAMPLERS[name](picture + levels[0] * grain, levels, noise())
    scheduler = new_scheduler(name, OWN, "karras")
    scheduler.set_timesteps(steps)
    begin = (steps - kept) * scheduler.order
    scheduler.set_begin_index(begin)
    timesteps = scheduler.timesteps[begin:]
    start = scheduler.add_noise(picture, grain, timesteps[:1])
    assert (sampled(scheduler, start, timesteps) - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("name", sorted(SPACEABLE))
def test_two_levels_at_one_timestep_are_both_stepped_through(name: Any) -> None:
    scheduler = new_scheduler(name, OWN, "karras")
    scheduler.set_timesteps(200)
    found = sampled(
        scheduler, torch.ones(1, 4, 2, 2).double() * scheduler.init_noise_sigma, scheduler.timesteps
    )
    assert torch.isfinite(found).all()
    assert scheduler.step_index == len(scheduler.timesteps)


def test_a_scheduler_with_a_spacing_of_its_own_takes_no_other() -> None:
    check_spacing("ddim", "default")
    with pytest.raises(ValueError, match=r"write scheduler: dpm\+\+_2m"):
        check_spacing("dpm++_2m_karras", "karras")
    with pytest.raises(ValueError, match="has noise levels of its own"):
        check_spacing("default", "normal")
