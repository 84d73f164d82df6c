"""The words of the graph language: what a file says and where, before any name is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .problem import Place, Problem
from .source import Tree

LANGUAGE_VERSION = 1
#: Seconds that a call may be given; more than a week is no limit.
MAX_TIMEOUT = 1_000_000


@dataclass(frozen=True)
class Reference:
    """``$name`` or ``$name.attribute``."""

    name: str
    attribute: str | None
    place: Place

    def __str__(self) -> str:
        return f"${self.name}.{self.attribute}" if self.attribute else f"${self.name}"


@dataclass(frozen=True)
class Template:
    """Text with references in it; ``parts`` alternate freely between text and references."""

    parts: tuple[str | Reference, ...]
    place: Place


@dataclass(frozen=True)
class Literal:
    """A value as it stands."""

    value: Any
    place: Place


@dataclass(frozen=True)
class References:
    """A list of references, for a port that takes several values."""

    items: tuple[Reference, ...]
    place: Place


#: What one field of a node says.
Expression = Reference | Template | Literal | References


@dataclass(frozen=True)
class Each:
    """Where the values of an axis come from: exactly one of the sources, and how many of them to take."""

    place: Place
    values: tuple[Tree, ...] | None = None
    count: int | None = None
    file: Path | None = None
    column: str | None = None
    folder: Path | None = None
    match: str = "*"
    zip: Mapping[str, Each] | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Interface:
    """The inputs and outputs of a graph that is left open, to be given from outside."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class InputSpec:
    """An input: a default, an axis, or an open generator."""

    name: str
    place: Place
    default: Tree | None = None
    each: Each | None = None
    per: Reference | Template | None = None
    type: str | None = None
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    interface: Interface | None = None
    #: What fills an open graph, where values were put into it from outside; else it is read from its file.
    filled: GraphSpec | None = None


@dataclass(frozen=True)
class NodeSpec:
    """One use of a node type, of another graph, or of an open generator."""

    name: str
    place: Place
    use: str
    use_place: Place
    version: int | None = None
    file: Path | None = None
    generator: str | None = None
    fields: Mapping[str, Expression] = field(default_factory=dict)
    key_places: Mapping[str, Place] = field(default_factory=dict)
    over: tuple[tuple[str, Place], ...] = ()
    by: Reference | None = None
    keep: str | None = None
    timeout: float | None = None
    note: str = ""
    #: The graph that ``file`` would hold, where it is in memory only.
    graph: GraphSpec | None = None


@dataclass(frozen=True)
class GraphSpec:
    """A graph file as written. ``problems`` is what wasn't understood, ``broken`` the nodes lost by it.

    ``suite`` is what a benchmark says of itself; a mapping that means nothing here, and enters no key.
    """

    place: Place
    name: str
    description: str
    inputs: Mapping[str, InputSpec]
    nodes: Mapping[str, NodeSpec]
    outputs: Mapping[str, Reference]
    suite: Tree | None = None
    problems: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()
