"""Small node types that the tests of the language and the engine are written with.

``CALLS`` counts the calls of each node type and ``ITEMS`` the items those calls held.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Annotated, Any, Literal, NamedTuple

from mezzotint.graphs.node import Effort, Range, Through, node
from mezzotint.graphs.types import Boolean, Integer, Number, NumberType, Points, PortType, Record, Text

CALLS: Counter[str] = Counter()
ITEMS: Counter[str] = Counter()


def _count(name: str, items: int) -> None:
    CALLS[name] += 1
    ITEMS[name] += items


class ToyModel:
    """What a handle stands for."""

    def __init__(self, source: str) -> None:
        self.source = source


class HandleType(PortType):
    """A value that doesn't stack: every call of a micro-batch shares it."""

    name = "Handle"

    def encode(self, item: ToyModel) -> bytes:
        return item.source.encode()

    def decode(self, data: bytes) -> ToyModel:
        return ToyModel(data.decode())


Handle = Annotated[ToyModel, HandleType()]


class Pair(NamedTuple):
    upper: Text
    length: Integer


@node(version=1, keep="memory")
def load_toy(*, source: str = "starter", device: Annotated[str, Effort()] = "auto") -> Handle:
    """Load a toy model.

    Args:
        source: what it is called
        device: where it runs
    """
    _count("load_toy", 1)
    return ToyModel(source)


@node(version=1)
def shout(text: Text, *, mark: str = "!", times: Annotated[int, Range(1, 5)] = 1) -> Text:
    """Add exclamation marks.

    Args:
        text: what is said
        mark: what is added
        times: how often it is added
    """
    _count("shout", len(text))
    return [entry + mark * times for entry in text]


@node(version=2)
def draw(
    text: Text,
    seed: Integer,
    *,
    scale: Annotated[float, Range(0, 100)] = 1.0,
    mode: Literal["plain", "fancy"] = "plain",
) -> Number:
    """A number in [0, scale) that depends on the text and the seed alone."""
    _count("draw", len(text))
    return [_hash(f"{mode}{entry}\0{number}") * scale for entry, number in zip(text, seed, strict=True)]


@node(version=1)
def sample_toy(
    model: Handle, text: Text, seed: Integer, *, steps: Annotated[int, Range(1, 100)] = 4
) -> Number:
    """A number that depends on a model, a text and a seed."""
    _count("sample_toy", len(text))
    return [
        _hash(f"{model.source}{steps}{entry}\0{number}") for entry, number in zip(text, seed, strict=True)
    ]


@node(version=1)
def length(text: Text) -> Number:
    """How many characters a text has."""
    _count("length", len(text))
    return [float(len(entry)) for entry in text]


@node(version=1)
def add(numbers: list[Number]) -> Number:
    """The sum of several numbers."""
    _count("add", len(numbers[0]))
    return [sum(row) for row in zip(*numbers, strict=True)]


@node(version=1)
def pair(text: Text) -> Pair:
    """A text in capitals, and how long it is."""
    _count("pair", len(text))
    return Pair([entry.upper() for entry in text], [len(entry) for entry in text])


@node(version=1)
def fragile(text: Text, *, bad: str = "bad") -> Text:
    """Hand text through, but raise for one that holds a word.

    Args:
        text: any text
        bad: the word that breaks it
    """
    _count("fragile", len(text))
    for entry in text:
        if bad in entry:
            raise ValueError(f"{entry!r} holds {bad!r}")
    return list(text)


@node(version=1)
def inverse(number: Number) -> Number:
    """One over a number; infinite for 0."""
    _count("inverse", len(number))
    return [1 / entry if entry else float("inf") for entry in number]


class MeanState:
    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, number: Number) -> None:
        _count("mean", len(number))
        self.total += sum(number)
        self.count += len(number)

    def merge(self, other: MeanState) -> None:
        self.total += other.total
        self.count += other.count

    def compute(self) -> float:
        return self.total / self.count


@node(version=1)
def mean() -> MeanState:
    """The mean of a set of numbers."""
    return MeanState()


class AgainstState:
    def __init__(self, model: ToyModel, power: float) -> None:
        self.model, self.power = model, power
        self.numbers: list[float] = []

    def update(self, number: Number) -> None:
        _count("against", len(number))
        self.numbers.extend(number)

    def merge(self, other: AgainstState) -> None:
        self.numbers.extend(other.numbers)

    def compute(self) -> float:
        return float(sum(entry**self.power for entry in self.numbers)) + len(self.model.source)


@node(version=1)
def against(model: Handle, *, power: float = 1.0) -> AgainstState:
    """A reduction that also takes something that isn't a member of the set."""
    return AgainstState(model, power)


class BestState:
    def __init__(self) -> None:
        self.members: list[tuple[float, dict[str, tuple[int, Any]]]] = []

    def update(self, number: Number, points: Points) -> None:
        _count("best", len(number))
        self.members.extend(zip(number, points, strict=True))

    def merge(self, other: BestState) -> None:
        self.members.extend(other.members)

    def compute(self) -> Record:
        value, point = max(self.members, key=lambda member: member[0])
        return {"value": value, **{axis: index for axis, (index, _) in sorted(point.items())}}


@node(version=1)
def best() -> BestState:
    """The largest number of a set, and where it stands."""
    return BestState()


@node(version=1)
def weigh(text: Text, *, unit: float = 1.0) -> Number:
    """How heavy a text is."""
    _count("weigh", len(text))
    return [len(entry) / unit for entry in text]


#: A port that is given texts and gets their weights.
Weighed = Annotated[list[float], NumberType(), Through(weigh, unit="scale")]


@node(version=1)
def is_heavy(text: Weighed, *, scale: float = 1.0, limit: float = 3.0) -> Boolean:
    """Whether a text weighs more than a limit."""
    return [weight > limit for weight in text]


class TotalState:
    def __init__(self) -> None:
        self.total = 0.0

    def update(self, text: Weighed) -> None:
        self.total += sum(text)

    def merge(self, other: TotalState) -> None:
        self.total += other.total

    def compute(self) -> float:
        return self.total


@node(version=1)
def total(*, scale: float = 1.0) -> TotalState:
    """What a set of texts weighs."""
    return TotalState()


def _hash(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48
