"""What the axes of a graph are to whoever judges its results: prompts, seeds, settings, categories.

Nobody says it in the file. Seeds are what goes to ports and options named ``seed``, and what is drawn ``per``
something. Units are texts, records and files that go to some port: prompts, rows of a table, pictures. They
are a sample of a population, and results are meant for that. What is left are settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from .check import CheckedGraph, Step
from .draft import Output, Source
from .values import Along, Axis, Column, Given, Joined, PerSeed

RoleName = Literal["unit", "seed", "setting", "category"]
#: Entries of records that tell units apart, the first that all records of an axis have as text.
LABELS = ("prompt", "text", "caption", "name")


@dataclass(frozen=True)
class Role:
    """What an axis is; ``per`` are the axes for each of whose points seeds are drawn anew."""

    name: RoleName
    per: tuple[str, ...] = ()


class Sampling:
    """The roles of a graph's axes, and the unit that a member of a reduction belongs to."""

    def __init__(self, graph: CheckedGraph) -> None:
        self.graph = graph
        self._labels: dict[str, list[str]] = {}
        self._crossed: dict[str, tuple[str, ...]] = {}

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The role of every axis."""
        uses = self._uses()
        per = self._per()
        categories = {
            step.grouping.axis.name for step in self.graph.steps.values() if step.grouping is not None
        }
        found: dict[str, Role] = {}
        for name, axis in self.graph.axes.items():
            named = uses.get(name, [])
            if name in categories:
                found[name] = Role("category")
            elif name in per or (named and all(use == "seed" for _, use in named)):
                found[name] = Role("seed", per.get(name, ()))
            elif _is_plain_number(axis) or not any(kind == "port" for kind, _ in named):
                found[name] = Role("setting")
            else:
                found[name] = Role("unit")
        # Texts that no reducer takes away, where one takes others away, are compared and not sampled.
        units = {name for name, role in found.items() if role.name == "unit"}
        reduced = units & {axis for step in self.graph.steps.values() for axis in step.over}
        for name in units - reduced if reduced else ():
            found[name] = Role("setting")
        return found

    def unit_axis(self, step: Step) -> str | None:
        """The reduced axis whose values are the units of a set; None where only seeds are reduced."""
        return next((axis for axis in step.over if self.roles[axis].name == "unit"), None)

    def crossed(self, step: Step) -> tuple[str, ...]:
        """The reduced axes whose values all units share."""
        if step.name not in self._crossed:
            unit = self.unit_axis(step)
            self._crossed[step.name] = tuple(
                axis
                for axis in step.over
                if unit is not None and axis != unit and unit not in self.roles[axis].per
            )
        return self._crossed[step.name]

    def unit(self, step: Step, point: Mapping[str, int]) -> str:
        """The label of the unit that the member at a point belongs to."""
        axis = self.unit_axis(step)
        if axis is not None:
            return self.label(axis, point[axis])
        return ", ".join(f"{name} {self.label(name, point[name])}" for name in step.over)

    def label(self, axis: str, index: int) -> str:
        """What tells a value of an axis from the others."""
        if axis not in self._labels:
            values = self.graph.axes[axis].values
            key = label_key(values)
            self._labels[axis] = [_label(value, key, at) for at, value in enumerate(values)]
        return self._labels[axis][index]

    def _per(self) -> dict[str, tuple[str, ...]]:
        """Of axes of seeds that are drawn per something the axes of that."""
        sources = [*self.graph.inputs.values(), *(source for _, _, source in self._given())]
        return {
            axis: self.graph.in_order(source.per.axes)
            for source in sources
            if isinstance(source, PerSeed)
            for axis in source.seed.axes
        }

    def _uses(self) -> dict[str, list[tuple[str, str]]]:
        """For each axis the ports and options that its values go to as they are."""
        uses: dict[str, list[tuple[str, str]]] = {}
        for kind, name, source in self._given():
            for axis in _leaves(source):
                uses.setdefault(axis, []).append((kind, name))
        return uses

    def _given(self) -> Iterator[tuple[str, str, Given]]:
        """Every value known before the run that a step takes: port or option, its name, the value."""
        for step in self.graph.steps.values():
            for name, value in step.ports.items():
                for source in _several(value):
                    if not isinstance(source, Output):
                        yield "port", name, source
            for name, given in step.options.items():
                yield "option", name, given


def label_key(values: Sequence[Any]) -> str | None:
    """The entry that tells the records of an axis apart; None where they are no records, or have none."""
    if isinstance(values, range) or not values or not all(isinstance(value, Mapping) for value in values):
        return None
    for wanted in LABELS:
        for key in values[0]:
            if str(key).lower() == wanted and all(isinstance(value.get(key), str) for value in values):
                return str(key)
    return None


def _label(value: Any, key: str | None, index: int) -> str:
    if key is not None:
        return str(value[key])
    if isinstance(value, Path):
        return value.name
    return str(index) if isinstance(value, Mapping) else str(value)


def _leaves(source: Given) -> Iterator[str]:
    """The axes whose own values a given value is made of; not those that seeds are drawn per."""
    if isinstance(source, Along):
        yield source.axis.name
    elif isinstance(source, Column):
        yield from _leaves(source.records)
    elif isinstance(source, PerSeed):
        yield from _leaves(source.seed)
    elif isinstance(source, Joined):
        for part in source.parts:
            if not isinstance(part, str):
                yield from _leaves(part)


def _is_plain_number(axis: Axis) -> bool:
    values = axis.values
    return isinstance(values, range) or isinstance(values[0], (int, float))


def _several(value: Source | tuple[Source, ...]) -> tuple[Source, ...]:
    return value if isinstance(value, tuple) else (value,)
