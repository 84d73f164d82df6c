"""A graph as a function: its inputs are the arguments, single or in batches, its outputs the result."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

from ..forms import PLAIN_DATA, Giver
from ..grammar import Each, Expression, GraphSpec, InputSpec, Literal, NodeSpec, Reference
from ..node_type import MISSING, unwrap
from ..problem import Place, nearest
from ..source import Tree
from ..spec import parse_value
from ..types import AnyType, PlainType, PortType
from ..values import Item
from .caller import caller
from .direct import AXIS
from .each import EachValues
from .face import FaceInput, face_inputs
from .named import named
from .outputs import OutputValues

if TYPE_CHECKING:
    from .graph import Graph

#: The graph, as the one node of the graph that a call runs.
_NODE = "graph"


class GraphNode:
    """A graph that is called like a node; :meth:`..Graph.as_node` makes it.

    Its inputs are given by keyword, each a single value or a batch: a list, or pictures in any form. Batches
    go side by side, the first of each together, and singles go with all. What isn't given stays as in the
    graph. Reductions over an input that is given as a batch reduce the batch. :func:`.each` gives an input an
    axis of its own instead.

    Returns the output, or a named tuple of several: single where everything given was, else a list or batch;
    pictures in the form in which pictures were given. Of an output that varies over axes that the graph
    has by itself, what a single item would be is a list. It runs through the engine and the store, so the
    same call again costs next to nothing.

    Raises TypeError for arguments that the graph doesn't have, ValueError for batches of unequal lengths,
    :class:`..GraphError` for values that don't fit, and RuntimeError where an item could not be made.
    """

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.__name__ = self.__qualname__ = name
        self.__doc__ = graph.spec.description or type(self).__doc__
        self.__signature__ = _signature(face_inputs(graph.spec, graph.registry))

    def __repr__(self) -> str:
        return f"<graph {self.__name__}{self.__signature__}>"

    def __call__(self, /, *args: Any, **values: Any) -> Any:
        place = caller()
        faces = face_inputs(self.graph.spec, self.graph.registry)
        if args:
            names = ", ".join(f"{name}=…" for name, face in faces.items() if face.required) or "…"
            raise TypeError(f"{self.__name__} takes its inputs by name: {self.__name__}({names})")
        given = self._given(faces, values)
        batches = {name: each for name, each in given.items() if not each.single and len(each.values) != 1}
        lengths = {name: len(each.values) for name, each in batches.items()}
        if len(set(lengths.values())) > 1:
            told = " and ".join(f"{count} of {name}" for name, count in lengths.items())
            raise ValueError(f"{self.__name__}: {told}; give as many of each, or one for all")
        is_single = all(each.single for each in given.values())
        if not is_single and not batches:  # batches of one
            batches = {name: each for name, each in given.items() if not each.single}
        graph = self._around(given, batches, {k: v for k, v in values.items() if k not in given}, place)
        checked = graph.check()
        kinds = {name: checked.type_of(source) or AnyType() for name, source in checked.outputs.items()}
        results = graph.run()
        given_types = {faces[name].type.name: each.give for name, each in reversed(given.items())}
        made = [self._result(results[name], kind, given_types) for name, kind in kinds.items()]
        if len(made) == 1:
            return made[0]
        return named(self.__name__, results, made)

    def _given(self, faces: Mapping[str, FaceInput], values: Mapping[str, Any]) -> dict[str, _Given]:
        """What was given as values; what was given as :func:`.each` is not among it."""
        for name in values:
            if name not in faces:
                hint = nearest(name, faces) or "it takes nothing"
                raise TypeError(f"{self.__name__} takes no {name!r}; {hint}")
        for name, face in faces.items():
            if face.required and values.get(name) is None:
                raise TypeError(f"{self.__name__} needs {name!r}: {face.help or face.type.name}")
        given = {}
        for name, value in values.items():
            if value is not None and not isinstance(value, EachValues):
                try:
                    given[name] = _given(faces[name], value)
                except ValueError as error:
                    raise ValueError(f"{self.__name__}: {name}: {error}") from error
        return given

    def _around(
        self,
        given: Mapping[str, _Given],
        batches: Mapping[str, _Given],
        rest: Mapping[str, Any],
        place: Place,
    ) -> Graph:
        """The graph of one call: this one as a node, batches as columns of one axis."""
        inner = self.graph
        settings = {
            name: parse_value(Tree.of(each.content, place), name, Path())
            for name, each in rest.items()
            if isinstance(each, EachValues)
        }
        opened = [name for name in given if inner.spec.inputs[name].interface is not None]
        settings |= {name: InputSpec(name, place, Tree(str(given[name].values[0]), place)) for name in opened}
        if settings:
            inner = inner.override(settings)
        fields: dict[str, Expression] = {}
        for name, each in given.items():
            if name in batches:
                fields[name] = Reference(AXIS, name, place)
            elif name not in opened:
                fields[name] = Literal(each.values[0], place)
        inputs = {}
        if batches:
            count = len(next(iter(batches.values())).values)
            rows = [{name: each.values[index] for name, each in batches.items()} for index in range(count)]
            trees = tuple(Tree.of(row, place) for row in rows)
            inputs[AXIS] = InputSpec(AXIS, place, each=Each(place, values=trees))
        node = NodeSpec(
            _NODE,
            place,
            "graph",
            place,
            file=inner.file(),
            fields=fields,
            key_places=dict.fromkeys(fields, place),
            graph=inner.spec,
        )
        outputs = {name: Reference(_NODE, name, place) for name in inner.spec.outputs}
        spec = GraphSpec(place, self.__name__, inner.spec.description, inputs, {_NODE: node}, outputs)
        return inner.like(spec)

    def _result(self, output: OutputValues, kind: PortType, given_types: Mapping[str, Giver]) -> Any:
        """What a call returns of one output."""
        for index, reason in output.failures.items():
            which = f"{output.name}[{index}]" if len(output) > 1 else output.name
            raise RuntimeError(f"{self.__name__}: {which} was not made: {reason}")
        give = given_types.get(kind.name, kind.give)
        found = [output.at(index).item for index in range(len(output))]
        items = [item.value if isinstance(item, Item) else item for item in found]
        inner = prod(len(values) for axis, values in output.axes.items() if axis != AXIS)
        is_alone = not set(output.axes) - {AXIS}
        if AXIS not in output.axes:
            return give(items, is_alone)
        if is_alone:
            return give(items, False)
        return [give(items[start : start + inner], False) for start in range(0, len(items), inner)]


@dataclass(frozen=True)
class _Given:
    """The values that were given for an input, and how a program gets such values back."""

    values: Sequence[Any]
    single: bool
    give: Giver


def _given(face: FaceInput, value: Any) -> _Given:
    """Plain data as it is, anything else as items of the input's type; ValueError for what is none."""
    kind = face.type
    takes_lists = any(get_origin(unwrap(option.annotation)[0]) is list for option in face.options)
    listed = isinstance(value, (list, tuple, range))
    if takes_lists and listed and not (value and isinstance(value[0], (list, tuple))):
        return _Given([list(value)], True, kind.give)
    entries = list(value) if listed else [value]
    if not entries:
        raise ValueError("an empty list")
    if takes_lists or all(isinstance(entry, PLAIN_DATA) for entry in entries):
        files = [Path(entry) if kind.reads_files and isinstance(entry, str) else entry for entry in entries]
        return _Given(files, not listed, kind.give)
    taken = kind.take(value)
    items = taken.items if isinstance(kind, PlainType) else [Item(kind, item) for item in taken.items]
    if not items:
        raise ValueError("an empty batch")
    return _Given(items, taken.single, taken.give)


def _signature(faces: Mapping[str, FaceInput]) -> inspect.Signature:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                kind,
                default=face.default if face.required or face.default is not MISSING else None,
                annotation=face.type.name,
            )
            for name, face in faces.items()
        ]
    )
