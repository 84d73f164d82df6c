"""What each member adds to the mean distance over all pairs of a set, and how sure that mean is.

The mean over pairs is a U-statistic: a member adds twice what its own mean distance is above the whole mean,
over n (Hoeffding, "A class of statistics with asymptotically normal distribution", 1948). Distances here are
squared lengths, so the sum over a member's pairs is ``n q + Σ q``, with q its squared distance from the mean
of all, and no pairs are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np

from ..measures.diversity import Diversity
from ..measures.moments import FloatArray, unit_rows
from ..measures.prompt_diversity import PromptDiversity
from ..measures.results import Spread
from .clusters import clustered_estimate, numbered
from .estimate import Estimate

METHOD = "influence on a U-statistic, clustered by unit"
#: The cosine distance of opposite directions.
FARTHEST = 2.0


def spread_influence(from_mean: Any) -> FloatArray:
    """ψ ``[n]`` on the mean squared distance over pairs, by the squared distances ``[n]`` from the mean."""
    from_mean = np.asarray(from_mean, dtype=np.float64)
    influence: FloatArray = 2 * (from_mean - from_mean.mean()) / (len(from_mean) - 1)
    return influence


def spread_estimate(
    value: float,
    from_mean: Any,
    units: Sequence[str],
    *,
    crossed: Sequence[str] = (),
    largest: float = inf,
) -> Estimate:
    """A mean squared distance over pairs, of two or more members, and how sure it is.

    ``largest`` is the most that such a distance can be.
    """
    return _estimate(value, spread_influence(from_mean), units, crossed, largest)


def diversity_estimate(
    metric: Diversity, rows: Any, units: Sequence[str], crossed: Sequence[str] = ()
) -> Estimate:
    """The mean cosine distance over pairs of features ``[n, d]``, and how sure it is."""
    value = metric.compute()
    # 1 − cos is half the squared distance of unit vectors.
    return spread_estimate(value, _from_mean(unit_rows(rows)) / 2, units, crossed=crossed, largest=FARTHEST)


def prompt_diversity_estimate(
    metric: PromptDiversity,
    rows: Any,
    prompts: Sequence[str],
    units: Sequence[str],
    crossed: Sequence[str] = (),
) -> Spread:
    """The mean cosine distances within and across prompts of features ``[n, d]``, and how sure they are.

    Both are ratios of a sum over pairs to their number. Within, only a prompt's own pairs are at stake when
    it is left out; across, those with all others, which no other prompt can make up for.
    """
    value = metric.compute()
    vectors = unit_rows(rows)
    numbers = numbered(prompts)
    sizes = np.bincount(numbers)[numbers].astype(np.float64)
    within, total = np.empty(len(vectors)), len(vectors)
    for prompt in range(int(numbers.max()) + 1):
        chosen = numbers == prompt
        within[chosen] = _sums_of_pairs(vectors[chosen])
    across = _sums_of_pairs(vectors) - within
    of_within = (within - value.within * (sizes - 1)) / (sizes - 1).sum()
    of_across = 2 * (across - value.across * (total - sizes)) / (total - sizes).sum()
    return Spread(
        *(
            _estimate(number, influence, units, crossed, FARTHEST)
            for number, influence in zip(value, (of_within, of_across), strict=True)
        )
    )


def _estimate(
    value: float, influence: FloatArray, units: Sequence[str], crossed: Sequence[str], largest: float
) -> Estimate:
    return clustered_estimate(
        value, influence, units, method=METHOD, conditional_on=crossed, bounds=(0.0, largest)
    )


def _from_mean(vectors: FloatArray) -> FloatArray:
    centred = vectors - vectors.mean(axis=0)
    squares: FloatArray = np.einsum("ij,ij->i", centred, centred)
    return squares


def _sums_of_pairs(vectors: FloatArray) -> FloatArray:
    """For each unit vector the sum of its cosine distances from the others."""
    from_mean = _from_mean(vectors)
    sums: FloatArray = (len(vectors) * from_mean + from_mean.sum()) / 2
    return sums
