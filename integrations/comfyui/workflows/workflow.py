"""A workflow of ComfyUI in its API format: nodes by id, whose inputs are values or links to outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....graphs.problem import Place


@dataclass(frozen=True)
class Link:
    """An output of another node, as an input names it: ``["4", 0]``."""

    node: str
    output: int
    place: Place


@dataclass(frozen=True)
class Value:
    """What was typed into a widget."""

    value: Any
    place: Place


@dataclass(frozen=True)
class WorkflowNode:
    """One node. ``title`` is what stands on it, if that was noted."""

    id: str
    class_type: str
    inputs: Mapping[str, Link | Value]
    place: Place
    title: str = ""

    def __str__(self) -> str:
        return f"node {self.id} ({self.class_type})"

    def links(self) -> Iterator[tuple[str, Link]]:
        """The inputs that come from other nodes."""
        for name, given in self.inputs.items():
            if isinstance(given, Link):
                yield name, given


@dataclass(frozen=True)
class Workflow:
    """Nodes by id, each after those that it takes from."""

    file: str
    nodes: Mapping[str, WorkflowNode] = field(default_factory=dict)

    def leading_to(self, ids: Iterator[str]) -> set[str]:
        """The nodes with these ids, and all that they are made of."""
        found: set[str] = set()
        pending = list(ids)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(link.node for _, link in self.nodes[name].links())
        return found
