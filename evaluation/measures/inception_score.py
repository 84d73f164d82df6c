"""The Inception Score: how sure a classifier is of each image, and how many classes a set covers.

``exp(mean KL(p(y|x) ‖ p(y)))``; Salimans et al., "Improved Techniques for Training GANs", 2016. Over
the whole set at once: scores of ten splits depend on their order, and are lower with fewer images in each.
"""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import numpy.typing as npt

from .moments import FloatArray, as_features


class InceptionScore:
    """Gathers a classifier's logits and gives their Inception Score: streams, splits, merges.

    From 1 (all images classified alike) to the number of classes. Nothing is kept of single images: the score
    is the entropy of the mean probabilities less the mean of the entropies.

    >>> metric = InceptionScore()
    >>> for batch in batches:
    ...     metric.update(batch)
    >>> metric.compute()
    """

    def __init__(self) -> None:
        self.count = 0
        self._probabilities: FloatArray | None = None
        self._negative_entropies = 0.0

    def update(self, logits: Any) -> None:
        """Add logits ``[n, classes]``, unnormalised log probabilities.

        Raises ValueError for another number of classes, and for NaN.
        """
        rows = as_features(logits)
        if len(rows) == 0:
            return
        logarithms = log_probabilities(rows)
        probabilities = np.exp(logarithms)
        self._add(len(rows), float((probabilities * logarithms).sum()), probabilities.sum(axis=0))

    def merge(self, other: InceptionScore) -> None:
        """Add what another state has gathered."""
        if other._probabilities is not None:
            self._add(other.count, other._negative_entropies, other._probabilities)

    def pack(self) -> npt.NDArray[Any]:
        """The state as one array ``[1, 2 + classes]``, or ``[0, 0]`` without images, for :meth:`absorb`."""
        if self._probabilities is None:
            return np.empty((0, 0))
        return np.concatenate([[self.count, self._negative_entropies], self._probabilities])[None]

    def absorb(self, packed: npt.NDArray[Any]) -> None:
        """Add what another state has packed."""
        for row in packed:
            self._add(round(row[0]), float(row[1]), row[2:])

    def compute(self) -> float:
        """The score; raises ValueError without images."""
        mean = self.mean_probabilities
        # A class that no image has any probability of adds nothing: p log p is 0 in the limit.
        present = mean[mean > 0]
        return exp(self._negative_entropies / self.count - float((present * np.log(present)).sum()))

    @property
    def mean_probabilities(self) -> FloatArray:
        """Of each class the mean over all images, ``[classes]``; raises ValueError without images."""
        if self._probabilities is None:
            raise ValueError("the Inception Score of no images")
        mean: FloatArray = self._probabilities / self.count
        return mean

    def _add(self, count: int, negative_entropies: float, probabilities: FloatArray) -> None:
        if self._probabilities is not None and self._probabilities.shape != probabilities.shape:
            mine, theirs = len(self._probabilities), len(probabilities)
            raise ValueError(f"logits of {theirs} classes can't join a set of {mine} classes")
        self.count += count
        self._negative_entropies += negative_entropies
        so_far = 0.0 if self._probabilities is None else self._probabilities
        self._probabilities = so_far + probabilities


def log_probabilities(logits: Any) -> FloatArray:
    """The logarithms of the probabilities that logits ``[n, classes]`` stand for."""
    rows = as_features(logits)
    shifted = rows - rows.max(axis=1, keepdims=True)
    logarithms: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logarithms
