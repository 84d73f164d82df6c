"""diffusers' schedulers over noise levels of one's choice.

Most of them can take Karras's levels instead of their own. What is put in where they compute those needs no
other change: the levels between, the solver's state and the order of the calls stay theirs.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

from .noise_levels import SpacingName, noise_levels, timesteps_of

#: Solvers of second order whose step to no noise is one of the first. They skip the level before it, which is
#: too near to none for them to gain from: one more level is made, and the last but one left out.
_SKIPS_LAST_LEVEL = ("KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "UniPCMultistepScheduler")


@functools.cache
def spaced(kind: type, spacing: SpacingName) -> type:
    """A class of schedulers like ``kind``, whose noise levels are spaced as the name says."""
    return type(kind.__name__, (_FORMS.get(kind.__name__, _Spaced), kind), {"spacing": spacing})


def spaced_settings(kind: type, spacing: SpacingName) -> dict[str, Any]:
    """What such a scheduler is configured with, besides the model's own settings and its solver's."""
    wanted = {
        "use_karras_sigmas": True,
        "use_exponential_sigmas": False,
        "use_beta_sigmas": False,
        "final_sigmas_type": "zero",
        # Says how those scale the first noise that do: as a picture under all of the noise, or by the first
        # level alone, where that isn't the highest.
        "timestep_spacing": "linspace" if spacing == "ddim_uniform" else "leading",
    }
    known = inspect.signature(kind).parameters
    return {name: value for name, value in wanted.items() if name in known}


class _Spaced:
    """Levels put in where Karras's would be."""

    spacing: SpacingName
    alphas_cumprod: Any
    _steps: int

    def set_timesteps(self, num_inference_steps: int, device: Any = None, *rest: Any, **given: Any) -> None:
        self._steps = num_inference_steps
        super().set_timesteps(num_inference_steps, device, *rest, **given)  # type: ignore[misc]
        # Two levels may share a timestep, by which the first step would be looked up.
        self.set_begin_index(0)  # type: ignore[attr-defined]

    @property
    def _trained(self) -> Any:
        alphas = self.alphas_cumprod.double().numpy()
        return ((1 - alphas) / alphas) ** 0.5

    def _levels(self) -> Any:
        """All levels but the last, which is 0 and which diffusers adds."""
        if type(self).__name__ in _SKIPS_LAST_LEVEL:
            return noise_levels(self.spacing, self._trained, self._steps + 1)[:-2]
        return noise_levels(self.spacing, self._trained, self._steps)[:-1]

    def _convert_to_karras(self, in_sigmas: Any, num_inference_steps: int | None = None) -> Any:
        return self._levels()

    def _sigma_to_t(self, sigma: Any, log_sigmas: Any) -> Any:
        return timesteps_of([sigma], self._trained)[0]


class _SpacedAncestral(_Spaced):
    """The one that can't take Karras's levels: they are put in afterwards."""

    sigmas: Any
    timesteps: Any

    def set_timesteps(self, num_inference_steps: int, device: Any = None, **given: Any) -> None:
        import numpy
        import torch

        super().set_timesteps(num_inference_steps, device, **given)
        levels = self._levels()
        self.sigmas = torch.from_numpy(numpy.append(levels, 0.0)).float()
        self.timesteps = torch.from_numpy(timesteps_of(levels, self._trained)).float().to(device)


class _SpacedLMS(_Spaced):
    """It extrapolates from the derivatives that there are, and never to no noise.

    diffusers counts those before the first step of image to image too. The step to no noise takes the
    denoised picture, as in ComfyUI.
    """

    sigmas: Any
    derivatives: list[Any]
    step_index: int | None
    begin_index: int

    def step(self, model_output: Any, timestep: Any, sample: Any, order: int = 4, **given: Any) -> Any:
        index = self.begin_index if self.step_index is None else self.step_index
        order = min(order, len(self.derivatives) + 1) if self.sigmas[index + 1] > 0 else 1
        return super().step(model_output, timestep, sample, order, **given)  # type: ignore[misc]


class _SpacedMultistep(_Spaced):
    """It scales the first noise as a picture under all of it, also where that isn't the first level."""

    init_noise_sigma: float

    def set_timesteps(self, num_inference_steps: int, device: Any = None, **given: Any) -> None:
        super().set_timesteps(num_inference_steps, device, **given)
        if self.spacing == "ddim_uniform":
            highest = float(self._levels()[0])
            self.init_noise_sigma = highest / (1 + highest**2) ** 0.5


_FORMS: dict[str, type] = {
    "EulerAncestralDiscreteScheduler": _SpacedAncestral,
    "LMSDiscreteScheduler": _SpacedLMS,
    "DPMSolverMultistepScheduler": _SpacedMultistep,
}
