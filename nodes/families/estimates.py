"""What a denoiser takes the finished picture to be, while there is still noise on it."""

from __future__ import annotations

import functools
import math
from typing import Any

import torch


class Estimates:
    """The last estimate that went through a scheduler, which goes on stepping as if nobody looked.

    At noise level t latents are ``sqrt(a) x + sqrt(1 - a) e`` of the finished ones ``x`` and noise ``e``,
    with ``a`` the product of alphas up to t (Ho et al. 2020, https://arxiv.org/abs/2006.11239): what the
    model predicts of the noise, or of the velocity (Salimans and Ho 2022,
    https://arxiv.org/abs/2202.00512), gives ``x``.
    """

    def __init__(self, scheduler: Any) -> None:
        """Follow a scheduler that nobody else uses."""
        self._scheduler = scheduler
        self._last: tuple[torch.Tensor, float, torch.Tensor] | None = None
        step = scheduler.step

        # A pipeline reads from the signature what a scheduler takes, such as a generator.
        @functools.wraps(step)
        def following(predicted: torch.Tensor, timestep: Any, sample: torch.Tensor, **settings: Any) -> Any:
            # Some schedulers keep latents at another scale; this is the one that the model is shown.
            shown = scheduler.scale_model_input(sample, timestep)
            self._last = (predicted, float(timestep), shown)
            return step(predicted, timestep, sample, **settings)

        scheduler.step = following

    def latest(self) -> torch.Tensor | None:
        """The finished latents ``[B, C, h, w]``, float32, as the last step estimates them.

        None before the first step, and for predictions that are of something else.
        """
        alphas = getattr(self._scheduler, "alphas_cumprod", None)
        if self._last is None or alphas is None:
            return None
        predicted, timestep, shown = self._last
        below = min(int(timestep), len(alphas) - 1)
        above = min(below + 1, len(alphas) - 1)
        alpha = float(torch.lerp(alphas[below], alphas[above], timestep - below))
        signal, noise = math.sqrt(max(alpha, 1e-6)), math.sqrt(1 - alpha)
        predicted, shown = predicted.float(), shown.float()
        match self._scheduler.config.prediction_type:
            case "epsilon":
                return (shown - noise * predicted) / signal
            case "v_prediction":
                return signal * shown - noise * predicted
            case "sample":
                return predicted
        return None
