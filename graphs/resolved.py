"""A checked graph written out again: flat, types pinned, inputs in place; and the graph of a single picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .check import CheckedGraph, Step
from .link import Output, Source
from .spec import LANGUAGE_VERSION
from .values import Along, Column, Constant, Given, Joined, PerSeed, Point, canonical


def resolve(graph: CheckedGraph) -> dict[str, Any]:
    """The whole graph as plain data that reads back as the same graph, whatever files it was made of."""
    return _Writer(graph, None, private=False).write(graph.outputs)


def resolve_at(graph: CheckedGraph, output: str, point: Point) -> dict[str, Any]:
    """The graph of one output at one point: only what leads to it, inputs as they are there, no local paths."""
    return _Writer(graph, point, private=True).write({output: graph.outputs[output]})


class _Writer:
    def __init__(self, graph: CheckedGraph, point: Point | None, *, private: bool) -> None:
        self.graph = graph
        self.point = point or {}
        self.private = private
        self.names: dict[int, str] = {}
        for name, given in sorted(graph.inputs.items(), key=lambda entry: entry[0].count(".")):
            if not isinstance(given, (Joined, Column)):
                self.names.setdefault(id(given), name.replace(".", "__"))
        self.inputs: dict[str, Any] = {}

    def write(self, outputs: Mapping[str, Source]) -> dict[str, Any]:
        steps = self._leading_to(outputs)
        nodes = {_flat(step.name): self._node(step) for step in steps}
        references = {name: self._expression(source) for name, source in outputs.items()}
        # In the order of the axes, which is that of the original inputs.
        order = {name.replace(".", "__"): index for index, name in enumerate(self.graph.inputs)}
        inputs = dict(sorted(self.inputs.items(), key=lambda entry: order.get(entry[0], len(order))))
        written: dict[str, Any] = {"mezzotint": LANGUAGE_VERSION}
        if self.graph.spec.description:
            written["description"] = self.graph.spec.description
        return {**written, **({"inputs": inputs} if inputs else {}), "nodes": nodes, "outputs": references}

    def _leading_to(self, outputs: Mapping[str, Source]) -> list[Step]:
        needed: set[str] = set()
        pending = [source.step for source in outputs.values() if isinstance(source, Output)]
        while pending:
            name = pending.pop()
            if name not in needed:
                needed.add(name)
                pending.extend(source.step for source in self.graph.steps[name].inputs())
        return [step for step in self.graph.steps.values() if step.name in needed]

    def _node(self, step: Step) -> dict[str, Any]:
        package = "" if step.type.package == "mezzotint" else f"{step.type.package}."
        written: dict[str, Any] = {"use": f"{package}{step.type.name}@{step.type.version}"}
        for port in step.type.ports:
            value = step.ports.get(port.name)
            if isinstance(value, tuple):
                written[port.name] = [self._expression(source) for source in value]
            elif value is not None and not (isinstance(value, Constant) and value.value is port.default):
                written[port.name] = self._expression(value)
        for option in step.type.options:
            given = step.options[option.name]
            if isinstance(given, Constant) and given.value == option.default and id(given) not in self.names:
                continue
            is_path = option.content is not None and isinstance(given, Constant) and _is_local(given.value)
            if is_path and self.private:
                written[option.name] = _escape(Path(str(given.at({}))).name)
            elif is_path:
                written[option.name] = _escape(str(Path(str(given.at({}))).resolve()))
            else:
                written[option.name] = self._expression(given)
        if step.over or step.type.is_reducer:
            written["over"] = [_flat(axis) for axis in step.over]
        if step.grouping is not None:
            written["by"] = str(self._expression(step.grouping.by)).removeprefix("$")
        if step.keep != step.type.keep:
            written["keep"] = step.keep
        return written

    def _expression(self, source: Source) -> Any:
        if isinstance(source, Output):
            kind = self.graph.steps[source.step].type
            return f"${_flat(source.step)}" + ("" if kind.single_output else f".{source.name}")
        if isinstance(source, Column):
            base = self._expression(source.records)
            simple = all(letter.isalnum() or letter in "_-" for letter in source.name)
            return f"{base}.{source.name}" if simple else f"${{{base[1:]}.{source.name}}}"
        if isinstance(source, Joined):
            return self._template(source)
        if id(source) in self.names:
            name = self.names[id(source)]
            if name not in self.inputs:
                self.inputs[name] = None  # claims the place before what it needs
                self.inputs[name] = self._input(source)
            return f"${name}"
        return _escape(source.at(self.point))

    def _template(self, source: Joined) -> str:
        text = ""
        for part in source.parts:
            if isinstance(part, str):
                text += part.replace("$", "$$")
            elif isinstance(part, Joined):
                text += self._template(part)
            elif isinstance(part, Constant) and id(part) not in self.names:
                text += str(part.value).replace("$", "$$")
            else:
                reference = str(self._expression(part))
                text += reference if reference.startswith("${") else f"${{{reference[1:]}}}"
        return text

    def _input(self, given: Given) -> Any:
        if set(given.axes) <= set(self.point):
            return self._plain(given.at(self.point))
        if isinstance(given, PerSeed):
            if set(given.per.axes) <= set(self.point):  # seeds are reduced, their prompt is at hand
                axis = given.seed.axes[0]
                count = len(self.graph.axes[axis])
                return {"each": [given.at({**self.point, axis: index}) for index in range(count)]}
            seed = self._input(given.seed)
            return {**seed, "per": self._expression(given.per)}
        assert isinstance(given, Along)
        values = given.axis.values
        if isinstance(values, range):
            return {"each": {"range": len(values)}}
        return {"each": [self._entry(value) for value in values]}

    def _plain(self, value: Any) -> Any:
        entry = self._entry(value)
        return {"value": entry} if isinstance(entry, Mapping) else entry

    def _entry(self, value: Any) -> Any:
        if isinstance(value, Path):
            return value.name if self.private else str(value.resolve())
        if isinstance(value, Mapping):
            return {key: self._entry(part) for key, part in value.items()}
        return value


def axis_digest_text(graph: CheckedGraph) -> str:
    """Text that is equal for graphs whose axes hold equal values, files by content."""
    return canonical({name: [canonical(value) for value in axis.values] for name, axis in graph.axes.items()})


def _flat(name: str) -> str:
    return name.replace(".", "__")


def _is_local(value: Any) -> bool:
    return isinstance(value, str) and Path(value).exists()


def _escape(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, (list, tuple)):
        return [_escape(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _escape(entry) for key, entry in value.items()}
    return value
