"""A diagram as a tree for the terminal: every node below the last of those that it takes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

if TYPE_CHECKING:
    from ..graphs.drawing.diagram import Box, Diagram, Edge

_STYLES = {"input": "cyan", "node": "bold", "reducer": "bold yellow", "output": "green"}


def tree(diagram: Diagram, title: str) -> Tree:
    """The tree. Edges that are not branches are named at the end of a node's line."""
    root = Tree(Text(title, style="dim"), guide_style="dim")
    branches: dict[str, Tree] = {}
    position = {name: index for index, name in enumerate(diagram.boxes)}
    inputs = [box for box in diagram.boxes.values() if box.kind == "input"]
    if inputs:
        branch = root.add(Text("inputs", style="dim"))
        for box in inputs:
            branch.add(Text.assemble((box.name, _STYLES["input"]), "  ", box.about))
    for box in diagram.boxes.values():
        if box.kind == "input":
            continue
        edges = diagram.into(box.id)
        parents = [edge for edge in edges if edge.source in branches]
        trunk = max(parents, key=lambda edge: position[edge.source], default=None)
        others = [edge for edge in edges if edge is not trunk]
        above = branches[trunk.source] if trunk else root
        branches[box.id] = above.add(_line(box, trunk, others, diagram))
    return root


def _line(box: Box, trunk: Edge | None, others: list[Edge], diagram: Diagram) -> Text:
    line = Text(no_wrap=False)
    if trunk is not None:
        line.append(f"{trunk.label} → ", style="dim")
    if box.kind == "output":
        line.append(f"⇒ {box.name}", style=_STYLES["output"])
    else:
        mark = "▽ " if box.kind == "reducer" else ""
        line.append(f"{mark}{box.name}", style=_STYLES[box.kind])
        line.append(f"  {box.about}")
        if box.axes:
            line.append(f"  {box.axes}", style="magenta")
    if others:
        named = ", ".join(_other(edge, diagram) for edge in others)
        line.append(f"  ← {named}", style="dim")
    return line


def _other(edge: Edge, diagram: Diagram) -> str:
    source = diagram.boxes[edge.source]
    return f"{edge.label}: {source.name}" if edge.label != source.name and edge.label else source.name
