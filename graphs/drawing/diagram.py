"""Boxes and edges: what every drawing of a graph shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["input", "node", "reducer", "output"]


@dataclass(frozen=True)
class Box:
    """An input, a node or an output. ``about`` is what it is (a node's type, an input's value)."""

    id: str
    kind: Kind
    name: str
    about: str = ""
    axes: str = ""


@dataclass(frozen=True)
class Edge:
    """Something travels from box to box: ``label`` is its type; for a setting, the option it sets."""

    source: str
    target: str
    label: str
    is_option: bool = False


@dataclass
class Diagram:
    """Boxes by id, each before those that it leads to, and the edges between them."""

    boxes: dict[str, Box] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def into(self, box: str) -> list[Edge]:
        return [edge for edge in self.edges if edge.target == box]

    def out_of(self, box: str) -> list[Edge]:
        return [edge for edge in self.edges if edge.source == box]


def box_id(kind: str, name: str) -> str:
    """The id of a box; no two boxes of a diagram have the same."""
    return f"{kind}_{name.replace('.', '__')}"
