"""What a node's function returned is taken apart, or told with package and node."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from mezzotint.graphs.node import node
from mezzotint.graphs.node_type import NodeType
from mezzotint.graphs.returned import ReturnedError, expect_state, items_of, single_items_of
from mezzotint.graphs.types import Number, Text


class Both(NamedTuple):
    words: Text
    size: Number


@node(version=1)
def both(text: Text) -> Both:
    """Two things of a text."""
    raise AssertionError


class Count:
    def update(self, text: Text) -> None: ...

    def merge(self, other: Count) -> None: ...

    def compute(self) -> float: ...


@node(version=1)
def count() -> Count:
    """How many."""
    return Count()


def of(function: Any) -> NodeType:
    declared: NodeType = function.node_type
    return declared.owned_by("toys")


def test_the_items_of_every_output_are_told_apart() -> None:
    assert items_of(of(both), Both(["a", "b"], [1, 2]), 2) == {"words": ["a", "b"], "size": [1.0, 2.0]}
    assert single_items_of(of(count), 3.0) == {"number": 3.0}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "toys.both returned None, which has no words"),
        (["a", "b"], "toys.both returned a list, which has no words"),
        (Both(["a"], [1, 2]), r"toys.both returned a list as words \(Text\): 2 items went in and 1 came out"),
        (Both(["a", "b"], None), r"toys.both returned None as size \(Number\): it isn't one \(TypeError"),  # type: ignore[arg-type]
        (Both(["a", "b"], ["x", 2]), r"as size \(Number\): expected a number"),  # type: ignore[list-item]
    ],
)
def test_something_else_is_told_with_package_node_and_output(result: object, message: str) -> None:
    with pytest.raises(ReturnedError, match=message):
        items_of(of(both), result, 2)


def test_a_type_that_gives_another_number_of_items_is_told() -> None:
    declared = of(both)
    declared.outputs["words"].split = lambda batch, count: batch[:1]  # type: ignore[method-assign, index]
    try:
        with pytest.raises(ReturnedError, match="2 items went in and 1 came out"):
            items_of(declared, Both(["a", "b"], [1, 2]), 2)
    finally:
        del declared.outputs["words"].split


def test_a_full_memory_is_no_wrong_value() -> None:
    class Full:
        def __iter__(self) -> Any:
            raise MemoryError

    with pytest.raises(MemoryError):
        items_of(of(both), Both(Full(), [1]), 1)  # type: ignore[arg-type]


def test_a_reducer_that_returns_no_state_is_told() -> None:
    expect_state(of(count), Count())
    with pytest.raises(ReturnedError, match=r"toys.count returned None, which has no update; a reducer's"):
        expect_state(of(count), None)
    with pytest.raises(ReturnedError, match=r"toys.count returned None as number \(Number\): expected"):
        single_items_of(of(count), None)
