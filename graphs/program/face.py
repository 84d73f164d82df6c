"""What a graph looks like from outside: its inputs with types, defaults and bounds, and its outputs.

A file need not say the types: an input is of the type of the ports and options that it goes to, through
nested graphs and all. Whatever shows a graph as one thing (a canvas, a form, a function) reads this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_origin

from annotated_types import Interval

from ..check import check
from ..grammar import Each, GraphSpec, InputSpec, Reference, References, Template
from ..nesting import Scope, open_graphs
from ..node_type import MISSING, Option, Port, unwrap
from ..problem import Problems
from ..registry import Registry
from ..types import INPUT_TYPES, PLAIN, AnyType, IntegerType, NumberType, PortType, RecordType, TextType
from ..versions import as_current


@dataclass(frozen=True)
class FaceInput:
    """An input of a graph.

    ``type`` is what its values are, ``default`` a plain value or MISSING. ``axis`` says where the values come
    from of an input that is an axis as long as nobody gives it another value; ``is_per_value`` are seeds that
    each value of another input has for itself. ``ports`` and ``options`` are what it goes to; ``minimum``,
    ``maximum`` and ``choices`` suit all of them. ``columns`` are what is taken of a record. Of an open graph
    (``is_open``) the value is a graph file.
    """

    name: str
    type: PortType
    default: Any = MISSING
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    axis: Each | None = None
    is_per_value: bool = False
    is_open: bool = False
    columns: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    options: tuple[Option, ...] = ()

    @property
    def required(self) -> bool:
        """Whether the graph can't run unless it is given."""
        return self.default is MISSING and self.axis is None

    @property
    def names_files(self) -> bool:
        """Whether its values may be paths."""
        return any(port.type.names_files or port.type.reads_files for port in self.ports) or any(
            option.content is not None for option in self.options
        )


@dataclass(frozen=True)
class FaceOutput:
    """An output of a graph: the type of its items, and the axes that they vary over as the file stands."""

    name: str
    type: PortType
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Face:
    """The inputs and outputs of a graph, by name."""

    name: str
    help: str
    inputs: Mapping[str, FaceInput]
    outputs: Mapping[str, FaceOutput]


def face(spec: GraphSpec, registry: Registry) -> Face:
    """The face of a graph; GraphError lists what is wrong with one that has mistakes."""
    checked = check(spec, registry)
    inputs = face_inputs(spec, registry)
    outputs = {}
    for name, source in checked.outputs.items():
        kind = checked.type_of(source)
        if kind is None and spec.outputs[name].attribute is None and spec.outputs[name].name in inputs:
            kind = inputs[spec.outputs[name].name].type
        outputs[name] = FaceOutput(name, kind or AnyType(), checked.axes_of(source))
    return Face(spec.name, spec.description, inputs, outputs)


def face_inputs(spec: GraphSpec, registry: Registry) -> dict[str, FaceInput]:
    """The inputs alone, of a graph that may be unfinished; no table of values is read."""
    scope = open_graphs(spec, Problems())
    return {name: _input(given, _Uses.of(scope, name, registry)) for name, given in spec.inputs.items()}


class _Uses:
    """What an input goes to."""

    def __init__(self) -> None:
        self.ports: list[Port] = []
        self.options: list[Option] = []
        self.columns: list[str] = []
        self.in_text = False

    @classmethod
    def of(cls, scope: Scope, name: str, registry: Registry) -> _Uses:
        uses = cls()
        uses._find(scope, name, registry)
        return uses

    def _find(self, scope: Scope, name: str, registry: Registry) -> None:
        for given in scope.spec.inputs.values():
            self._note_columns(_references(given.per), name)
        for node in scope.spec.nodes.values():
            self._note_columns(_references(node.by), name)
            inner = scope.inner.get(node.name)
            declared = registry[node.use] if inner is None and node.use in registry else None
            if declared is not None:
                node = as_current(node, declared)
            for key, expression in node.fields.items():
                for reference in _references(expression):
                    if reference.name != name:
                        continue
                    if reference.attribute is not None:
                        self.columns.append(reference.attribute)
                    elif isinstance(expression, Template):
                        self.in_text = True
                    elif inner is not None:
                        self._find(inner, key, registry)
                    elif declared is not None and (port := declared.port(key)) is not None:
                        self.ports.append(port)
                    elif declared is not None and (option := declared.option(key)) is not None:
                        self.options.append(option)

    def _note_columns(self, references: Iterator[Reference], name: str) -> None:
        self.columns += [each.attribute for each in references if each.name == name and each.attribute]

    def types(self) -> list[PortType]:
        """The types that are wanted, those that take least first."""
        found = [port.takes for port in self.ports]
        found += [kind for option in self.options if (kind := _type_of_option(option)) is not None]
        if self.columns:
            found.insert(0, RecordType())
        return sorted(found, key=lambda kind: (isinstance(kind, AnyType), *_breadth(kind)))


def _breadth(kind: PortType) -> tuple[bool, bool]:
    """Text takes numbers too, and a number whole ones: what is both is the narrower."""
    return isinstance(kind, TextType), isinstance(kind, NumberType)


def _references(expression: Any) -> Iterator[Reference]:
    if isinstance(expression, Reference):
        yield expression
    elif isinstance(expression, References):
        yield from expression.items
    elif isinstance(expression, Template):
        yield from (part for part in expression.parts if isinstance(part, Reference))


def _input(given: InputSpec, uses: _Uses) -> FaceInput:
    bounds = [mark for option in uses.options for mark in unwrap(option.annotation)[1]]
    intervals = [mark for mark in bounds if isinstance(mark, Interval)]
    lows: list[Any] = [given.minimum, *(mark.ge for mark in intervals)]
    highs: list[Any] = [given.maximum, *(mark.le for mark in intervals)]
    choices = [option.choices for option in uses.options if option.choices]
    return FaceInput(
        given.name,
        _type(given, uses),
        MISSING if given.default is None else given.default.plain(),
        given.help,
        max((low for low in lows if low is not None), default=None),
        min((high for high in highs if high is not None), default=None),
        tuple(each for each in choices[0] if all(each in other for other in choices)) if choices else (),
        given.each,
        given.per is not None,
        given.interface is not None,
        tuple(dict.fromkeys(uses.columns)),
        tuple(uses.ports),
        tuple(uses.options),
    )


def _type(given: InputSpec, uses: _Uses) -> PortType:
    """What an input says it is, else what it goes to, else what its values look like."""
    if given.type is not None:
        return INPUT_TYPES[given.type]
    if given.interface is not None:
        return TextType()
    wanted = uses.types()
    if wanted and not isinstance(wanted[0], AnyType):
        return wanted[0]
    if given.per is not None:
        return IntegerType()
    shown = _looks_like(given)
    return TextType() if shown is None and uses.in_text else shown or AnyType()


def _looks_like(given: InputSpec) -> PortType | None:
    if given.default is not None:
        return _type_of_value(given.default.plain())
    if given.each is None:
        return None
    if given.each.values:
        return _type_of_value(given.each.values[0].plain())
    if given.each.count is not None:
        return IntegerType()
    return RecordType() if given.each.folder is not None or given.each.zip is not None else None


def _type_of_value(value: Any) -> PortType | None:
    return RecordType() if isinstance(value, Mapping) else PLAIN.get(type(value))


def _type_of_option(option: Option) -> PortType | None:
    bare, _ = unwrap(option.annotation)
    if get_origin(bare) is Literal:
        kinds = {type(choice) for choice in option.choices}
        return PLAIN.get(kinds.pop()) if len(kinds) == 1 else AnyType()
    return PLAIN.get(bare, AnyType())
