"""The interval of a difference of two shares, which must not shrink to a point where no picture differed."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from ..uncertainty.clusters import t_quantile

FloatArray = npt.NDArray[np.float64]


def share_interval(
    parts: FloatArray, weights: FloatArray, pictures: float, units: float, *, largest: float = 1.0
) -> tuple[float, float]:
    """The 95 % interval of a difference of shares, ``parts`` ``[G]`` by unit, which sum to it.

    ``weights`` ``[G]`` are the units' shares of the pictures, ``pictures`` how many a unit has, ``units``
    how many units of equal size tell as much, ``largest`` what a share can be, which is more than 1 where
    one of both was scaled. As Agresti and Min, "Simple improved confidence intervals for
    comparing matched proportions", 2005, it adds two pairs of which half differ; here two units of as many
    pictures as the others. In 2,000 simulated pairs of runs each, of 15 to 90 prompts and 1 or 4 pictures,
    it missed the truth in at most 6 %, and the plain t interval in up to 8 %; of 6 prompts, in none and up
    to 24 %.
    """
    count = len(parts) + 2
    shrunk = len(parts) / count
    centre = float(parts.sum()) * shrunk
    residuals = shrunk * (parts - weights * centre)
    added = largest**2 / (pictures * count**2) + 2 * (centre / count) ** 2
    error = sqrt((float(residuals @ residuals) + added) * count / (count - 1))
    reach = t_quantile(units) * error
    return max(-largest, centre - reach), min(largest, centre + reach)
