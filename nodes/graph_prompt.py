"""The prompt in a graph of ours, as its pictures carry it: every input as it was at the picture's point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..graphs.grammar import Expression, GraphSpec, Literal, Reference, References, Template
from ..graphs.problem import GraphError, Place
from ..graphs.source import Tree
from ..graphs.spec import parse_spec
from ..graphs.types import format_scalar

#: The input that holds a prompt by its name, and the port of the nodes that encode one.
_PROMPT = "prompt"


def prompt_of_graph(graph: Any, output: str) -> str | None:
    """What a picture was asked to show; None where the graph holds no prompt, or several.

    It is the input named ``prompt``, or else what the nodes that lead to ``output`` take at a port of that
    name. Nothing of the graph is trusted.
    """
    try:
        spec = parse_spec(Tree.of(graph, Place("<picture>", 0)), "picture", Path())
    except GraphError:
        return None
    named = _value(spec, _PROMPT, None)
    if isinstance(named, str):
        return named
    fields = [spec.nodes[name].fields.get(_PROMPT) for name in _leading_to(spec, output)]
    found = {_text(spec, field) for field in fields if field is not None}
    return found.pop() if len(found) == 1 else None


def _leading_to(spec: GraphSpec, output: str) -> list[str]:
    """The nodes that an output is made of; without such an output, those of all of them."""
    pending = [spec.outputs[output]] if output in spec.outputs else list(spec.outputs.values())
    found: dict[str, None] = {}
    while pending:
        name = pending.pop().name
        if name in spec.nodes and name not in found:
            found[name] = None
            pending.extend(_references(spec.nodes[name].fields.values()))
    return list(found)


def _references(fields: Iterable[Expression]) -> Iterator[Reference]:
    for field in fields:
        if isinstance(field, Reference):
            yield field
        elif isinstance(field, References):
            yield from field.items
        elif isinstance(field, Template):
            yield from (part for part in field.parts if isinstance(part, Reference))


def _text(spec: GraphSpec, field: Expression) -> str | None:
    """A field as text; None where it is made of anything but text and numbers that the graph holds."""
    parts = field.parts if isinstance(field, Template) else (field,)
    values = [
        part.value
        if isinstance(part, Literal)
        else _value(spec, part.name, part.attribute)
        if isinstance(part, Reference)
        else part
        for part in parts
    ]
    known = [format_scalar(value) for value in values if isinstance(value, (str, int, float))]
    return "".join(known) if len(known) == len(values) else None


def _value(spec: GraphSpec, name: str, column: str | None) -> Any:
    """What an input holds, or a column of it; None for an axis, and for what isn't there."""
    given = spec.inputs.get(name)
    if given is None or given.default is None:
        return None
    value = given.default.plain()
    if column is None:
        return value
    return value.get(column) if isinstance(value, dict) else None
