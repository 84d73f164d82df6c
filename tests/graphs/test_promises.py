"""The assertions for a package's tests: they let through what keeps its promises, and name what doesn't."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mezzotint import Images, Number, PlainType, PortType, Record, Text, check_reducer, check_type, node
from mezzotint.evaluation.averaging import mean


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        (Images, [torch.rand(3, 8, 8), torch.rand(3, 8, 8), torch.rand(3, 4, 8)]),
        (Text, ["a", "é", ""]),
        (Number, [1.0, 2.5]),
        (Record, [{"a": 1}, {}]),
    ],
)
def test_our_own_types_keep_their_promises(kind: Any, items: list[Any]) -> None:
    check_type(kind, items)


class Word(PlainType):
    """A type that keeps its promises; each of those below breaks one."""

    name = "Word"

    def parse(self, value: object) -> str:
        return str(value)


class Lossy(Word):
    def decode(self, data: bytes) -> str:
        return str(super().decode(data)).lower()


class Unsplit(Word):
    def split(self, batch: Any, count: int) -> list[Any]:
        return list(batch)


class Shuffled(Word):
    def stack(self, items: Any) -> list[Any]:
        return sorted(items)


class Wordy(Word):
    def cell(self, item: Any) -> Any:
        return [item]


class Listed(Word):
    def shape(self, item: Any) -> Any:
        return [len(item)]


class Endless(Word):
    def is_finite(self, item: Any) -> bool:
        return False


class Changed(Word):
    def give(self, items: Any, single: bool) -> Any:
        return "other"


class Text8(Word):
    def encode(self, item: Any) -> Any:
        return item


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Lossy, r"encode\(decode\(data\)\) isn't data"),
        (Unsplit, "split takes a batch of 2 for one of 3"),
        (Shuffled, r"split\(stack\(items\)\) aren't the items"),
        (Wordy, "cell gives list"),
        (Listed, "shape gives what can't be compared"),
        (Endless, "is_finite doesn't give True"),
        (Changed, r"take\(give\(\[item\], True\)\) gives another item"),
        (Text8, "encode gives str, not bytes"),
    ],
)
def test_a_broken_promise_of_a_type_is_named(kind: type[PortType], message: str) -> None:
    check_type(Word(), ["B", "A"])
    with pytest.raises(AssertionError, match=message):
        check_type(kind(), ["B", "A"])


def test_there_is_something_to_check() -> None:
    with pytest.raises(AssertionError, match="no items"):
        check_type(Text, [])
    with pytest.raises(AssertionError, match="holds no port type"):
        check_type(str, ["a"])


class Last:
    """What came last: a value that depends on the way."""

    def __init__(self) -> None:
        self.number = 0.0

    def update(self, number: Number) -> None:
        self.number = number[-1]

    def merge(self, other: Last) -> None:
        self.number = max(self.number, other.number)

    def compute(self) -> float:
        return self.number


@node(version=1)
def last() -> Last:
    """The last number."""
    return Last()


def test_a_reducer_that_depends_on_the_way_is_told() -> None:
    check_reducer(mean, {"number": [0.1, 0.2, 0.7]})
    with pytest.raises(AssertionError, match=r"number is 1.0 backwards, and 3.0 in one batch"):
        check_reducer(last, {"number": [1.0, 2.0, 3.0]})
    with pytest.raises(AssertionError, match="its members are number"):
        check_reducer(last, {"numbers": [1.0]})
