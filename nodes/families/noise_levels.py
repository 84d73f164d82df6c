"""Noise levels: how the steps of a sampler are spread over the noise that a model was trained on.

A level is a standard deviation of noise, sigma in Karras et al. (2022), https://arxiv.org/abs/2206.00364: a
picture plus sigma times noise. The names are those of ComfyUI and k-diffusion, and so are the levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy

    Levels: TypeAlias = numpy.ndarray[Any, numpy.dtype[numpy.float64]]

SpacingName: TypeAlias = Literal[
    "default",
    "normal",
    "karras",
    "exponential",
    "simple",
    "sgm_uniform",
    "ddim_uniform",
    "beta",
    "kl_optimal",
]

#: Curvature of Karras's spacing.
_RHO = 7.0
#: Both shape parameters of the Beta distribution, https://arxiv.org/abs/2407.12173.
_BETA = 0.6


def noise_levels(spacing: SpacingName, trained: Levels, steps: int) -> Levels:
    """The noise levels between which a sampler steps, from the highest down; the last is 0.

    Args:
        spacing: any but ``default``.
        trained: the levels that the model was trained on, ``[timesteps]``, rising.
        steps: how many steps are asked for, at least 1. ``ddim_uniform`` takes one more where the training's
            timesteps don't divide evenly, ``beta`` fewer where two fall on one timestep.

    Returns:
        ``[steps + 1]``, one level more than there are steps.
    """
    import numpy

    return numpy.append(_SPACINGS[spacing](trained, steps), 0.0)


def timesteps_of(levels: Iterable[float], trained: Levels) -> Levels:
    """The trained timestep nearest to each level, by the logarithm."""
    import numpy

    logarithms = numpy.log(trained)
    nearest = [numpy.abs(numpy.log(max(level, 1e-10)) - logarithms).argmin() for level in levels]
    return numpy.asarray(nearest, dtype=numpy.float64)


def _at(timesteps: Levels, trained: Levels) -> Levels:
    """Levels at fractional timesteps, interpolated by the logarithm."""
    import numpy

    found: Levels = numpy.exp(numpy.interp(timesteps, numpy.arange(len(trained)), numpy.log(trained)))
    return found


def _normal(trained: Levels, steps: int) -> Levels:
    """Even in timesteps, from the last to the first."""
    import numpy

    return _at(numpy.linspace(len(trained) - 1, 0, steps), trained)


def _sgm_uniform(trained: Levels, steps: int) -> Levels:
    """Even in timesteps, the first of them left to the end of the last step."""
    import numpy

    return _at(numpy.linspace(len(trained) - 1, 0, steps + 1)[:-1], trained)


def _simple(trained: Levels, steps: int) -> Levels:
    """Every n-th trained level from the highest down, where n need not be whole."""
    return trained[[-1 - int(step * (len(trained) / steps)) for step in range(steps)]]


def _ddim_uniform(trained: Levels, steps: int) -> Levels:
    """Every n-th trained level up from the second, n whole."""
    return trained[1 :: max(len(trained) // steps, 1)][::-1]


def _karras(trained: Levels, steps: int) -> Levels:
    """Denser at low noise: even in sigma to the power 1/7."""
    import numpy

    high, low = trained[-1] ** (1 / _RHO), trained[0] ** (1 / _RHO)
    levels: Levels = (high + numpy.linspace(0, 1, steps) * (low - high)) ** _RHO
    return levels


def _exponential(trained: Levels, steps: int) -> Levels:
    """Even in the logarithm of sigma."""
    import numpy

    return numpy.exp(numpy.linspace(numpy.log(trained[-1]), numpy.log(trained[0]), steps))


def _beta(trained: Levels, steps: int) -> Levels:
    """Denser at both ends: timesteps at the quantiles of a Beta distribution, each taken once."""
    import numpy
    from scipy.stats import beta

    quantiles = beta.ppf(1 - numpy.linspace(0, 1, steps, endpoint=False), _BETA, _BETA)
    timesteps = numpy.rint(quantiles * (len(trained) - 1)).astype(int)
    return trained[[t for t, before in zip(timesteps, [-1, *timesteps], strict=False) if t != before]]


def _kl_optimal(trained: Levels, steps: int) -> Levels:
    """Even in the arc tangent of sigma (Sabour et al. 2024, https://arxiv.org/abs/2404.14507)."""
    import numpy

    share = numpy.arange(steps) / max(steps - 1, 1)
    levels: Levels = numpy.tan(share * numpy.arctan(trained[0]) + (1 - share) * numpy.arctan(trained[-1]))
    return levels


_SPACINGS: dict[SpacingName, Callable[[Levels, int], Levels]] = {
    "normal": _normal,
    "karras": _karras,
    "exponential": _exponential,
    "simple": _simple,
    "sgm_uniform": _sgm_uniform,
    "ddim_uniform": _ddim_uniform,
    "beta": _beta,
    "kl_optimal": _kl_optimal,
}
