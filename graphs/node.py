"""``@node``: a function's signature and docstring are the only declaration of a node type.

Positional parameters are ports, keyword-only parameters are options, the return annotation names the
outputs, the docstring is the help. A function whose return annotation is a class with ``update``, ``merge``
and ``compute`` declares a reducer: the ports of ``update`` are the set that it reduces.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Interval

from .marks import Content, Effort, FileName, Range, Through
from .members import MembersType
from .node_type import (
    MISSING,
    RESERVED,
    Better,
    Converter,
    DeclarationError,
    Keep,
    NodeType,
    Option,
    Port,
    describe,
    unchanged,
    unwrap,
    without_none,
)
from .types import PLAIN, PlainType, PointsType, PortType

__all__ = [
    "RESERVED",
    "Content",
    "DeclarationError",
    "Effort",
    "FileName",
    "Keep",
    "NodeType",
    "Option",
    "Port",
    "Range",
    "Through",
    "describe",
    "node",
    "unchanged",
]

Function = TypeVar("Function", bound=Callable[..., Any])
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REDUCER_METHODS = ("update", "merge", "compute")
#: Ports of a reducer's ``update`` that the engine fills.
_FILLED = (PointsType, MembersType)
_WORDS = ", ".join(sorted(RESERVED))


def node(
    *,
    version: int,
    keep: Keep = "disk",
    batch: int = 16,
    name: str | None = None,
    check: Callable[[Mapping[str, Any]], object] | None = None,
    better: Better | None = None,
    converts: Mapping[int, Converter] | None = None,
) -> Callable[[Function], Function]:
    """Declare a function as a node type; the function itself stays as it is and can be called directly.

    ``version`` rises when the same inputs give another result. ``keep`` says what becomes of its items by
    default, ``batch`` is the largest micro-batch it is called with unless a run says otherwise. ``check``
    takes the options by name and raises ValueError for what no type can rule out, such as two that exclude
    each other, so that a graph is refused before it runs; the function sees to those that vary by itself.
    ``converts`` lets graphs that are pinned to an older version go on: for each such version a function that
    takes what a graph wrote (ports and options by name, references as ``"$name"``) and gives what the next
    version takes, or raises ValueError with what to do; ``unchanged`` where all of it means the same still.
    Raises :class:`DeclarationError` at once for a declaration that can't work.
    """

    def declare(function: Function) -> Function:
        declaration = _Declaration(function, name or function.__name__)
        declaration.expect_new()
        declared = declaration.read(version, keep, batch)
        converters = declaration.converters(converts or {}, version)
        function.node_type = replace(  # type: ignore[attr-defined]
            declared, check=check, better=better, converts=converters
        )
        return function

    return declare


class _Declaration:
    """Reads one function; every method raises DeclarationError for what can't work."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.function = function
        self.name = name
        self.doc = inspect.cleandoc(function.__doc__ or "")
        self.helps = _argument_help(self.doc)

    def wrong(self, message: str) -> DeclarationError:
        return DeclarationError(f"node type {self.name!r} ({self.function.__module__}): {message}")

    def expect_new(self) -> None:
        """A second function of one name would take the place of the first in its module, and nobody be told.

        A module that is imported again has a spec of its own, which is what the names are noted at.
        """
        spec = getattr(self.function, "__globals__", {}).get("__spec__")
        if spec is None or self.function.__qualname__ != self.function.__name__:
            return  # a notebook, or a function inside another: to declare anew is to change one's mind
        line = self.function.__code__.co_firstlineno
        first = vars(spec).setdefault("mezzotint_nodes", {}).setdefault(self.name, line)
        if first != line:
            raise self.wrong(f"it is declared twice, in line {first} and in line {line}")

    def read(self, version: int, keep: Keep, batch: int) -> NodeType:
        if not _NAME.fullmatch(self.name) or self.name == "graph":
            raise self.wrong("this can't be its name; it is letters, digits and _, and not 'graph'")
        if not self.doc:
            raise self.wrong("it has no docstring; the docstring is its help")
        for word, number in (("version", version), ("batch", batch)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise self.wrong(f"{word} is {number!r}; it is a whole number from 1")
        if keep not in typing.get_args(Keep):
            raise self.wrong(f"keep is {keep!r}; it is one of none, memory, disk")
        signature = self.signature(self.function)
        returns = signature.return_annotation
        members: list[Port] = []
        filled: dict[type[PortType], str] = {}
        state = self.reducer_class(returns)
        if state is not None:
            found = [self.member(each) for each in list(self.signature(state.update).parameters.values())[1:]]
            filled = {type(port.type): port.name for port in found if isinstance(port.type, _FILLED)}
            members = [port for port in found if not isinstance(port.type, _FILLED)]
            if not members:
                raise self.wrong(f"{state.__name__}.update takes no port, so there is nothing to reduce")
            returns = self.signature(state.compute).return_annotation
        ports, options = list(members), []
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY:
                options.append(self.option(parameter))
            elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                ports.append(self.port(parameter))
                if isinstance(ports[-1].type, _FILLED):
                    kind = ports[-1].type.name
                    raise self.wrong(f"port {parameter.name!r}: {kind} go to a reducer's update only")
            else:
                raise self.wrong(f"parameter {parameter} is neither a named port nor a keyword-only option")
        names = [port.name for port in ports] + [option.name for option in options]
        for port in ports:
            for own in port.through.own_options.values() if port.through else ():
                if own not in names:
                    raise self.wrong(f"port {port.name!r} hands on the option {own!r}, which isn't declared")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise self.wrong(f"{twice!r} is declared twice; ports and options share their names")
        return NodeType(
            name=self.name,
            version=version,
            function=self.function,
            ports=tuple(ports),
            options=tuple(options),
            outputs=self.outputs(returns),
            doc=self.doc,
            keep=keep,
            batch=batch,
            members=frozenset(port.name for port in members),
            points_port=filled.get(PointsType, ""),
            members_port=filled.get(MembersType, ""),
        )

    def converters(self, converts: Mapping[int, Converter], version: int) -> dict[int, Converter]:
        for old, convert in converts.items():
            if isinstance(old, bool) or not isinstance(old, int) or not 1 <= old < version:
                raise self.wrong(f"converts names the version {old!r}; it is one before {version}")
            if not callable(convert):
                raise self.wrong(f"converts[{old}] is {convert!r}; it is a function of what a graph wrote")
        return dict(converts)

    def signature(self, function: Callable[..., Any]) -> inspect.Signature:
        try:
            return inspect.signature(function, eval_str=True)
        except Exception as error:  # whatever an annotation raises when it is evaluated
            raise self.wrong(
                f"an annotation of {function.__qualname__} can't be read: {error}; "
                "what it names must be imported outside TYPE_CHECKING"
            ) from error

    # Ports

    def reducer_class(self, annotation: Any) -> Any:
        """The class of a reducer's state, or None for what a plain node returns."""
        if not inspect.isclass(annotation):
            return None
        has = [method for method in _REDUCER_METHODS if callable(getattr(annotation, method, None))]
        if annotation in PLAIN or ("compute" not in has and "merge" not in has):
            return None
        lacking = [method for method in _REDUCER_METHODS if method not in has]
        if lacking:
            raise self.wrong(
                f"{annotation.__name__} has no {' and no '.join(lacking)}; "
                "a reducer has update(batch), merge(other) and compute()"
            )
        return annotation

    def member(self, parameter: inspect.Parameter) -> Port:
        """A port of a reducer's ``update``."""
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            raise self.wrong(f"update: parameter {parameter} is not a named port")
        return self.port(parameter)

    def port(self, parameter: inspect.Parameter) -> Port:
        self.check_name(parameter)
        if parameter.annotation is MISSING:
            raise self.wrong(f"port {parameter.name!r} has no annotation")
        annotation = without_none(parameter.annotation)
        args = typing.get_args(annotation)
        many = typing.get_origin(annotation) is list and _port_type(args[0]) is not None
        found = self.named(_port_type(args[0] if many else annotation), f"port {parameter.name!r}")
        if found is None or inspect.isclass(annotation):
            raise self.wrong(
                f"port {parameter.name!r} has no port type; annotate it with one such as Images or Text, "
                "or make it keyword-only if it is an option"
            )
        if parameter.default not in (MISSING, None) and isinstance(found, PlainType):
            try:
                found.parse(parameter.default)
            except ValueError as error:
                raise self.wrong(f"port {parameter.name!r} = {parameter.default!r}: {error}") from error
        through = next((mark for mark in unwrap(annotation)[1] if isinstance(mark, Through)), None)
        if through is not None:
            fault = through.fault(found)
            if fault:
                raise self.wrong(f"port {parameter.name!r} {fault}")
        help_text = self.helps.get(parameter.name, "")
        return Port(parameter.name, found, help_text, many, parameter.default, through)

    def check_name(self, parameter: inspect.Parameter) -> None:
        if parameter.name in RESERVED:
            raise self.wrong(f"{parameter.name!r} is a reserved word ({_WORDS})")

    # Options

    def option(self, parameter: inspect.Parameter) -> Option:
        self.check_name(parameter)
        if parameter.annotation is MISSING:
            raise self.wrong(f"option {parameter.name!r} has no annotation")
        _, marks = unwrap(parameter.annotation)
        if any(isinstance(mark, PortType) for mark in marks):
            raise self.wrong(
                f"option {parameter.name!r} is annotated with a port type; ports come before the *"
            )
        option = Option(
            parameter.name,
            parameter.annotation,
            self.helps.get(parameter.name, ""),
            parameter.default,
            effort=any(mark is Effort or isinstance(mark, Effort) for mark in marks),
            content=next((mark for mark in marks if isinstance(mark, Content)), None),
            file_name=next((mark for mark in marks if isinstance(mark, FileName)), None),
        )
        try:
            describe(option.annotation)
        except (ValueError, TypeError, IndexError) as error:
            raise self.wrong(f"option {option.name!r}: {error}") from error
        if not option.required and not _fits(option):
            raise self.wrong(f"option {option.name!r} = {parameter.default!r}: expected {option.expected}")
        return option

    # Port types

    def named(self, kind: PortType | None, what: str) -> PortType | None:
        """A port type that says what it is called."""
        if kind is not None and not isinstance(getattr(kind, "name", None), str):
            raise self.wrong(f"the type of {what}, {type(kind).__name__}, has no name")
        return kind

    def stored(self, kind: PortType | None, what: str) -> PortType | None:
        """A port type of an output: it says how its items are stored and read back."""
        for method in ("encode", "decode"):
            if kind is not None and getattr(type(kind), method) is getattr(PortType, method):
                raise self.wrong(f"the type of {what}, {type(kind).__name__}, has no {method}")
        return self.named(kind, what)

    # Outputs

    def outputs(self, annotation: Any) -> dict[str, PortType]:
        if annotation is MISSING or annotation is None:
            raise self.wrong("the return annotation is missing; it names the outputs")
        single = self.stored(_port_type(annotation), "the output")
        if single is not None:
            return {single.name.lower(): single}
        outputs: dict[str, PortType] = {}
        for name in getattr(annotation, "_fields", ()):
            try:
                port_type = _port_type(_field_annotation(annotation, name))
            except Exception as error:  # whatever an annotation raises when it is evaluated
                raise self.wrong(f"the annotation of output {name!r} can't be read: {error}") from error
            found = self.stored(port_type, f"output {name!r}")
            if found is None:
                raise self.wrong(f"output {name!r} of {annotation.__name__} has no port type")
            outputs[name] = found
        if outputs:
            return outputs
        raise self.wrong(
            f"the return annotation {annotation!r} is neither a port type nor a NamedTuple of them"
        )


def _port_type(annotation: Any) -> PortType | None:
    if typing.get_origin(annotation) is Annotated:
        return next((part for part in typing.get_args(annotation)[1:] if isinstance(part, PortType)), None)
    return PLAIN.get(annotation) if inspect.isclass(annotation) else None


def _fits(option: Option) -> bool:
    """Whether the default is a value of the option, without pydantic: declaring must stay cheap."""
    bare, marks = unwrap(option.annotation)
    if option.default is None:
        return "null" in option.expected.split(" or ")
    if typing.get_origin(bare) is Literal:
        return option.default in typing.get_args(bare)
    if inspect.isclass(bare):
        kinds = (int, float) if bare is float else bare
        if not isinstance(option.default, kinds) or (isinstance(option.default, bool) and bare is not bool):
            return False
    if typing.get_origin(bare) is list and not isinstance(option.default, (list, tuple)):
        return False
    bounds = [mark for mark in marks if isinstance(mark, Interval)]
    return all(mark.ge <= option.default <= mark.le for mark in bounds)  # type: ignore[operator]


def _field_annotation(named_tuple: Any, name: str) -> Any:
    """A field's annotation, evaluated one level deep: what it wraps (torch.Tensor) need not be imported."""
    found = inspect.get_annotations(named_tuple)[name]
    text = getattr(found, "__forward_arg__", found)
    return eval(text, vars(sys.modules[named_tuple.__module__])) if isinstance(text, str) else found


def _argument_help(doc: str) -> dict[str, str]:
    """The entries of a Google-style ``Args:`` section, by name."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    if section is None:
        return {}
    entries: dict[str, str] = {}
    current = ""
    for line in inspect.cleandoc(section.group(1)).splitlines():
        start = re.match(r"(\w+): (.*)", line)
        if start:
            current, entries[start.group(1)] = start.group(1), start.group(2).strip()
        elif current and line.strip():
            entries[current] += " " + line.strip()
    return entries
