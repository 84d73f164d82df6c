"""A metric of features, fed with pictures."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from .extractors import Extractor
from .features import EmbeddedImages, embedded


class Gatherer(Protocol):
    """What gathers features: streams, splits over machines, merges."""

    def update(self, features: Any) -> None:
        """Add features ``[n, d]``."""

    def merge(self, other: Any) -> None:
        """Add what another state of the same class has gathered."""


class FeatureMetric(Gatherer, Protocol):
    """What gathers features and gives a number."""

    def compute(self) -> float:
        """The value over all that was added."""


Metric = TypeVar("Metric", bound=Gatherer)


class EmbeddedSet(Generic[Metric]):
    """What gathers features, with the extractor that makes them; a subclass says what is computed of them."""

    def __init__(self, extractor: Extractor, metric: Metric) -> None:
        self.extractor = extractor
        self.metric = metric

    def update(self, images: EmbeddedImages) -> None:
        """Add features ``[B, d]``, or pictures ``[B, 3, H, W]`` in [0, 1], rounded to 8 bits first."""
        self.metric.update(embedded(images, self.extractor))

    def merge(self, other: EmbeddedSet[Metric]) -> None:
        """Add what another state has gathered; raises ValueError where it used another extractor."""
        mine, theirs = self.extractor, other.extractor
        if mine != theirs and mine.digest() != theirs.digest():
            raise ValueError(f"features of {theirs.name!r} can't join a set of features of {mine.name!r}")
        self.metric.merge(other.metric)


class ImageMetric(EmbeddedSet[FeatureMetric]):
    """A :class:`FeatureMetric` of pictures under an extractor; what reducers over images return."""

    def compute(self) -> float:
        """The value over all pictures that were added."""
        return self.metric.compute()
