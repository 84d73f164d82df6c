"""What each image adds to the skew of attributes, and how sure the skew is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..measures.attribute_votes import AttributeVotes
from ..measures.results import Skew
from .clusters import clustered_estimate
from .entropy_influence import SIZE
from .estimate import Estimate

#: A skew of fewer standard errors than this has no interval: chance alone brings one.
FAR = 2.0
NEAR = (
    "the shares are as near to those expected as chance brings them; a skew can then only be too large, and "
    "has no standard error"
)


def skew_estimate(
    metric: AttributeVotes, rows: Any, units: Sequence[str], crossed: Sequence[str] = ()
) -> Skew:
    """The skew and the deviation of features ``[n, d]``, and how sure they are.

    An image adds half of what its votes are above the shares, for attributes that are shown too often, and
    takes that away for others. The interval is for sets of the same size, since few images are skewed more.
    """
    value = metric.compute()
    votes = metric.votes_of(rows)
    shares = votes.mean(axis=0)
    signs = np.sign(shares - metric.expected)
    influence = (votes - shares) @ signs / (2 * len(votes))
    skew, deviation = (
        _unless_near(
            clustered_estimate(
                number,
                influence * scale,
                units,
                method="influence by derivative, clustered by unit",
                conditional_on=(SIZE, *crossed),
                bounds=(0.0, scale),
            )
        )
        for number, scale in ((value.skew, 1.0), (value.deviation, 2 / len(shares)))
    )
    return Skew(skew, deviation, value.distribution)


def _unless_near(estimate: Estimate) -> Estimate:
    error = estimate.standard_error
    if error is None or estimate > FAR * error:
        return estimate
    return estimate.with_(standard_error=None, interval=None, reason=NEAR)
