"""The moments of a set of features, gathered batch by batch: what Fréchet distances are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def as_rows(features: Any) -> npt.NDArray[Any]:
    """Features ``[n, d]`` as an array, from NumPy or torch on any device, not copied where that can be.

    float32 and float64 stay what they are; half precision becomes float32, and anything else float64.
    Raises ValueError for another number of dimensions, and for NaN or infinity: one such row would silently
    make every later result NaN.
    """
    if hasattr(features, "detach"):
        features = features.detach().cpu()
        # NumPy knows no bfloat16.
        features = (features.float() if features.dtype.itemsize == 2 else features).numpy()
    rows = np.asarray(features)
    if rows.dtype not in (np.float32, np.float64):
        rows = rows.astype(np.float32 if rows.dtype == np.float16 else np.float64)
    if rows.ndim != 2:
        raise ValueError(f"expected features of shape [n, d], got {list(rows.shape)}")
    if not np.isfinite(rows).all():
        bad = int((~np.isfinite(rows).all(axis=1)).sum())
        raise ValueError(f"{bad} of {len(rows)} features hold NaN or infinity")
    return rows


def as_features(features: Any) -> FloatArray:
    """Features as a float64 array ``[n, d]``; what :func:`as_rows` refuses is a ValueError here too."""
    return as_rows(features).astype(np.float64, copy=False)


def unit_rows(features: Any) -> FloatArray:
    """Features ``[n, d]`` scaled to length 1, float64.

    Raises ValueError as :func:`as_features` does, and for a vector of length 0, which has no direction.
    """
    rows = as_features(features)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError("a feature vector of length 0 has no direction, so no cosine distance")
    scaled: FloatArray = rows / lengths
    return scaled


@dataclass
class Moments:
    """Count, mean and summed outer products about the mean, in float64, of ``d``-dimensional features.

    Batches and shards are merged the way Chan, Golub and LeVeque do ("Updating formulae and a pairwise
    algorithm for computing sample variances", 1979), so the value doesn't depend on how a set was cut or
    ordered, to about 1e-9. The state takes 8·d² bytes: 34 MB at d = 2048.
    """

    count: int = 0
    mean: FloatArray | None = None
    scatter: FloatArray | None = None

    def update(self, features: Any) -> None:
        """Add a batch of features ``[n, d]``; raises ValueError for another ``d`` and for NaN."""
        rows = as_features(features)
        if len(rows) == 0:
            return
        mean = rows.mean(axis=0)
        centred = rows - mean
        self.merge(Moments(len(rows), mean, centred.T @ centred))

    def merge(self, other: Moments) -> None:
        """Add what another state has gathered; ``other`` stays as it is."""
        if other.mean is None or other.scatter is None:
            return
        if self.mean is None or self.scatter is None:
            self.count, self.mean, self.scatter = other.count, other.mean.copy(), other.scatter.copy()
            return
        if self.mean.shape != other.mean.shape:
            raise ValueError(
                f"features of dimension {len(other.mean)} can't join a set of dimension {len(self.mean)}"
            )
        total = self.count + other.count
        gap = other.mean - self.mean
        self.scatter += other.scatter
        self.scatter += np.outer(gap, gap * (self.count * other.count / total))
        self.mean += gap * (other.count / total)
        self.count = total

    def covariance(self) -> FloatArray:
        """The sample covariance ``[d, d]`` (divided by n − 1); ValueError for fewer than two features."""
        if self.scatter is None or self.count < 2:
            raise ValueError(f"a covariance needs at least 2 images, got {self.count}")
        return self.scatter / (self.count - 1)
