"""Which of our schedulers and spacings a sampler and a scheduler of ComfyUI's are.

In ComfyUI a *sampler* is how to step (ours: ``scheduler``, as in diffusers), and a *scheduler* how the noise
levels are spread (ours: ``spacing``). A sampler stands here only where a whole sampling of a known denoiser
comes out the same: within 5e-4 of values of about one, and mostly within 1e-6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from ....graphs.problem import nearest
from ....nodes.families.noise_levels import SpacingName
from ....nodes.families.schedulers import SchedulerName

#: Our scheduler by ComfyUI's sampler.
SAMPLERS: Mapping[str, SchedulerName] = {
    "euler": "euler",
    "euler_ancestral": "euler_ancestral",
    "heun": "heun",
    "dpm_2": "dpm2",
    "dpm_2_ancestral": "dpm2_ancestral",
    "lms": "lms",
    "dpmpp_2m": "dpm++_2m",
    "dpmpp_2m_sde": "dpm++_2m_sde",
    # These are the same but for where the noise of their steps is drawn.
    "dpmpp_2m_sde_gpu": "dpm++_2m_sde",
    "dpmpp_2m_sde_heun": "dpm++_2m_sde_heun",
    "dpmpp_2m_sde_heun_gpu": "dpm++_2m_sde_heun",
    # ComfyUI runs Euler's method by this name too, which in these variables is what DDIM does.
    "ddim": "euler",
}

#: Our spacing by ComfyUI's scheduler: the names are the same.
SPACINGS: Mapping[str, SpacingName] = {name: name for name in get_args(SpacingName) if name != "default"}

#: Schedulers of ours that draw noise at every step.
STOCHASTIC = frozenset({"euler_ancestral", "dpm2_ancestral", "dpm++_2m_sde", "dpm++_2m_sde_heun"})

_CFG_PP = "it guides in a way of its own (CFG++), which no scheduler of diffusers' does"
_NONE = "diffusers has no such solver"
#: Why the others have no equal, by their names.
SAMPLERS_WITHOUT_EQUAL: Mapping[str, str] = {
    "euler_cfg_pp": _CFG_PP,
    "euler_ancestral_cfg_pp": _CFG_PP,
    "dpmpp_2s_ancestral_cfg_pp": _CFG_PP,
    "dpmpp_2m_cfg_pp": _CFG_PP,
    "res_multistep_cfg_pp": _CFG_PP,
    "res_multistep_ancestral_cfg_pp": _CFG_PP,
    "gradient_estimation_cfg_pp": _CFG_PP,
    "heunpp2": _NONE,
    "dpm_fast": _NONE,
    "dpm_adaptive": _NONE,
    "dpmpp_2s_ancestral": "diffusers has the solver without the noise of its steps only",
    "dpmpp_sde": "diffusers needs torchsde for it, and draws other noise",
    "dpmpp_sde_gpu": "diffusers needs torchsde for it, and draws other noise",
    "dpmpp_3m_sde": _NONE,
    "dpmpp_3m_sde_gpu": _NONE,
    "ddpm": "diffusers' is tied to timesteps, and its noise has another variance",
    "lcm": "diffusers' is tied to timesteps of its own",
    "ipndm": _NONE,
    "ipndm_v": _NONE,
    "deis": "it integrates over another variable than diffusers' solver of that name",
    "res_multistep": _NONE,
    "res_multistep_ancestral": _NONE,
    "gradient_estimation": _NONE,
    "er_sde": _NONE,
    "seeds_2": _NONE,
    "seeds_3": _NONE,
    "sa_solver": _NONE,
    "sa_solver_pece": _NONE,
    "uni_pc": "diffusers' solver of that name comes out otherwise, as it steps to no noise at all",
    "uni_pc_bh2": "diffusers' solver of that name comes out otherwise, as it steps to no noise at all",
}
SCHEDULERS_WITHOUT_EQUAL = {"linear_quadratic": "its levels are made for video models"}


def our_scheduler(sampler: str) -> SchedulerName:
    """Our scheduler for a sampler of ComfyUI's; ValueError says why there is none, and what to use."""
    if sampler in SAMPLERS:
        return SAMPLERS[sampler]
    if sampler in SAMPLERS_WITHOUT_EQUAL:
        raise ValueError(f"{sampler} has no equal: {SAMPLERS_WITHOUT_EQUAL[sampler]}")
    raise ValueError(f"ComfyUI has no sampler {sampler!r}; {nearest(sampler, SAMPLERS)}")


def our_spacing(scheduler: str) -> SpacingName:
    """Our spacing for a scheduler of ComfyUI's; ValueError says why there is none."""
    if scheduler in SPACINGS:
        return SPACINGS[scheduler]
    if scheduler in SCHEDULERS_WITHOUT_EQUAL:
        raise ValueError(f"{scheduler} has no equal: {SCHEDULERS_WITHOUT_EQUAL[scheduler]}")
    raise ValueError(f"ComfyUI has no scheduler {scheduler!r}; {nearest(scheduler, SPACINGS)}")


def their_names(scheduler: str, spacing: str) -> tuple[str, str] | None:
    """ComfyUI's sampler and scheduler for ours; None where there are none."""
    sampler = next((theirs for theirs, ours in SAMPLERS.items() if ours == scheduler), None)
    return (sampler, spacing) if sampler is not None and spacing in SPACINGS else None
