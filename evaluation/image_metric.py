"""A metric of features, fed with pictures."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from .extractors import Extractor
from .features import EmbeddedImages, embedded

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


class EmbeddedSet(Generic[Value]):
    """A :class:`FeatureReducer` of pictures under an extractor.

    What a reducer over images returns derives from it, and says in ``compute`` which outputs it has.
    """

    def __init__(self, extractor: Extractor, metric: FeatureReducer[Value]) -> None:
        self.extractor = extractor
        self.metric = metric

    def update(self, images: EmbeddedImages) -> None:
        """Add features ``[B, d]``, or pictures ``[B, 3, H, W]`` in [0, 1], rounded to 8 bits first."""
        self.metric.update(embedded(images, self.extractor))

    def merge(self, other: EmbeddedSet[Value]) -> None:
        """Add what another state has gathered; raises ValueError where it used another extractor."""
        mine, theirs = self.extractor, other.extractor
        if mine != theirs and mine.digest() != theirs.digest():
            raise ValueError(f"features of {theirs.name!r} can't join a set of features of {mine.name!r}")
        self.metric.merge(other.metric)


class ImageMetric(EmbeddedSet[float]):
    """A :class:`FeatureMetric` of pictures under an extractor; what reducers over images return."""

    def compute(self) -> float:
        """The value over all pictures that were added."""
        return self.metric.compute()
