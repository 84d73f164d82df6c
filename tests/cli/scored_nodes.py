"""Metrics that cost nothing, of every kind that `mezzotint score` meets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from mezzotint import Boolean, Images, Number, Text, node
from mezzotint.evaluation.references import Reference
from mezzotint.graphs.node import Content, Range
from mezzotint.graphs.types import NumberType


@node(version=1)
def brightness(images: Images, *, gain: Annotated[float, Range(0, 10)] = 1.0) -> Number:
    """Mean of all pixels, times a gain."""
    return [float(picture.mean()) * gain for picture in images]


@node(version=1)
def length(images: Images, text: Text) -> Number:
    """Letters of each prompt."""
    return [float(len(one)) for one in text]


class Judged(NamedTuple):
    """Whether a picture is bright, and why."""

    bright: Boolean
    why: Text


@node(version=1)
def judge(images: Images) -> Judged:
    """Whether each picture is bright."""
    bright = [float(picture.mean()) > 0.5 for picture in images]
    return Judged(bright, ["bright" if one else "dark" for one in bright])


class Extremes(NamedTuple):
    """The darkest and the brightest pixel of a set."""

    low: Annotated[float, NumberType()]
    high: Annotated[float, NumberType()]


class _Extremes:
    def __init__(self) -> None:
        self.seen: list[float] = []

    def update(self, images: Images) -> None:
        self.seen += [float(value) for picture in images for value in (picture.min(), picture.max())]

    def merge(self, other: _Extremes) -> None:
        self.seen += other.seen

    def compute(self) -> Extremes:
        if len(self.seen) < 4:
            raise ValueError("extremes take at least 2 pictures")
        return Extremes(min(self.seen), max(self.seen))


@node(version=1)
def extremes() -> _Extremes:
    """The darkest and the brightest pixel of a set of two or more pictures."""
    return _Extremes()


@node(version=1)
def distance(images: Images, reference: Reference) -> Number:
    """How far each picture is from a reference, which nobody looks at."""
    return [float(len(reference.name)) for _ in images]


@node(version=1)
def needy(images: Images, *, threshold: float) -> Number:
    """A metric with an option that has no default."""
    return [threshold for _ in images]


def _weights(value: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    if value == "lost":
        raise ValueError("the weights 'lost' could not be fetched")
    return value if fetch else None


@node(version=1)
def learned(images: Images, *, weights: Annotated[str, Content(_weights)] = "found") -> Number:
    """A metric that needs weights."""
    return [1.0 for _ in images]


@node(version=1)
def darker(images: Images) -> Images:
    """No metric: it makes pictures."""
    return images / 2
