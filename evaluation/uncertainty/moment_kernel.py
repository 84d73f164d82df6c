"""A kernel that sees what a Fréchet distance sees: means and covariances, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..measures.frechet import Statistics
from ..measures.moments import FloatArray


def moment_kernel(rows: npt.NDArray[Any], reference: Statistics) -> FloatArray:
    """``[n, n]``: ``x·y + (x·y)² / 4λ`` of rows seen from the reference's mean, centred at the reference.

    Its mean over pairs is ``|Δm|² + |ΔS|² / 4λ``, λ being the variance that a picture's deviation meets on
    average, ``|S|² / tr S``. That is 0 where mean and covariance are the reference's, and near there much
    like the distance, ``|Δm|² + ½ Σ ΔS_ij² / (λ_i + λ_j)``, but without its bias and with any number of
    rows. What the reference's own error adds is taken off.
    """
    seen = rows.astype(np.float64) - reference.mean
    kernel: FloatArray = seen @ seen.T
    trace = reference.trace
    if trace > 0:
        squares = float(np.square(reference.covariance).sum())
        along = np.einsum("ij,ij->i", seen @ reference.covariance, seen)
        products = np.square(kernel)
        products -= along[:, None]
        products -= along
        products += squares
        products *= trace / (4 * squares)
        kernel += products
    if reference.count is not None and len(rows) > 1:
        kernel -= _variance(kernel) / reference.count
    return kernel


def _variance(kernel: FloatArray) -> float:
    """The variance of a member in the space of the kernel."""
    count = len(kernel)
    return float(np.trace(kernel) - kernel.mean() * count) / (count - 1)
