"""The diagram of a checked graph."""

from __future__ import annotations

from collections.abc import Iterator

from ..check import CheckedGraph, Step
from ..draft import Output, Source, Unset
from ..located import Located
from ..problem import show
from ..values import Column, Constant, Joined, PerSeed
from .diagram import Box, Diagram, Edge, Kind, box_id


def diagram(graph: CheckedGraph) -> Diagram:
    """The boxes and edges of a graph: inputs in use, nodes that reach an output, outputs."""
    names = {id(given): name for name, given in reversed(_by_nesting(graph)) if not _is_part(given)}
    drawn = Diagram()
    nodes: dict[str, Box] = {}
    used: dict[str, None] = {}
    for step in graph.steps.values():
        nodes[box_id("node", step.name)] = _node(graph, step)
        for edge in _edges(step, names, graph):
            if edge not in drawn.edges:
                drawn.edges.append(edge)
            if edge.source.startswith("input_"):
                used.setdefault(edge.source)
    outputs = {}
    for name, source in graph.outputs.items():
        target = box_id("output", name)
        outputs[target] = Box(target, "output", name, "", _axes(graph, graph.axes_of(source)))
        for origin in _origins(source, names):
            kind = graph.type_of(source)
            drawn.edges.append(Edge(origin, target, kind.name if kind else ""))
            if origin.startswith("input_"):
                used.setdefault(origin)
    inputs = {
        box_id("input", name): _input(graph, name) for name in graph.inputs if box_id("input", name) in used
    }
    drawn.boxes = {**inputs, **nodes, **outputs}
    drawn.edges = [edge for edge in drawn.edges if edge.source in drawn.boxes]
    return drawn


def _by_nesting(graph: CheckedGraph) -> list[tuple[str, Source]]:
    # An inner input that was given an outer one is the same object: the outer name is the one to show.
    return sorted(graph.inputs.items(), key=lambda entry: entry[0].count("."))


def _is_part(given: Source) -> bool:
    return isinstance(given, (Joined, Column))


def _node(graph: CheckedGraph, step: Step) -> Box:
    kind: Kind = "reducer" if step.type.is_reducer else "node"
    axes = _axes(graph, step.axes)
    if step.over:
        axes = f"over {', '.join(step.over)}" + (f"; {axes}" if axes else "")
    return Box(box_id("node", step.name), kind, step.name, step.type.name, axes)


def _input(graph: CheckedGraph, name: str) -> Box:
    given = graph.inputs[name]
    if isinstance(given, Unset):
        return Box(box_id("input", name), "input", name, "to be given")
    if given.axes:
        per = f" per {given.per.axes[0]}" if isinstance(given, PerSeed) and given.per.axes else ""
        own = given.seed.axes if isinstance(given, PerSeed) else given.axes
        return Box(box_id("input", name), "input", name, f"{_axes(graph, own, named=False)} values{per}")
    return Box(box_id("input", name), "input", name, show(given.at({})))


def _axes(graph: CheckedGraph, names: tuple[str, ...], *, named: bool = True) -> str:
    return " × ".join(
        f"{name} ({len(graph.axes[name])})" if named else str(len(graph.axes[name])) for name in names
    )


def _edges(step: Step, names: dict[int, str], graph: CheckedGraph) -> Iterator[Edge]:
    target = box_id("node", step.name)
    for name, value in step.ports.items():
        port = step.type.port(name)
        for source in value if isinstance(value, tuple) else (value,):
            label = _type_of(source, graph) or (port.type.name if port else name)
            for origin in _origins(source, names):
                yield Edge(origin, target, label)
    for name, given in step.options.items():
        for origin in _origins(given, names):
            yield Edge(origin, target, name, is_option=True)


def _type_of(source: Source, graph: CheckedGraph) -> str | None:
    kind = graph.type_of(source)
    return None if kind is None else kind.name


def _origins(source: Source, names: dict[int, str]) -> Iterator[str]:
    """The boxes that a source comes from: a node, or the inputs that stand in a template or a column."""
    if isinstance(source, Output):
        yield box_id("node", source.step)
    elif id(source) in names:
        yield box_id("input", names[id(source)])
    elif isinstance(source, Joined):
        for part in source.parts:
            if not isinstance(part, str):
                yield from _origins(part, names)
    elif isinstance(source, Column):
        yield from _origins(source.records, names)
    elif isinstance(source, Located):
        yield from _origins(source.source, names)
    elif isinstance(source, Unset):
        yield box_id("input", source.name)
    elif not isinstance(source, Constant):
        for axis in source.axes:
            yield box_id("input", axis)
