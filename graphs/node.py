"""What a node type is: a function whose signature and docstring are its only declaration.

Positional parameters are ports, keyword-only parameters are options, the return annotation names the
outputs, the docstring is the help. A function whose return annotation is a class with ``update`` and
``compute`` declares a reducer: the ports of ``update`` are the set that it reduces.
"""

from __future__ import annotations

import inspect
import re
import sys
import types as python_types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar, Union

from annotated_types import Interval

from .types import PLAIN, PointsType, PortType

Keep = Literal["none", "memory", "disk"]
RESERVED = frozenset({"use", "over", "by", "keep", "note"})
Function = TypeVar("Function", bound=Callable[..., Any])
_MISSING: Any = inspect.Parameter.empty


class DeclarationError(TypeError):
    """A node type is declared wrongly; raised when its module is imported."""


def Range(low: float, high: float) -> Interval:  # noqa: N802 - reads as a type in annotations
    """The inclusive bounds of a numeric option."""
    return Interval(ge=low, le=high)


@dataclass(frozen=True)
class Effort:
    """Marks an option that changes how fast a result is made, not which: it stays out of keys."""


@dataclass(frozen=True)
class Content:
    """Marks an option that names something outside the graph, which enters keys by what it holds.

    ``resolve(value, options, fetch)`` returns a digest, or None for what is unknown until fetched;
    only with ``fetch=True`` may it use the network. It raises ValueError for what doesn't exist.
    """

    resolve: Callable[[Any, Mapping[str, Any], bool], str | None]


@dataclass(frozen=True)
class Port:
    """An input of a node type. ``many`` ports take a list of references."""

    name: str
    type: PortType
    help: str = ""
    many: bool = False
    default: Any = _MISSING

    @property
    def required(self) -> bool:
        return self.default is _MISSING


@dataclass(frozen=True)
class Option:
    """A setting of a node type, the same for a whole micro-batch."""

    name: str
    annotation: Any
    help: str = ""
    default: Any = _MISSING
    effort: bool = False
    content: Content | None = None

    @property
    def required(self) -> bool:
        return self.default is _MISSING

    @cached_property
    def _adapter(self) -> Any:
        from pydantic import ConfigDict, TypeAdapter

        return TypeAdapter(self.annotation, config=ConfigDict(strict=True, allow_inf_nan=False))

    def convert(self, value: object) -> Any:
        """The value as the function takes it (7 becomes 7.0 for a float); ValueError says what was expected."""
        from pydantic import ValidationError

        if isinstance(value, tuple):
            value = list(value)
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            raise ValueError(f"expected {self.expected}") from error

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
    """A declared node type. ``ports[:members]`` of a reducer are the set it reduces."""

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

    @property
    def is_reducer(self) -> bool:
        return bool(self.members)

    @property
    def takes_points(self) -> bool:
        """Whether a reducer asks for the place of each member."""
        return bool(self.points_port)

    @property
    def qualified(self) -> str:
        return f"{self.package}.{self.name}@{self.version}"

    @property
    def summary(self) -> str:
        return self.doc.split("\n\n")[0].replace("\n", " ")

    @property
    def single_output(self) -> str | None:
        """The name of the only output, or None where there are several."""
        return next(iter(self.outputs)) if len(self.outputs) == 1 else None

    def port(self, name: str) -> Port | None:
        return next((port for port in self.ports if port.name == name), None)

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    def owned_by(self, package: str, source_digest: str = "") -> NodeType:
        return replace(self, package=package, source_digest=source_digest)


def node(
    *, version: int, keep: Keep = "disk", batch: int = 16, name: str | None = None
) -> Callable[[Function], Function]:
    """Declare a function as a node type; the function itself stays as it is and can be called directly.

    ``version`` rises when the same inputs give another result. ``keep`` says what becomes of its items by
    default, ``batch`` is the largest micro-batch it is called with unless a run says otherwise.
    Raises :class:`DeclarationError` at once for a declaration that can't work.
    """

    def declare(function: Function) -> Function:
        function.node_type = _declaration(function, name or function.__name__, version, keep, batch)  # type: ignore[attr-defined]
        return function

    return declare


def _declaration(function: Callable[..., Any], name: str, version: int, keep: Keep, batch: int) -> NodeType:
    where = f"node type {name!r} ({function.__module__})"

    def wrong(message: str) -> DeclarationError:
        return DeclarationError(f"{where}: {message}")

    doc = inspect.cleandoc(function.__doc__ or "")
    if not doc:
        raise wrong("it has no docstring; the docstring is its help")
    if not isinstance(version, int) or version < 1:
        raise wrong(f"version is {version!r}; it is a whole number from 1")
    if keep not in typing.get_args(Keep):
        raise wrong(f"keep is {keep!r}; it is one of none, memory, disk")
    signature = _signature(function, wrong)
    helps = _argument_help(doc)
    state = _reducer_class(signature.return_annotation)
    ports: list[Port] = []
    members: set[str] = set()
    points_port = ""
    returns = signature.return_annotation
    if state is not None:
        for parameter in list(_signature(state.update, wrong).parameters.values())[1:]:
            port = _port(parameter, helps, wrong)
            if isinstance(port.type, PointsType):
                points_port = port.name
            else:
                ports.append(port)
                members.add(port.name)
        if not members:
            raise wrong(f"{state.__name__}.update takes no port, so there is nothing to reduce")
        if not callable(getattr(state, "merge", None)):
            raise wrong(f"{state.__name__} has no merge(other); a reducer has update, merge and compute")
        returns = _signature(state.compute, wrong).return_annotation
    options: list[Option] = []
    for parameter in signature.parameters.values():
        if parameter.name in RESERVED:
            raise wrong(f"{parameter.name!r} is a reserved word ({', '.join(sorted(RESERVED))})")
        if parameter.kind is parameter.KEYWORD_ONLY:
            options.append(_option(parameter, helps, wrong))
        elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            ports.append(_port(parameter, helps, wrong))
        else:
            raise wrong(f"parameter {parameter} is neither a named port nor a keyword-only option")
    names = [port.name for port in ports] + [option.name for option in options]
    if len(set(names)) != len(names):
        raise wrong("a port and an option have the same name")
    return NodeType(
        name=name,
        version=version,
        function=function,
        ports=tuple(ports),
        options=tuple(options),
        outputs=_outputs(returns, wrong),
        doc=doc,
        keep=keep,
        batch=batch,
        members=frozenset(members),
        points_port=points_port,
    )


def _signature(function: Callable[..., Any], wrong: Callable[[str], DeclarationError]) -> inspect.Signature:
    try:
        return inspect.signature(function, eval_str=True)
    except NameError as error:
        raise wrong(f"an annotation can't be read: {error}; import it outside TYPE_CHECKING") from error


def _reducer_class(annotation: Any) -> Any:
    is_reducer = (
        inspect.isclass(annotation) and hasattr(annotation, "update") and hasattr(annotation, "compute")
    )
    return annotation if is_reducer else None


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (Union, python_types.UnionType):
        rest = [part for part in typing.get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return annotation


def _port_type(annotation: Any) -> PortType | None:
    if typing.get_origin(annotation) is Annotated:
        return next((part for part in typing.get_args(annotation)[1:] if isinstance(part, PortType)), None)
    return PLAIN.get(annotation) if inspect.isclass(annotation) else None


def _port(
    parameter: inspect.Parameter, helps: Mapping[str, str], wrong: Callable[[str], DeclarationError]
) -> Port:
    annotation = _without_none(parameter.annotation)
    many = typing.get_origin(annotation) is list and _port_type(typing.get_args(annotation)[0]) is not None
    found = _port_type(typing.get_args(annotation)[0] if many else annotation)
    if found is None or inspect.isclass(annotation):
        raise wrong(
            f"port {parameter.name!r} has no port type; annotate it with one such as Images or Text, "
            "or make it keyword-only if it is an option"
        )
    return Port(parameter.name, found, helps.get(parameter.name, ""), many, parameter.default)


def _option(
    parameter: inspect.Parameter, helps: Mapping[str, str], wrong: Callable[[str], DeclarationError]
) -> Option:
    if parameter.annotation is _MISSING:
        raise wrong(f"option {parameter.name!r} has no annotation")
    marks: tuple[Any, ...] = ()
    if typing.get_origin(parameter.annotation) is Annotated:
        marks = typing.get_args(parameter.annotation)[1:]
    if any(isinstance(mark, PortType) for mark in marks):
        raise wrong(f"option {parameter.name!r} is annotated with a port type; ports come before the *")
    option = Option(
        parameter.name,
        parameter.annotation,
        helps.get(parameter.name, ""),
        parameter.default,
        effort=any(isinstance(mark, Effort) for mark in marks),
        content=next((mark for mark in marks if isinstance(mark, Content)), None),
    )
    try:
        describe(option.annotation)
        if not option.required:
            _check_default(option)
    except ValueError as error:
        raise wrong(f"option {option.name!r} = {parameter.default!r}: {error}") from error
    return option


def _check_default(option: Option) -> None:
    """Bounds and choices of a default, checked without importing pydantic (declaring must stay cheap)."""
    bare = _without_none(option.annotation)
    marks = typing.get_args(bare)[1:] if typing.get_origin(bare) is Annotated else ()
    bare = typing.get_args(bare)[0] if typing.get_origin(bare) is Annotated else bare
    for mark in marks:
        low, high = getattr(mark, "ge", None), getattr(mark, "le", None)
        if option.default is None or low is None or high is None:
            continue
        if not low <= option.default <= high:
            raise ValueError(f"expected {option.expected}")
    if typing.get_origin(bare) is Literal and option.default not in typing.get_args(bare):
        raise ValueError(f"expected {option.expected}")
    if inspect.isclass(bare) and option.default is not None:
        kinds = (int, float) if bare is float else bare
        if not isinstance(option.default, kinds) or (isinstance(option.default, bool) and bare is not bool):
            raise ValueError(f"expected {option.expected}")


def _outputs(annotation: Any, wrong: Callable[[str], DeclarationError]) -> dict[str, PortType]:
    if annotation is _MISSING or annotation is None:
        raise wrong("the return annotation is missing; it names the outputs")
    single = _port_type(annotation)
    if single is not None:
        return {single.name.lower(): single}
    fields = getattr(annotation, "_fields", None)
    if fields is not None:
        outputs = {name: _port_type(_field_annotation(annotation, name)) for name in fields}
        if all(outputs.values()):
            return typing.cast("dict[str, PortType]", outputs)
    raise wrong(f"the return annotation {annotation!r} is neither a port type nor a NamedTuple of them")


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


def describe(annotation: Any) -> str:
    """An option's annotation in words; ValueError for one that graph files can't express."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        bounds = next((mark for mark in args[1:] if isinstance(mark, Interval)), None)
        words = describe(args[0])
        return f"{words} from {bounds.ge:g} to {bounds.le:g}" if bounds is not None else words
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in args)
    if origin in (Union, python_types.UnionType):
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
    if annotation in names:
        return names[annotation]
    raise ValueError(f"{annotation!r} is not a type an option can have (text, number, choice, list of them)")
