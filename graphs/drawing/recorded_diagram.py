"""The diagram of a graph as a run recorded it: plain data, its node types known here or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..expression import REFERENCE
from ..node_type import RESERVED, NodeType
from ..problem import show
from .diagram import Box, Diagram, Edge, Kind, box_id

_IN_TEXT = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)(?:\.[^{}]*)?\}")
_ABSOLUTE = re.compile(r"^(?:[/~\\]|[A-Za-z]:[/\\]).*[/\\]", re.DOTALL)


def recorded_diagram(
    graph: Mapping[str, Any], lengths: Mapping[str, int], types: Mapping[str, NodeType] | None = None
) -> Diagram:
    """The boxes and edges of a resolved graph, such as ``graph.yaml`` of a run folder holds.

    ``lengths`` are those of its axes. A node of a type that ``types`` has not is drawn all the same; edges
    from it carry the name of what they lead to, where others carry the type of what travels. Paths of files
    are shown by their names alone.
    """
    return _Recorded(graph, lengths, types or {}).diagram()


@dataclass(frozen=True)
class _Known:
    """A box that edges can come from: the axes its value varies over, and the type of each output."""

    box: str
    axes: tuple[str, ...]
    node_type: NodeType | None = None

    def travels(self, output: str | None) -> str:
        """The type that leaves it, as far as it is known."""
        if self.node_type is None:
            return ""
        name = output or self.node_type.single_output
        kind = self.node_type.outputs.get(name) if name else None
        return kind.name if kind is not None else ""


class _Recorded:
    def __init__(
        self, graph: Mapping[str, Any], lengths: Mapping[str, int], types: Mapping[str, NodeType]
    ) -> None:
        self.inputs: Mapping[str, Any] = graph.get("inputs") or {}
        self.nodes: Mapping[str, Any] = graph.get("nodes") or {}
        self.outputs: Mapping[str, Any] = graph.get("outputs") or {}
        self.lengths = {**{_flat(name): length for name, length in lengths.items()}, **lengths}
        self.types = types
        self.known = {
            name: _Known(box_id("input", name), self._axes_of_input(name, given))
            for name, given in self.inputs.items()
        }
        self.order = {name: index for index, name in enumerate(self.inputs)}

    def diagram(self) -> Diagram:
        edges: dict[Edge, None] = {}
        nodes: dict[str, Box] = {}
        for name, node in self.nodes.items():
            box = box_id("node", name)
            edges.update(dict.fromkeys(self._edges(box, node)))
            nodes[box] = self._node(name, node)
        outputs: dict[str, Box] = {}
        for name, text in self.outputs.items():
            box = box_id("output", name)
            found = [(self.known[base], output) for base, output in _references(text) if base in self.known]
            axes = self._in_order(axis for known, _ in found for axis in known.axes)
            outputs[box] = Box(box, "output", name, "", self._named(axes))
            edges.update(
                dict.fromkeys(Edge(known.box, box, known.travels(output)) for known, output in found)
            )
        used = {edge.source for edge in edges}
        inputs = {
            self.known[name].box: Box(self.known[name].box, "input", _shown(name), self._about(name, given))
            for name, given in self.inputs.items()
            if self.known[name].box in used
        }
        return Diagram({**inputs, **nodes, **outputs}, list(edges))

    # Inputs

    def _axes_of_input(self, name: str, given: Any) -> tuple[str, ...]:
        if not _is_axis(given):
            return ()
        per = [base for base, _ in _references(_as_reference(given.get("per")))]
        return tuple(dict.fromkeys([*(other for other in per if _is_axis(self.inputs.get(other))), name]))

    def _about(self, name: str, given: Any) -> str:
        if _is_axis(given):
            length = self._length(name)
            per = [axis for axis in self.known[name].axes if axis != name]
            values = f"{length} values" if length is not None else "several values"
            return f"{values} per {', '.join(map(_shown, per))}" if per else values
        value = given.get("value") if isinstance(given, Mapping) and set(given) == {"value"} else given
        return show(_ABSOLUTE.sub("", value) if isinstance(value, str) else value)

    def _length(self, axis: str) -> int | None:
        if axis in self.lengths:
            return self.lengths[axis]
        given = self.inputs.get(axis)
        values = given.get("each") if isinstance(given, Mapping) else None
        return len(values) if isinstance(values, list) else None

    # Nodes

    def _node(self, name: str, node: Mapping[str, Any]) -> Box:
        node_type = self._type(node)
        over = [str(axis) for axis in node.get("over") or ()]
        taken = [
            self.known[base].axes
            for key, value in node.items()
            if key not in RESERVED
            for base, _ in _references(value)
            if base in self.known
        ]
        by = [str(node["by"])] if node.get("by") else []
        axes = self._in_order(axis for axes in taken for axis in axes if axis not in over)
        axes = (*axes, *(axis for axis in by if axis not in axes))
        self.known[name] = _Known(box_id("node", name), axes, node_type)
        kind: Kind = "reducer" if over or (node_type is not None and node_type.is_reducer) else "node"
        shown = self._named(axes)
        if over:
            shown = f"over {', '.join(map(_shown, over))}" + (f"; {shown}" if shown else "")
        return Box(box_id("node", name), kind, _shown(name), _bare_type(node).rpartition(".")[2], shown)

    def _edges(self, target: str, node: Mapping[str, Any]) -> Iterator[Edge]:
        """Edges from what stands before: what a damaged record refers to besides leads nowhere."""
        node_type = self._type(node)
        for key, value in node.items():
            if key in RESERVED:
                continue
            port = node_type.port(key) if node_type is not None else None
            is_option = node_type is not None and node_type.option(key) is not None
            expected = port.type.name if port is not None else key
            for base, output in _references(value):
                if base in self.known:
                    known = self.known[base]
                    label = key if is_option else known.travels(output) or expected
                    yield Edge(known.box, target, label, is_option)

    def _type(self, node: Mapping[str, Any]) -> NodeType | None:
        return self.types.get(_bare_type(node))

    # Axes

    def _in_order(self, axes: Iterator[str]) -> tuple[str, ...]:
        return tuple(sorted(dict.fromkeys(axes), key=lambda axis: self.order.get(axis, len(self.order))))

    def _named(self, axes: Sequence[str]) -> str:
        lengths = ((_shown(axis), self._length(axis)) for axis in axes)
        return " × ".join(axis if length is None else f"{axis} ({length})" for axis, length in lengths)


def _is_axis(given: Any) -> bool:
    return isinstance(given, Mapping) and "each" in given


def _references(value: Any) -> Iterator[tuple[str, str | None]]:
    """What a field refers to: the name of an input or a node, and the output or column that is meant."""
    if isinstance(value, list):
        for entry in value:
            yield from _references(entry)
    elif isinstance(value, str):
        whole = REFERENCE.fullmatch(value)
        if whole:
            yield whole.group(1), whole.group(2)
            return
        yield from ((match.group(1), None) for match in _IN_TEXT.finditer(value) if match.group(1))


def _as_reference(per: Any) -> Any:
    """``per`` names an input with a dollar sign or without."""
    bare = isinstance(per, str) and re.fullmatch(r"[A-Za-z_]\w*(\.[\w-]+)?", per)
    return f"${per}" if bare else per


def _bare_type(node: Mapping[str, Any]) -> str:
    """What a node uses, without the version; a type of another package begins with its name."""
    return str(node.get("use", "")).partition("@")[0]


def _shown(name: str) -> str:
    """``clip.text``, which a record writes ``clip__text``."""
    return name.replace("__", ".")


def _flat(name: str) -> str:
    return name.replace(".", "__")
