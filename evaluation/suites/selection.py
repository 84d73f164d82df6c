"""A part of a graph's outputs, with only the nodes that they are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from ...graphs.grammar import Expression, GraphSpec, NodeSpec, Reference, References, Template
from ...graphs.problem import Place, Problems, nearest, show

#: Pictures are delivered whatever is measured of them.
ALWAYS = "images"


def selected(spec: GraphSpec, metrics: Collection[str], without: Collection[str]) -> GraphSpec:
    """The graph with the outputs that are asked for: all, or ``metrics`` alone, and none of ``without``.

    A name is an output's, or a node's: of ``metrics`` the outputs that the node gives, of ``without`` all
    that are made with it. Nodes that lead to no output are gone. GraphError names what is unknown.
    """
    problems = Problems()
    wanted = set(spec.outputs)
    if metrics:
        wanted = {ALWAYS} & set(spec.outputs)
        for name in metrics:
            found = {name} if name in spec.outputs else _given_by(spec, name)
            wanted |= found
            if not found:
                _unknown(spec, name, Place("--metrics", 0), problems)
    for name in without:
        found = {name} if name in spec.outputs else _made_with(spec, name)
        wanted -= found
        if not found:
            _unknown(spec, name, Place("--without", 0), problems)
    if not wanted:
        problems.add(Place("--without", 0), "nothing is left to deliver")
    problems.raise_if_any()
    return _pruned(spec, wanted)


def _unknown(spec: GraphSpec, name: str, place: Place, problems: Problems) -> None:
    names = [output for output in spec.outputs if output != ALWAYS]
    problems.add(place, f"the suite measures no {show(name)}", nearest(name, names))


def _given_by(spec: GraphSpec, node: str) -> set[str]:
    return {name for name, reference in spec.outputs.items() if reference.name == node in spec.nodes}


def _made_with(spec: GraphSpec, node: str) -> set[str]:
    return {
        name
        for name, reference in spec.outputs.items()
        if node in spec.nodes and node in _leading_to(spec, [reference.name])
    }


def _pruned(spec: GraphSpec, outputs: Collection[str]) -> GraphSpec:
    kept = {name: reference for name, reference in spec.outputs.items() if name in outputs}
    needed = _leading_to(spec, (reference.name for reference in kept.values()))
    nodes = {name: node for name, node in spec.nodes.items() if name in needed}
    for name in tuple(needed & spec.inputs.keys()):  # seeds need what they are drawn for
        given = spec.inputs[name]
        needed |= {part.name for part in _references(given.per)} if given.per is not None else set()
    inputs = {
        name: given for name, given in spec.inputs.items() if name in needed or given.interface is not None
    }
    return replace(spec, inputs=inputs, nodes=nodes, outputs=kept)


def _leading_to(spec: GraphSpec, names: Iterable[str]) -> set[str]:
    """The names of all that these nodes and inputs are made of, themselves among them."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += _names_in(spec.nodes[name]) if name in spec.nodes else ()
    return found


def _names_in(node: NodeSpec) -> Iterator[str]:
    for expression in node.fields.values():
        yield from (reference.name for reference in _references(expression))
    yield from (name.partition(".")[0] for name, _ in node.over)
    if node.by is not None:
        yield node.by.name
    if node.generator is not None:
        yield node.generator


def _references(expression: Expression) -> Iterator[Reference]:
    if isinstance(expression, Reference):
        yield expression
    elif isinstance(expression, References):
        yield from expression.items
    elif isinstance(expression, Template):
        yield from (part for part in expression.parts if isinstance(part, Reference))
