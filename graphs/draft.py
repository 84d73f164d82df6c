"""A graph whose names are resolved: flat steps, and where each of their fields comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from .node_type import NodeType
from .problem import Place, Problem
from .values import Axis, Given


@dataclass(frozen=True)
class Output:
    """An output of a step: a value that only a run knows."""

    step: str
    name: str


Source = Given | Output


@dataclass(frozen=True)
class Unset:
    """An input that has no value yet; fine to check, not to run."""

    name: str
    place: Place
    axes: tuple[str, ...] = ()

    def at(self, point: Mapping[str, int]) -> Any:
        raise LookupError(self.name)

    def samples(self) -> Iterator[tuple[Any, Place]]:
        return iter(())


@dataclass
class Draft:
    """A step whose names are resolved, before its types and axes are checked."""

    name: str
    place: Place
    type: NodeType
    fields: dict[str, Source | tuple[Source, ...]]
    places: dict[str, Place]
    over: list[tuple[str, Source | None, Place]] = field(default_factory=list)
    has_over: bool = False
    by: tuple[str, Given, Place] | None = None
    has_by: bool = False
    keep: str | None = None
    timeout: float | None = None
    is_open: bool = False

    def sources(self) -> Iterator[Source]:
        for value in self.fields.values():
            yield from value if isinstance(value, tuple) else (value,)

    def precursors(self) -> Iterator[str]:
        """The steps that must be known before this one can be checked."""
        named = (source for _, source, _ in self.over if source is not None)
        for source in chain(self.sources(), named):
            if isinstance(source, Output):
                yield source.step


@dataclass
class Linked:
    """A flat graph: every nested graph inlined, every name resolved."""

    drafts: dict[str, Draft]
    axes: dict[str, Axis]
    outputs: dict[str, Source]
    output_places: dict[str, Place]
    inputs: dict[str, Given]
    unset: list[Problem]
    warnings: list[Problem]
    problems: list[Problem]
