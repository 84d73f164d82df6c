"""A workflow while it is written: nodes under ids of their own, and the values of a graph at one point."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....graphs.check import CheckedGraph, Step
from ....graphs.draft import Output, Source, Unset
from ....graphs.values import Given, Point
from .models_folder import ModelsFolder

#: A link as it stands in a workflow: the id of a node, and the number of an output.
Wire = tuple[str, int]


class Writing:
    """What the writers of nodes share.

    Attributes:
        wires: by a step of the graph and the name of its output, where that comes out.
        batch: the axis whose points are a batch of ComfyUI's, if one is.
        notes: what differs, each once.
    """

    def __init__(self, graph: CheckedGraph, point: Point, batch: str | None, models: ModelsFolder) -> None:
        self.graph = graph
        self.point = point
        self.batch = batch
        self.models = models
        self.nodes: dict[str, dict[str, Any]] = {}
        self.wires: dict[tuple[str, str], Wire] = {}
        self.notes: dict[str, None] = {}
        self._shared: dict[str, str] = {}

    def add(self, class_type: str, inputs: Mapping[str, Any], title: str) -> str:
        """Add a node and give its id; wires among the inputs become links."""
        name = str(len(self.nodes) + 1)
        written = {key: _as_written(value) for key, value in inputs.items()}
        self.nodes[name] = {"class_type": class_type, "inputs": written, "_meta": {"title": title}}
        return name

    def shared(self, class_type: str, inputs: Mapping[str, Any], title: str) -> str:
        """The same, once for equal inputs."""
        key = json.dumps([class_type, inputs], sort_keys=True, default=str)
        if key not in self._shared:
            self._shared[key] = self.add(class_type, inputs, title)
        return self._shared[key]

    def wire(self, source: Source) -> Wire:
        """Where the output of a step comes out."""
        source = before_feeding(self.graph, source)
        assert isinstance(source, Output)
        return self.wires[source.step, source.name]

    def port(self, step: Step, name: str) -> Wire:
        """Where what feeds a port comes out."""
        source = step.ports[name]
        assert not isinstance(source, tuple)
        return self.wire(source)

    def option(self, step: Step, name: str) -> Any:
        """An option's value at the point, as the node takes it."""
        return option_at(step, name, self.point)

    def at(self, given: Given) -> Any:
        """A known value at the point."""
        return value_at(given, self.point)

    @property
    def batch_size(self) -> int:
        return len(self.graph.axes[self.batch]) if self.batch is not None else 1

    def note(self, text: str) -> None:
        """Say once what differs."""
        self.notes.setdefault(text)


def feeds(graph: CheckedGraph, step: Step) -> bool:
    """Whether a step only feeds a port of others, which on a canvas do that themselves."""
    return step.name.rpartition(".")[0] in graph.steps


def before_feeding(graph: CheckedGraph, source: Source) -> Source:
    """What a port was given, before a step was put between that feeds it."""
    while isinstance(source, Output) and feeds(graph, graph.steps[source.step]):
        step = graph.steps[source.step]
        given = step.ports[step.type.ports[0].name]
        assert not isinstance(given, tuple)
        source = given
    return source


def value_at(given: Source, point: Point) -> Any:
    """A known value at a point; paths as text."""
    assert not isinstance(given, (Output, Unset))
    value = given.at(point)
    return str(value) if isinstance(value, Path) else value


def option_at(step: Step, name: str, point: Point) -> Any:
    """An option's value at a point, converted as the node takes it."""
    option = step.type.option(name)
    assert option is not None
    return option.setting(value_at(step.options[name], point))


def _as_written(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, list):
        return {"__value__": value}
    return value
