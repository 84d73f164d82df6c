"""Schedulers by name: which class of diffusers, with which settings on top of the model's own.

The names are those of the papers and of k-diffusion; ``karras`` is the noise spacing of Karras et al. (2022),
https://arxiv.org/abs/2206.00364.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from .noise_levels import SpacingName
from .spaced import spaced, spaced_settings

SchedulerName: TypeAlias = Literal[
    "default",
    "ddim",
    "ddpm",
    "pndm",
    "lms",
    "lms_karras",
    "euler",
    "euler_karras",
    "euler_ancestral",
    "heun",
    "dpm2",
    "dpm2_ancestral",
    "dpm++_2s",
    "dpm++_2m",
    "dpm++_2m_karras",
    "dpm++_2m_sde",
    "dpm++_2m_sde_karras",
    "deis",
    "unipc",
    "lcm",
    "tcd",
    "dpm++_2m_sde_heun",
]

#: Class name in diffusers and settings, for every name but ``default``, the model's own.
SCHEDULERS: dict[SchedulerName, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "ddpm": ("DDPMScheduler", {}),
    # PLMS: the Runge-Kutta warm-up is skipped, as in Stable Diffusion's own configuration.
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "lms": ("LMSDiscreteScheduler", {}),
    "lms_karras": ("LMSDiscreteScheduler", {"use_karras_sigmas": True}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_karras": ("EulerDiscreteScheduler", {"use_karras_sigmas": True}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm2": ("KDPM2DiscreteScheduler", {}),
    "dpm2_ancestral": ("KDPM2AncestralDiscreteScheduler", {}),
    "dpm++_2s": ("DPMSolverSinglestepScheduler", {}),
    "dpm++_2m": ("DPMSolverMultistepScheduler", {}),
    "dpm++_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "dpm++_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "dpm++_2m_sde_karras": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True},
    ),
    "deis": ("DEISMultistepScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
    "dpm++_2m_sde_heun": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++", "solver_type": "heun"},
    ),
}

#: Those that step between any noise levels; others are tied to timesteps, or have a spacing in their name.
SPACEABLE: frozenset[SchedulerName] = frozenset(
    {
        "lms",
        "euler",
        "euler_ancestral",
        "heun",
        "dpm2",
        "dpm2_ancestral",
        "dpm++_2s",
        "dpm++_2m",
        "dpm++_2m_sde",
        "dpm++_2m_sde_heun",
        "deis",
        "unipc",
    }
)


def check_spacing(name: SchedulerName, spacing: SpacingName) -> None:
    """ValueError for a scheduler that can't step between noise levels of another spacing."""
    if spacing == "default" or name in SPACEABLE:
        return
    bare = name.removesuffix("_karras")
    hint = f"write scheduler: {bare}" if bare in SPACEABLE else f"it goes with {', '.join(sorted(SPACEABLE))}"
    raise ValueError(f"scheduler {name} has noise levels of its own, so it takes no spacing; {hint}")


def new_scheduler(name: SchedulerName, own: Any, spacing: SpacingName = "default") -> Any:
    """A fresh scheduler that shares the model's noise schedule and prediction type.

    Args:
        name: one of :data:`SchedulerName`.
        spacing: of its noise levels; ``default`` is the scheduler's own.
        own: the model's own scheduler, which is not changed. Its configuration must be the one that the
            pipeline left (a pipeline corrects outdated settings such as ``steps_offset``).

    Raises ValueError for a scheduler that takes no spacing.

    Schedulers carry state from step to step and from call to call; one that is made for a call can't leak.
    """
    check_spacing(name, spacing)
    if name == "default":
        return type(own).from_config(own.config)
    import diffusers

    class_name, settings = SCHEDULERS[name]
    kind = getattr(diffusers, class_name)
    if spacing != "default":
        kind, settings = spaced(kind, spacing), {**settings, **spaced_settings(kind, spacing)}
    return kind.from_config(own.config, **settings)
