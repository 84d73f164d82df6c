"""Port types: what they read, how they batch, and what fits where."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.graphs.types import (
    AnyType,
    BooleanType,
    IntegerType,
    NumberType,
    PlainType,
    PortType,
    RecordType,
    TextType,
    accepts,
    format_scalar,
)


@pytest.mark.parametrize(
    ("port_type", "value", "item"),
    [
        (TextType(), "a", "a"),
        (TextType(), 7, "7"),
        (TextType(), True, "true"),
        (IntegerType(), 7.0, 7),
        (IntegerType(), -(1 << 63), -(1 << 63)),
        (NumberType(), 7, 7.0),
        (BooleanType(), False, False),
        (RecordType(), {"a": 1}, {"a": 1}),
        (AnyType(), None, None),
    ],
)
def test_plain_data_becomes_an_item(port_type: PortType, value: object, item: object) -> None:
    assert port_type.parse(value) == item


@pytest.mark.parametrize(
    ("port_type", "value"),
    [
        (TextType(), None),
        (TextType(), ["a"]),
        (IntegerType(), 7.5),
        (IntegerType(), True),
        (IntegerType(), "7"),
        (IntegerType(), math.nan),
        (IntegerType(), math.inf),
        (IntegerType(), 1 << 63),
        (NumberType(), "7"),
        (NumberType(), 10**400),
        (BooleanType(), 1),
        (RecordType(), [1]),
    ],
)
def test_what_cant_be_an_item_is_a_value_error(port_type: PortType, value: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        port_type.parse(value)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_a_plain_item_comes_back_from_its_stored_form(value: Any) -> None:
    assert AnyType().decode(AnyType().encode(value)) == value


def test_a_batch_of_another_length_is_refused() -> None:
    assert TextType().split(["a", "b"], 2) == ["a", "b"]
    with pytest.raises(ValueError, match="3 items went in and 2 came out"):
        TextType().split(["a", "b"], 3)


def test_a_port_takes_its_own_type_its_subtypes_and_integers_as_numbers() -> None:
    class Title(TextType):
        name = "Title"

    assert accepts(TextType(), Title())
    assert not accepts(Title(), TextType())
    assert accepts(NumberType(), IntegerType())
    assert not accepts(IntegerType(), NumberType())
    assert accepts(NumberType(), BooleanType())
    assert not accepts(BooleanType(), NumberType())
    assert accepts(AnyType(), PlainType()) or accepts(AnyType(), RecordType())


def test_truth_values_are_counted_where_numbers_are_taken() -> None:
    assert [type(number) for number in NumberType().stack([True, False, 3, 0.5])] == [float] * 4
    assert NumberType().stack([True, False, 3, 0.5]) == [1, 0, 3, 0.5]
    with pytest.raises(ValueError, match="expected a number"):
        NumberType().parse(True)


def test_a_type_that_does_not_stack_hands_its_item_through() -> None:
    model = object()
    assert PortType().stack([model]) is model
    assert PortType().split(model, 3) == [model]


def test_scalars_are_written_as_a_yaml_author_would() -> None:
    assert [format_scalar(value) for value in (True, 7, 7.5, "a")] == ["true", "7", "7.5", "a"]
