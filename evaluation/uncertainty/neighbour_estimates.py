"""How sure metrics of nearest neighbours are, of a reference that is taken as fixed.

Whether one image lies near real ones doesn't depend on the others, so precision and authenticity are shares,
and density is a mean. Coverage and recall ask of real images, and there an image can stand in for another: of
coverage the jackknife tells, of recall nothing that simulations bear out.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np

from ..measures.authenticity import Authenticity
from ..measures.density_coverage import DensityCoverage
from ..measures.precision_recall import PrecisionRecall
from ..measures.results import Density, Precision
from .clusters import clustered_estimate, numbered
from .entropy_influence import SIZE
from .estimate import Estimate, Uncertainty
from .jackknife import jackknife_estimate
from .shares import share_estimate

FIXED = "reference"
NO_RECALL = (
    "recall has no standard error that simulations bear out: the jackknife's are too large by a third to "
    "three quarters, and the images that a bootstrap repeats are no neighbours"
)


def authenticity_estimate(
    metric: Authenticity, rows: Any, units: Sequence[str], crossed: Sequence[str] = ()
) -> Estimate:
    """The share of authentic images, and how sure it is."""
    return share_estimate(metric.authentic(), units, crossed=(FIXED, *crossed))


def precision_recall_estimate(
    metric: PrecisionRecall, rows: Any, units: Sequence[str], crossed: Sequence[str] = ()
) -> Precision:
    """Precision, and how sure it is; recall, of which that isn't known."""
    found = metric.alike()
    known = Uncertainty(
        n=len(units), clusters=len(set(units)), reason=NO_RECALL, conditional_on=(FIXED, SIZE, *crossed)
    )
    recall = metric.reference.share(found.recalled)
    return Precision(share_estimate(found.precise, units, crossed=(FIXED, *crossed)), Estimate(recall, known))


def density_coverage_estimate(
    metric: DensityCoverage, rows: Any, units: Sequence[str], crossed: Sequence[str] = ()
) -> Density:
    """Density and coverage, and how sure they are.

    Without a unit the balls are empty that hold its images alone. In simulations the jackknife's intervals
    cover 90 % with 4 prompts, 93 to 97 % with more.
    """
    crowds = metric.crowds(numbered(units))
    value = metric.of_crowds(crowds)
    balls = crowds.balls / metric.k
    density = clustered_estimate(
        value.density,
        (balls - balls.mean()) / len(balls),
        units,
        method="mean, clustered by unit",
        conditional_on=(FIXED, *crossed),
        bounds=(0.0, inf),
    )
    lone = crowds.first == crowds.last
    lost = np.bincount(crowds.first[lone], metric.reference.counts[lone], minlength=len(set(units)))
    without = value.coverage - lost / metric.reference.total
    coverage = jackknife_estimate(
        value.coverage, without, units, conditional_on=(FIXED, SIZE, *crossed), bounds=(0.0, 1.0)
    )
    return Density(density, coverage)
