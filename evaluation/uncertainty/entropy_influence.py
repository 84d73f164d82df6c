"""What each member adds to scores that are exponentials of entropies: the Inception Score, the Vendi score.

Both are smooth in the set's mean of something (class probabilities, outer products of features), so the
derivative by a member's weight is at hand. Both grow with the number of images: the intervals are for sets of
the same size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import linalg

from ..measures.inception_score import InceptionScore, log_probabilities
from ..measures.moments import FloatArray, unit_rows
from ..measures.vendi import Vendi, eigenvalues_that_count
from .clusters import clustered_estimate
from .estimate import Estimate, Uncertainty

METHOD = "influence by derivative, clustered by unit"
SIZE = "number of images"
#: Rows of logits looked at together.
BLOCK = 1024
#: Of sets whose Vendi score is more than this share of their size, the derivative tells too little: in
#: simulations intervals then cover down to 73 %.
LARGEST_VENDI = 1 / 5
#: Of lower orders rare kinds of images count as much as common ones, and what a set hasn't shown isn't
#: told by what it has: of order 0.5 intervals cover 82 to 91 % even where images are many.
LOWEST_ORDER = 1


def inception_score_estimate(
    metric: InceptionScore, logits: Any, units: Sequence[str], crossed: Sequence[str] = ()
) -> Estimate:
    """The Inception Score of logits ``[n, classes]``, and how sure it is.

    An image adds ``score · (KL − log score) / n``, KL being the divergence of its classes from the set's.
    """
    score = metric.compute()
    divergences = np.empty(len(logits))
    mean = metric.mean_probabilities
    logarithms_of_mean = np.log(np.where(mean > 0, mean, 1.0))
    for start in range(0, len(logits), BLOCK):
        logarithms = log_probabilities(logits[start : start + BLOCK])
        gaps = logarithms - logarithms_of_mean
        divergences[start : start + BLOCK] = (np.exp(logarithms) * gaps).sum(axis=1)
    influence = score * (divergences - divergences.mean()) / len(logits)
    return _estimate(score, influence, units, crossed, logits.shape[1])


def vendi_estimate(metric: Vendi, rows: Any, units: Sequence[str], crossed: Sequence[str] = ()) -> Estimate:
    """The Vendi score of features ``[n, d]``, and how sure it is where simulations bear that out."""
    score = metric.compute()
    reason = _why_not(score, metric.order, len(rows))
    if reason:
        known = Uncertainty(
            n=len(rows), clusters=len(set(units)), reason=reason, conditional_on=(SIZE, *crossed)
        )
        return Estimate(score, known)
    influence = score * vendi_influence(unit_rows(rows), metric.order)
    return _estimate(score, influence, units, crossed, len(rows))


def _why_not(score: float, order: float, count: int) -> str:
    if order < LOWEST_ORDER:
        return f"of order {order:g}, rare images count too much for a set to tell how sure its score is"
    if score > LARGEST_VENDI * count:
        return f"the score is more than a fifth of the {count} images, whose number then limits it"
    return ""


def _estimate(
    score: float, influence: FloatArray, units: Sequence[str], crossed: Sequence[str], largest: float
) -> Estimate:
    return clustered_estimate(
        score,
        influence,
        units,
        method=METHOD,
        conditional_on=(SIZE, *crossed),
        bounds=(1.0, largest),
    )


def vendi_influence(vectors: FloatArray, order: float = 1.0) -> FloatArray:
    """ψ ``[n]`` of unit vectors ``[n, d]`` on the logarithm of their Vendi score of an order.

    With the eigenvectors v and eigenvalues λ of the second moment a vector x adds ``Σ (x·v)² w(λ) / n``, less
    the mean: w is −log λ of order 1, and ``q/(1−q) · λ^(q−1) / Σ λ^q`` of order q.
    """
    count, dimension = vectors.shape
    # The rows' squared parts along the eigenvectors, from the smaller of both square matrices.
    if count <= dimension:
        eigenvalues, axes = linalg.eigh(vectors @ vectors.T / count, driver="evr")
        parts = np.square(axes) * eigenvalues * count
    else:
        eigenvalues, axes = linalg.eigh(vectors.T @ vectors / count, driver="evr")
        parts = np.square(vectors @ axes)
    counted = eigenvalues_that_count(eigenvalues)
    influence: FloatArray = parts[:, counted] @ _weights(eigenvalues[counted], order) / count
    influence -= influence.mean()
    return influence


def _weights(eigenvalues: FloatArray, order: float) -> FloatArray:
    if order == 1:
        return -np.log(eigenvalues)
    if math.isinf(order):
        largest = eigenvalues.max()
        return np.where(eigenvalues == largest, -1 / largest, 0.0)
    # In logarithms, since high powers of small shares are below the smallest number.
    logarithms = np.log(eigenvalues)
    powers = np.exp((order - 1) * logarithms - np.logaddexp.reduce(order * logarithms))
    weights: FloatArray = order / (1 - order) * powers
    return weights
