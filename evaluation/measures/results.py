"""What metrics give that compute more than one number: outputs of nodes, and values in anyone's loop."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from ...graphs.types import RecordType
from ..uncertainty.estimate import EstimateType


class Precision(NamedTuple):
    """Precision and recall, each a share from 0 to 1."""

    precision: Annotated[float, EstimateType()]
    recall: Annotated[float, EstimateType()]


class Density(NamedTuple):
    """Density, at least 0 and about 1 for a set like the reference, and coverage, a share from 0 to 1."""

    density: Annotated[float, EstimateType()]
    coverage: Annotated[float, EstimateType()]


class Spread(NamedTuple):
    """Mean distances between images of the same prompt, and between images of different prompts."""

    within: Annotated[float, EstimateType()]
    across: Annotated[float, EstimateType()]


class Skew(NamedTuple):
    """How far shares are from those expected, as total variation and as mean absolute deviation; the shares.

    ``distribution`` holds ``{attribute: {"count": images, "share": 0 to 1}}`` in the order asked for.
    """

    skew: Annotated[float, EstimateType()]
    deviation: Annotated[float, EstimateType()]
    distribution: Annotated[dict[str, Any], RecordType()]
