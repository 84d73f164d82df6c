"""What a graph names outside itself: files, folders, models; found without opening any of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..graphs.grammar import Literal, Reference, Template

if TYPE_CHECKING:
    from ..graphs.grammar import Each, Expression, GraphSpec, InputSpec, NodeSpec
    from ..graphs.node_type import Option, Port
    from ..graphs.registry import Registry


def what_it_reads(spec: GraphSpec, registry: Registry) -> list[tuple[str, Any]]:
    """All that a graph names outside itself, found without opening any of it: where, and the name."""
    found: list[tuple[str, Any]] = []
    for name, given in spec.inputs.items():
        if given.each is not None:
            found += [(f"input {name}", path) for path in _files(given.each)]
        if given.interface is not None and given.default is not None:
            found.append((f"input {name}", given.default.plain()))
    for node in spec.nodes.values():
        if node.file is not None:
            found.append((node.name, str(node.file)))
        for key, default in _outside(node, registry):
            values = _values(node.fields[key], spec) if key in node.fields else [default]
            found += [(f"{node.name}.{key}", value) for value in values if value is not None]
    return found


def _files(each: Each) -> Iterator[str]:
    for path in (each.file, each.folder):
        if path is not None:
            yield str(path)
    for part in (each.zip or {}).values():
        yield from _files(part)


def _outside(node: NodeSpec, registry: Registry) -> list[tuple[str, Any]]:
    """The options and ports of a node that name something outside the graph, with their defaults."""
    if node.use not in registry:
        return []
    declared = registry[node.use]
    named: list[Option | Port] = [
        *(option for option in declared.options if option.content is not None),
        *(port for port in declared.ports if port.type.names_files),
    ]
    return [(field.name, None if field.required else field.default) for field in named]


def _values(expression: Expression, spec: GraphSpec) -> Iterator[Any]:
    if isinstance(expression, Literal):
        yield expression.value
    elif isinstance(expression, Template):
        yield "".join(str(part) for part in expression.parts)
    elif isinstance(expression, Reference) and expression.name in spec.inputs:
        yield from _of_input(spec.inputs[expression.name])


def _of_input(given: InputSpec) -> Iterator[Any]:
    if given.default is not None:
        yield given.default.plain()
    elif given.each is not None and given.each.values is not None:
        yield from (tree.plain() for tree in given.each.values)
