"""Noise levels against formulas written down from their sources, ComfyUI's own numbers, and diffusers'."""

import math
from typing import Any, get_args

import numpy
import pytest

from mezzotint.nodes.families.noise_levels import SpacingName, noise_levels, timesteps_of

SPACINGS = [name for name in get_args(SpacingName) if name != "default"]

#: What ComfyUI 0.3.64 computes for the noise schedule of Stable Diffusion 1.5 in seven steps.
COMFYUI = {
    "normal": [14.6146, 5.9489, 2.91831, 1.61558, 0.932358, 0.493552, 0.0291672, 0],
    "karras": [14.6146, 7.09441, 3.1686, 1.2741, 0.446919, 0.130308, 0.0291672, 0],
    "exponential": [14.6146, 5.18568, 1.84002, 0.652892, 0.231664, 0.0822009, 0.0291672, 0],
    "simple": [14.6146, 6.70163, 3.5282, 2.06167, 1.27624, 0.790061, 0.438062, 0],
    "sgm_uniform": [14.6146, 6.678, 3.52206, 2.06064, 1.27683, 0.79126, 0.439666, 0],
    "ddim_uniform": [14.2651, 6.57065, 3.48545, 2.04731, 1.27206, 0.790061, 0.440309, 0.0413144, 0],
    "beta": [14.6146, 9.70148, 4.7126, 2.26832, 1.16822, 0.612696, 0.27718, 0],
    "kl_optimal": [14.6146, 3.0807, 1.59707, 0.961588, 0.572914, 0.281838, 0.0291672, 0],
}


@pytest.fixture(scope="module")
def trained() -> Any:
    """The levels of Stable Diffusion 1.5: betas even in their square roots (Rombach et al. 2022)."""
    betas = numpy.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    alphas = numpy.cumprod(1 - betas)
    return ((1 - alphas) / alphas) ** 0.5


def native(kind: str, steps: int, **settings: Any) -> Any:
    """The levels that a scheduler of diffusers computes with settings of its own."""
    import diffusers

    schedule = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    scheduler = getattr(diffusers, kind)(**schedule, **settings)
    scheduler.set_timesteps(steps)
    return scheduler.sigmas.numpy()


def test_every_spacing_has_a_number_here() -> None:
    assert set(COMFYUI) == set(SPACINGS)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_levels_are_those_of_comfyui(spacing: Any, trained: Any) -> None:
    assert noise_levels(spacing, trained, 7) == pytest.approx(COMFYUI[spacing], rel=1e-5)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("steps", [1, 2, 3, 12, 20, 30, 77, 1000])
def test_levels_fall_to_nothing(spacing: Any, steps: int, trained: Any) -> None:
    levels = noise_levels(spacing, trained, steps)
    assert (numpy.diff(levels) < 0).all()
    assert levels[-1] == 0
    assert levels[0] <= trained[-1] * (1 + 1e-12)
    assert levels[-2] >= trained[0] * (1 - 1e-12)
    if spacing not in ("ddim_uniform", "beta"):
        assert len(levels) == steps + 1
        assert levels[0] == pytest.approx(trained[-1])


@pytest.mark.parametrize("steps", [2, 10, 25])
def test_karras_is_equation_5_of_the_paper(steps: int, trained: Any) -> None:
    high, low, rho = trained[-1], trained[0], 7
    expected = [
        (high ** (1 / rho) + i / (steps - 1) * (low ** (1 / rho) - high ** (1 / rho))) ** rho
        for i in range(steps)
    ]
    assert noise_levels("karras", trained, steps) == pytest.approx([*expected, 0])


@pytest.mark.parametrize("steps", [3, 10, 25])
def test_exponential_levels_have_one_ratio(steps: int, trained: Any) -> None:
    levels = noise_levels("exponential", trained, steps)[:-1]
    assert levels[1:] / levels[:-1] == pytest.approx((trained[0] / trained[-1]) ** (1 / (steps - 1)))


@pytest.mark.parametrize("steps", [3, 10, 25])
def test_normal_interpolates_by_the_logarithm_as_k_diffusion_does(steps: int, trained: Any) -> None:
    expected = []
    for i in range(steps):
        t = 999 * (1 - i / (steps - 1))
        below, share = math.floor(t), t % 1
        above = min(below + 1, 999)
        expected.append(math.exp((1 - share) * math.log(trained[below]) + share * math.log(trained[above])))
    assert noise_levels("normal", trained, steps) == pytest.approx([*expected, 0])


@pytest.mark.parametrize("steps", [5, 20, 30])
def test_what_diffusers_computes_of_itself_agrees(steps: int, trained: Any) -> None:
    euler = "EulerDiscreteScheduler"
    karras = native("DPMSolverMultistepScheduler", steps, use_karras_sigmas=True)
    assert noise_levels("karras", trained, steps) == pytest.approx(karras, rel=1e-4)
    exponential = native("DPMSolverMultistepScheduler", steps, use_exponential_sigmas=True)
    assert noise_levels("exponential", trained, steps) == pytest.approx(exponential, rel=1e-4)
    # It interpolates by the level, not by its logarithm.
    linspace = native(euler, steps, timestep_spacing="linspace")
    assert noise_levels("normal", trained, steps) == pytest.approx(linspace, rel=1e-3)


@pytest.mark.parametrize("steps", [4, 20, 50])
def test_where_the_steps_divide_the_training_diffusers_spacings_agree(steps: int, trained: Any) -> None:
    euler = "EulerDiscreteScheduler"
    trailing = native(euler, steps, timestep_spacing="trailing")
    assert noise_levels("simple", trained, steps) == pytest.approx(trailing, rel=1e-4)
    leading = native(euler, steps, timestep_spacing="leading", steps_offset=1)
    assert noise_levels("ddim_uniform", trained, steps) == pytest.approx(leading, rel=1e-4)


def test_a_level_is_shown_to_the_model_at_the_nearest_timestep(trained: Any) -> None:
    assert timesteps_of(trained[[0, 17, 999]], trained).tolist() == [0, 17, 999]
    between = (trained[17] * trained[18]) ** 0.5
    assert timesteps_of([between * 0.999, between * 1.001, 100.0, 0.0], trained).tolist() == [17, 18, 999, 0]
