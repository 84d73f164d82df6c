"""A node type's declaration: what is read from a signature, and which signatures are refused at import."""

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import pytest

from mezzotint.graphs.node import DeclarationError, Effort, NodeType, Range, node
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.types import Integer, Number, Points, Text

if TYPE_CHECKING:
    from decimal import Decimal


def declared(function: Any, **settings: Any) -> NodeType:
    found: NodeType = node(**{"version": 1, **settings})(function).node_type
    return found


def refusal(function: Any, **settings: Any) -> str:
    with pytest.raises(DeclarationError) as caught:
        declared(function, **settings)
    assert str(caught.value).startswith(f"node type {settings.get('name', function.__name__)!r}")
    return str(caught.value)


def test_a_signature_is_the_whole_declaration(registry: Registry) -> None:
    shout = registry["shout"]
    assert [(port.name, port.type.name, port.help) for port in shout.ports] == [
        ("text", "Text", "what is said")
    ]
    assert [(option.name, option.default, option.expected) for option in shout.options] == [
        ("mark", "!", "text"),
        ("times", 1, "a whole number from 1 to 5"),
    ]
    assert list(shout.outputs) == ["text"]
    assert shout.summary == "Add exclamation marks."
    assert shout.qualified == "toy_nodes.shout@1"


def test_a_function_stays_a_function(registry: Registry) -> None:
    assert registry["shout"].function(["a"], mark="?") == ["a?"]


def test_a_named_tuple_is_several_outputs(registry: Registry) -> None:
    assert {name: kind.name for name, kind in registry["pair"].outputs.items()} == {
        "upper": "Text",
        "length": "Integer",
    }
    assert registry["pair"].single_output is None


def test_a_reducer_is_told_by_the_class_it_returns(registry: Registry) -> None:
    assert registry["mean"].is_reducer
    assert registry["against"].members == {"number"}
    assert [port.name for port in registry["against"].ports] == ["number", "model"]
    assert registry["best"].takes_points


def test_effort_is_marked(registry: Registry) -> None:
    device = registry["load_toy"].option("device")
    assert device is not None
    assert device.effort


class Good:
    def update(self, number: Number) -> None: ...
    def merge(self, other: "Good") -> None: ...
    def compute(self) -> float:
        return 0.0


class NoMerge:
    def update(self, number: Number) -> None: ...
    def compute(self) -> float:
        return 0.0


class NothingToReduce:
    def update(self) -> None: ...
    def merge(self, other: "NothingToReduce") -> None: ...
    def compute(self) -> float:
        return 0.0


class ReservedMember(Good):
    def update(self, over: Number) -> None: ...  # type: ignore[override]


class StarUpdate(Good):
    def update(self, *number: Number) -> None: ...  # type: ignore[override]


class Halved(NamedTuple):
    text: Text
    other: bytes


def no_doc(text: Text) -> Text:
    return text


def no_port_annotation(text) -> Text:
    """Help."""


def no_port_type(text: bytes) -> Text:
    """Help."""


def plain_port(text: str) -> Text:
    """Help."""


def no_return(text: Text):
    """Help."""


def wrong_return(text: Text) -> bytes:
    """Help."""


def wrong_field(text: Text) -> Halved:
    """Help."""


def no_option_annotation(text: Text, *, mark="!") -> Text:
    """Help."""


def strange_option(text: Text, *, mark: bytes = b"") -> Text:
    """Help."""


def port_as_option(*, text: Text) -> Text:
    """Help."""


def low_default(text: Text, *, times: Annotated[int, Range(1, 5)] = 0) -> Text:
    """Help."""


def low_optional_default(text: Text, *, times: Annotated[int, Range(1, 5)] | None = 0) -> Text:
    """Help."""


def text_default(text: Text, *, times: int = "1") -> Text:  # type: ignore[assignment]
    """Help."""


def true_default(text: Text, *, times: int = True) -> Text:
    """Help."""


def none_default(text: Text, *, times: int = None) -> Text:  # type: ignore[assignment]  # noqa: RUF013
    """Help."""


def no_such_choice(text: Text, *, mode: Literal["a", "b"] = "c") -> Text:  # type: ignore[assignment]
    """Help."""


def scalar_list_default(text: Text, *, sizes: list[int] = 5) -> Text:  # type: ignore[assignment]
    """Help."""


def star(*texts: Text) -> Text:
    """Help."""


def two_stars(text: Text, **options: int) -> Text:
    """Help."""


def position_only(text: Text, /) -> Text:
    """Help."""


def reserved_port(over: Text) -> Text:
    """Help."""


def reserved_option(text: Text, *, keep: str = "") -> Text:
    """Help."""


def wrong_port_default(seed: Integer = "x") -> Text:  # type: ignore[assignment]
    """Help."""


def stray_points(text: Text, points: Points) -> Text:
    """Help."""


def not_imported(text: Text, *, size: "Decimal") -> Text:
    """Help."""


def lacks_merge() -> NoMerge:
    """Help."""


def reduces_nothing() -> NothingToReduce:
    """Help."""


def reserved_member() -> ReservedMember:
    """Help."""


def star_member() -> StarUpdate:
    """Help."""


def member_twice(number: Number) -> Good:
    """Help."""


def option_twice(*, number: int = 1) -> Good:
    """Help."""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (no_doc, "no docstring"),
        (no_port_annotation, "port 'text' has no annotation"),
        (no_port_type, "port 'text' has no port type"),
        (plain_port, "make it keyword-only if it is an option"),
        (no_return, "the return annotation is missing"),
        (wrong_return, "neither a port type nor a NamedTuple"),
        (wrong_field, "output 'other' of Halved has no port type"),
        (no_option_annotation, "option 'mark' has no annotation"),
        (strange_option, "is not a type an option can have"),
        (port_as_option, "port type; ports come before the *"),
        (low_default, "option 'times' = 0: expected a whole number from 1 to 5"),
        (low_optional_default, "option 'times' = 0: expected a whole number from 1 to 5 or null"),
        (text_default, "option 'times' = '1': expected a whole number"),
        (true_default, "option 'times' = True: expected a whole number"),
        (none_default, "option 'times' = None: expected a whole number"),
        (no_such_choice, "option 'mode' = 'c': expected one of a, b"),
        (scalar_list_default, "option 'sizes' = 5: expected a list of"),
        (star, "neither a named port nor a keyword-only option"),
        (two_stars, "neither a named port nor a keyword-only option"),
        (position_only, "neither a named port nor a keyword-only option"),
        (reserved_port, "'over' is a reserved word"),
        (reserved_option, "'keep' is a reserved word"),
        (wrong_port_default, "port 'seed' = 'x': expected a whole number"),
        (stray_points, "Points go to a reducer's update only"),
        (not_imported, "must be imported outside TYPE_CHECKING"),
        (lacks_merge, "NoMerge has no merge"),
        (reduces_nothing, "takes no port, so there is nothing to reduce"),
        (reserved_member, "'over' is a reserved word"),
        (star_member, "is not a named port"),
        (member_twice, "'number' is declared twice"),
        (option_twice, "'number' is declared twice"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_wrong_declaration_fails_at_import(function: Any, words: str) -> None:
    assert words in refusal(function)


@pytest.mark.parametrize(
    "settings",
    [
        {"version": 0},
        {"version": True},
        {"version": "1"},
        {"keep": "ram"},
        {"batch": 0},
        {"name": "a b"},
        {"name": "graph"},
    ],
    ids=str,
)
def test_wrong_settings_of_the_decorator_are_refused(settings: dict[str, Any]) -> None:
    def fine(text: Text) -> Text:
        """Help."""
        return text

    refusal(fine, **settings)


def optional_choice(text: Text, *, mode: Literal["a", "b"] | None = None, size: float | None = None) -> Text:
    """Help."""
    return text


def test_an_option_may_be_null_where_its_annotation_says_so() -> None:
    found = declared(optional_choice)
    assert [option.expected for option in found.options] == ["one of a, b or null", "a number or null"]
    assert [option.convert(None) for option in found.options] == [None, None]


def every_option(
    text: Text,
    *,
    name: str = "",
    count: int = 1,
    scale: Annotated[float, Range(1, 8)] = 2.0,
    flag: bool = False,
    mode: Literal["a", "b"] = "a",
    sizes: list[int] = [],  # noqa: B006 - never changed
    device: Annotated[str, Effort()] = "auto",
) -> Text:
    """Help."""
    return text


@pytest.mark.parametrize(
    ("name", "value", "converted"),
    [
        ("scale", 7, 7.0),
        ("count", 7.0, 7),
        ("name", "a", "a"),
        ("flag", True, True),
        ("mode", "b", "b"),
        ("sizes", (1, 2), [1, 2]),
    ],
)
def test_option_values_are_converted(name: str, value: object, converted: object) -> None:
    option = declared(every_option).option(name)
    assert option is not None
    assert option.convert(value) == converted
    assert type(option.convert(value)) is type(converted)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("scale", 9, "expected a number from 1 to 8"),
        ("scale", "2", "expected a number from 1 to 8"),
        ("scale", float("nan"), "expected a number from 1 to 8"),
        ("scale", 10**400, "expected a number from 1 to 8"),
        ("scale", True, "expected a number from 1 to 8"),
        ("count", 1.5, "expected a whole number"),
        ("count", 1 << 63, "expected a whole number"),
        ("count", None, "expected a whole number"),
        ("name", 5, "expected text; put it in quotes"),
        ("flag", "true", "expected true or false"),
        ("mode", "c", "expected one of a, b"),
        ("sizes", ["a"], r"expected a list of \(a whole number\)"),
        ("sizes", {"a": 1}, "expected a list of"),
    ],
)
def test_other_values_of_an_option_are_value_errors(name: str, value: object, words: str) -> None:
    option = declared(every_option).option(name)
    assert option is not None
    with pytest.raises(ValueError, match=words):
        option.convert(value)


def test_declaring_imports_neither_torch_nor_pydantic() -> None:
    import subprocess

    code = "import sys, mezzotint.graphs.node, mezzotint.graphs.template; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "pydantic", "numpy", "networkx", "pyarrow"} & set(loaded)


def test_a_choice_that_is_called_like_a_number_need_not_be_quoted():
    @node(version=1)
    def scored(text: Text, *, convention: Literal["100", "hessel"] = "100") -> Text:
        """Score.

        Args:
            text: the text
            convention: by name
        """
        return text

    option = scored.node_type.option("convention")
    assert [option.convert(value) for value in (100, "100", "hessel")] == ["100", "100", "hessel"]
    for wrong in (10, True, 100.5):
        with pytest.raises(ValueError, match="one of 100, hessel"):
            option.convert(wrong)
