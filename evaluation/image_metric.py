"""A metric of features, fed with pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from ..graphs.members import Members
from .extractors import Extractor
from .features import EmbeddedImages, embedded
from .uncertainty.estimate import Estimate, Score
from .uncertainty.membership import Membership

if TYPE_CHECKING:
    import numpy.typing as npt

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)


class FeatureReducer(Protocol[Value_co]):
    """What gathers features and gives a value: streams, splits over machines, merges."""

    def update(self, *inputs: Any, **named: Any) -> None:
        """Add features ``[n, d]``, with whatever else it takes for each."""

    def merge(self, other: Any) -> None:
        """Add what another state of the same class has gathered."""

    def compute(self) -> Value_co:
        """The value over all that was added."""


class FeatureMetric(FeatureReducer[float], Protocol):
    """What gathers features and gives a number."""


#: Makes a value that says how sure it is, of a metric, the features ``[n, d]`` that it has seen, the unit of
#: each, and the axes that all units share.
Estimator: TypeAlias = "Callable[[Any, npt.NDArray[Any], list[str], tuple[str, ...]], Any]"


class EmbeddedSet(Generic[Value]):
    """A :class:`FeatureReducer` of pictures under an extractor.

    What a reducer over images returns derives from it, and says in ``compute`` which outputs it has. With an
    ``estimate`` it keeps all features, and what it computes of members that it is told says how sure it is.
    """

    def __init__(
        self, extractor: Extractor, metric: FeatureReducer[Value], estimate: Estimator | None = None
    ) -> None:
        from .measures.comparison import Comparison
        from .measures.rows import Rows

        self.extractor = extractor
        self.metric = metric
        self.estimate = estimate
        self.membership = Membership()
        self._rows = metric.rows if isinstance(metric, Comparison) else Rows()
        self._keeps_rows = estimate is not None and not isinstance(metric, Comparison)

    def update(self, images: EmbeddedImages, members: Members | None = None) -> None:
        """Add features ``[B, d]``, or pictures ``[B, 3, H, W]`` in [0, 1], rounded to 8 bits first."""
        self._add(embedded(images, self.extractor), members)

    def merge(self, other: EmbeddedSet[Value]) -> None:
        """Add what another state has gathered; raises ValueError where it used another extractor."""
        mine, theirs = self.extractor, other.extractor
        if mine != theirs and mine.digest() != theirs.digest():
            raise ValueError(f"features of {theirs.name!r} can't join a set of features of {mine.name!r}")
        self.metric.merge(other.metric)
        self.membership.merge(other.membership)
        if self._keeps_rows:
            self._rows.merge(other._rows)

    def value(self) -> Any:
        """The value over all pictures that were added, with how sure it is where the members are known."""
        told = self.membership
        if self.estimate is None or not told.known:
            return self.metric.compute()
        return told.placed(self.estimate(self.metric, self._rows.array(), told.units, told.crossed))

    def _add(self, features: Any, members: Members | None, *inputs: Any) -> None:
        """Add features ``[B, d]``, with whatever else the metric takes for each."""
        self.metric.update(features, *inputs)
        self.membership.update(len(features), members)
        if self._keeps_rows and members is not None:
            self._rows.update(features)


class ImageMetric(EmbeddedSet[float]):
    """A :class:`FeatureMetric` of pictures under an extractor; what reducers over images return."""

    def compute(self) -> Score:
        """The value over all pictures that were added."""
        value = self.value()
        return value if isinstance(value, Estimate) else Estimate(value)
