"""A declared node type: its ports, options and outputs, in the form that everything else reads."""

from __future__ import annotations

import math
import re
import types as python_types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import Parameter
from pathlib import PurePath
from typing import Annotated, Any, Literal, Union

from annotated_types import Interval

from .marks import Content, FileName, Through
from .types import PortType

Keep = Literal["none", "memory", "disk"]
#: Which of two values of a score is better; "as input" is as with the numbers that it is made of.
Better = Literal["higher", "lower", "as input"]
#: Takes what a graph wrote for one version, ports and options by name, and gives what the next one takes.
Converter = Callable[[dict[str, Any]], Mapping[str, Any]]
#: A field in a pattern of file names.
FIELD = re.compile(r"\{([^{}]*)\}")
RESERVED = frozenset({"use", "over", "by", "keep", "timeout", "note"})
MISSING: Any = Parameter.empty


def unchanged(fields: dict[str, Any]) -> Mapping[str, Any]:
    """The converter of a version whose ports and options meant what they mean now: only results differ."""
    return fields


class DeclarationError(TypeError):
    """A node type is declared wrongly; raised when its module is imported."""


@dataclass(frozen=True)
class Port:
    """An input of a node type. ``many`` ports take a list of references."""

    name: str
    type: PortType
    help: str = ""
    many: bool = False
    default: Any = MISSING
    through: Through | None = None

    @property
    def takes(self) -> PortType:
        """The type that people give it: where another node type feeds it, what that one takes."""
        return self.type if self.through is None else self.through.node_type.ports[0].type

    @property
    def required(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True)
class Option:
    """A setting of a node type, the same for a whole micro-batch."""

    name: str
    annotation: Any
    help: str = ""
    default: Any = MISSING
    effort: bool = False
    content: Content | None = None
    file_name: FileName | None = None

    @property
    def required(self) -> bool:
        return self.default is MISSING

    @cached_property
    def _adapter(self) -> Any:
        from pydantic import ConfigDict, TypeAdapter

        return TypeAdapter(self.annotation, config=ConfigDict(strict=True, allow_inf_nan=False))

    def setting(self, value: object) -> Any:
        """The value as the function takes it; a default need not be of the kind that files may give."""
        return value if value is self.default else self.convert(value)

    def convert(self, value: object) -> Any:
        """The value as the function takes it (7 becomes 7.0); ValueError says what was expected.

        Of an option with choices, a number that is written like one of them is that choice.
        """
        if type(value) is int and value not in self.choices and str(value) in self.choices:
            value = str(value)
        if isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, PurePath):
            value = str(value)
        try:
            if isinstance(value, float) and value.is_integer() and float not in self._kinds:
                value = int(value)
            return self._validate(value)
        except (ValueError, OverflowError) as error:  # pydantic's ValidationError is a ValueError
            hint = "; put it in quotes" if self._wants_quotes(value) else ""
            raise ValueError(f"expected {self.expected}{hint}") from error

    def _validate(self, value: object) -> Any:
        if self._is_plain(value):  # the common case, spared the validator
            return value
        converted = self._adapter.validate_python(value)
        if isinstance(converted, int) and not -(1 << 63) <= converted < 1 << 63:
            raise ValueError("too large")
        return converted

    def _is_plain(self, value: object) -> bool:
        """Whether a value is of the option's own plain type, about which there is nothing more to say."""
        if type(value) is not self.annotation:
            return False
        if isinstance(value, int):
            return -(1 << 63) <= value < 1 << 63
        return isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))

    def _wants_quotes(self, value: object) -> bool:
        return str in self._kinds and isinstance(value, (bool, int, float))

    @cached_property
    def _kinds(self) -> frozenset[Any]:
        """The plain types among those that the annotation joins."""
        parts = [self.annotation]
        kinds = set()
        while parts:
            part = parts.pop()
            if typing.get_origin(part) is Annotated:
                parts.append(typing.get_args(part)[0])
            elif is_union(part):
                parts.extend(typing.get_args(part))
            else:
                kinds.add(part)
        return frozenset(kind for kind in kinds if isinstance(kind, type))

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values of an option that is one of a few; else nothing."""
        bare, _ = unwrap(self.annotation)
        return typing.get_args(bare) if typing.get_origin(bare) is Literal else ()

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the values this option takes."""
        result: dict[str, Any] = self._adapter.json_schema()
        return result

    @property
    def expected(self) -> str:
        """What this option takes, in words: ``a number from 1 to 8``."""
        return describe(self.annotation)


@dataclass(frozen=True)
class NodeType:
    """A declared node type. The ports named in ``members`` are the set that a reducer reduces.

    ``check`` raises ValueError for values of options that don't go together. ``converts`` holds, by version,
    what makes of a graph's fields for that version those of the next.
    """

    name: str
    version: int
    function: Callable[..., Any]
    ports: tuple[Port, ...]
    options: tuple[Option, ...]
    outputs: Mapping[str, PortType]
    doc: str
    keep: Keep = "disk"
    batch: int = 16
    package: str = "mezzotint"
    source_digest: str = ""
    members: frozenset[str] = field(default=frozenset())
    points_port: str = ""
    members_port: str = ""
    check: Callable[[Mapping[str, Any]], object] | None = None
    better: Better | None = None
    converts: Mapping[int, Converter] = field(default_factory=dict)

    @property
    def is_reducer(self) -> bool:
        return bool(self.members)

    @property
    def takes_points(self) -> bool:
        """Whether a reducer asks for the place of each member, by ``points_port`` or ``members_port``."""
        return bool(self.points_port or self.members_port)

    @property
    def largest_batch(self) -> int:
        """The most items a call takes: one where an output, such as a model, doesn't stack."""
        one = not self.is_reducer and not all(kind.stacks for kind in self.outputs.values())
        return 1 if one else self.batch

    @property
    def qualified(self) -> str:
        return f"{self.package}.{self.name}@{self.version}"

    @property
    def place(self) -> str:
        """File and line of the function, for messages."""
        code = getattr(self.function, "__code__", None)
        return f"{code.co_filename}:{code.co_firstlineno}" if code else self.function.__module__

    @property
    def summary(self) -> str:
        return self.doc.split("\n\n")[0].replace("\n", " ")

    @property
    def prose(self) -> str:
        """The docstring without its ``Args:``, which stand with the ports and options, and its examples."""
        kept = []
        in_args = False
        for line in self.doc.split("\n"):
            if line.strip() in ("Args:", "Arguments:"):
                in_args = True
            elif line and not line[0].isspace():
                in_args = False
            if not in_args:
                kept.append(line)
        paragraphs = "\n".join(kept).strip().split("\n\n")
        return "\n\n".join(each for each in paragraphs if not each.lstrip().startswith(">>>"))

    @property
    def in_python(self) -> str:
        """The examples of the docstring, of calls from Python; empty where there is none."""
        return "\n\n".join(each for each in self.doc.split("\n\n") if each.startswith(">>>")).strip()

    @cached_property
    def single_output(self) -> str | None:
        """The name of the only output, or None where there are several."""
        return next(iter(self.outputs)) if len(self.outputs) == 1 else None

    def port(self, name: str) -> Port | None:
        return next((port for port in self.ports if port.name == name), None)

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    def __reduce__(self) -> tuple[Any, ...]:
        from .travelling import as_reference

        return as_reference(self)

    def owned_by(self, package: str, source_digest: str = "") -> NodeType:
        return replace(self, package=package, source_digest=source_digest)


def is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (Union, python_types.UnionType)


def without_none(annotation: Any) -> Any:
    """``X`` of ``X | None``."""
    if is_union(annotation):
        rest = [part for part in typing.get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return annotation


def unwrap(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """What stands inside ``Annotated`` and ``| None``, and the marks of both."""
    marks: tuple[Any, ...] = ()
    while True:
        if typing.get_origin(annotation) is Annotated:
            annotation, *found = typing.get_args(annotation)
            marks += tuple(found)
        elif annotation is not without_none(annotation):
            annotation = without_none(annotation)
        else:
            return annotation, marks


def describe(annotation: Any) -> str:
    """An option's annotation in words; ValueError for one that graph files can't express."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        words = describe(args[0])
        bounds = next((mark for mark in args[1:] if isinstance(mark, Interval)), None)
        return f"{words} from {bounds.ge:g} to {bounds.le:g}" if bounds is not None else words
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in args)
    if is_union(annotation):
        return " or ".join(describe(part) for part in args)
    if origin is list:
        return f"a list of ({describe(args[0])})"
    names: dict[Any, str] = {
        str: "text",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        type(None): "null",
    }
    if isinstance(annotation, type) and annotation in names:
        return names[annotation]
    raise ValueError(f"{annotation!r} is not a type an option can have (text, number, choice, list of them)")
