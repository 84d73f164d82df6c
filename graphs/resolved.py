"""A checked graph written out again: flat, types pinned, inputs in place; and that of a single picture."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .check import CheckedGraph, Step
from .draft import Output, Source, Unset
from .expression import escape
from .file_names import FileNames, as_words
from .grammar import LANGUAGE_VERSION, Each
from .located import Located
from .problem import GraphError, Place
from .tables import read_axis
from .types import format_scalar
from .values import Along, Column, Constant, Given, Joined, PerSeed, Point, canonical, image_of


def resolve(graph: CheckedGraph) -> dict[str, Any]:
    """The whole graph as plain data that reads back as the same graph, whatever files it was made of."""
    written = _Writer(graph, None, private=False).write(graph.outputs)
    suite = graph.spec.suite
    return written if suite is None else {**written, "suite": suite.plain()}


def resolve_at(graph: CheckedGraph, output: str, point: Point) -> dict[str, Any]:
    """The graph of one output at one point: only what leads to it, inputs as there, no local paths.

    What something on the way reduces stays whole, and so does a ``by``: the item is then one of several.
    """
    outputs = {output: graph.outputs[output]}
    reduced = {axis for step in leading_to(graph, outputs) for axis in step.over}
    kept = {axis: index for axis, index in point.items() if axis not in reduced}
    return _Writer(graph, kept, private=True).write(outputs)


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
        steps = leading_to(self.graph, outputs)
        nodes = {_flat(step.name): self._node(step) for step in steps}
        references = {name: self._expression(source) for name, source in outputs.items()}
        # In the order of the axes, which is that of the original inputs.
        order = {name.replace(".", "__"): index for index, name in enumerate(self.graph.inputs)}
        inputs = dict(sorted(self.inputs.items(), key=lambda entry: order.get(entry[0], len(order))))
        written: dict[str, Any] = {"mezzotint": LANGUAGE_VERSION}
        if self.graph.spec.description:
            written["description"] = self.graph.spec.description
        return {**written, **({"inputs": inputs} if inputs else {}), "nodes": nodes, "outputs": references}

    def _node(self, step: Step) -> dict[str, Any]:
        package = "" if step.type.package == "mezzotint" else f"{step.type.package}."
        written: dict[str, Any] = {"use": f"{package}{step.type.name}@{step.type.version}"}
        for port in step.type.ports:
            value = step.ports.get(port.name)
            if isinstance(value, tuple):
                written[port.name] = [self._expression(source) for source in value]
            elif value is not None and not (isinstance(value, Constant) and value.value is port.default):
                file = port.type.names_files
                written[port.name] = self._file(value) if file else self._expression(value)
        for option in step.type.options:
            given = step.options[option.name]
            if isinstance(given, Constant) and given.value == option.default and id(given) not in self.names:
                continue
            if option.file_name is not None:
                written[option.name] = self._file_name(step)
                continue
            written[option.name] = self._expression(given) if option.content is None else self._file(given)
        if step.over:
            written["over"] = [self._axis_name(axis) for axis in step.over]
        if step.grouping is not None:
            written["by"] = str(self._expression(step.grouping.by)).removeprefix("$")
        if step.keep != step.type.keep:
            written["keep"] = step.keep
        if step.timeout is not None:
            written["timeout"] = step.timeout
        return written

    def _file_name(self, step: Step) -> str:
        """A pattern under the names of the inputs here; at one point, the name of the file there."""
        names = FileNames(self.graph, step)
        at_hand = set(step.axes) <= set(self.point) and self.private
        text = names.at(self.point) if at_hand else names.written(self._field)
        return text.replace("$", "$$")

    def _field(self, name: str, rest: str) -> str:
        """A field of a pattern of file names, under the name that its input has here."""
        given = self.graph.inputs[name]
        assert not isinstance(given, (Output, Unset))
        if isinstance(given, Joined) and rest:  # the number of text made of one axis is that of the axis
            return self._field(given.axes[0], rest) if given.axes else "0"
        return self._field_of(given, rest)

    def _field_of(self, given: Given, rest: str = "") -> str:
        if isinstance(given, Joined):
            return "".join(
                as_words(part) if isinstance(part, str) else self._field_of(part) for part in given.parts
            )
        if isinstance(given, Constant) and id(given) not in self.names:
            return as_words(format_scalar(given.value))
        reference = str(self._expression(given))
        return f"{{{reference.strip('${}')}{rest}}}"

    def _file(self, given: Source) -> Any:
        """A value that may be a path, so that it leads to the same file from elsewhere."""
        path = None if isinstance(given, Output) else self._path(given)
        if path is not None or self.private or not isinstance(given, Located) or not given.all_beside():
            return path or self._expression(given)
        folder = str(given.folder.resolve()).replace("$", "$$")
        if isinstance(given.source, Joined):
            return f"{folder}/{self._template(given.source)}"
        value, place = next(given.source.samples())
        named = Column(given.source, "image", place) if isinstance(value, Mapping) else given.source
        return f"{folder}/{_in_text(str(self._expression(named)))}"

    def _path(self, given: Given) -> str | None:
        """What stands for a path on this machine, where a value is one; elsewhere the name alone."""
        if not set(given.axes) <= set(self.point):
            return None
        value = given.at(self.point)
        if isinstance(image_of(value), Path):
            value = str(image_of(value).absolute())  # of a folder of pictures: the file alone
        if not _is_local(value):
            return None
        path = Path(value).expanduser().resolve()
        return (path.name if self.private else str(path)).replace("$", "$$")

    def _axis_name(self, axis: str) -> str:
        """How ``over`` names an axis: as its input, or as the ``by`` that made it."""
        for step in self.graph.steps.values():
            if step.grouping is not None and step.grouping.axis.name == axis:
                return str(self._expression(step.grouping.by)).removeprefix("$")
        return _flat(axis)

    def _expression(self, source: Source) -> Any:
        if isinstance(source, Located):
            return self._expression(source.source)
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
        return escape(source.at(self.point))

    def _template(self, source: Joined) -> str:
        text = ""
        for part in source.parts:
            if isinstance(part, str):
                text += part.replace("$", "$$")
            elif isinstance(part, Joined):
                text += self._template(part)
            elif isinstance(part, Constant) and id(part) not in self.names:
                text += format_scalar(part.value).replace("$", "$$")
            else:
                text += _in_text(str(self._expression(part)))
        return text

    def _input(self, given: Given) -> Any:
        if set(given.axes) <= set(self.point):
            return self._plain(given.at(self.point))
        if isinstance(given, PerSeed):
            if given.per.axes and set(given.per.axes) <= set(self.point):  # its seeds are reduced
                axis = given.seed.axes[0]
                count = len(self.graph.axes[axis])
                return {"each": [given.at({**self.point, axis: index}) for index in range(count)]}
            # One seed at hand, its prompts reduced: an axis all the same, as only an axis is per something.
            at_hand = set(given.seed.axes) <= set(self.point)
            seed = {"each": [given.seed.at(self.point)]} if at_hand else self._input(given.seed)
            return {**seed, "per": _bare(str(self._expression(given.per)))}
        assert isinstance(given, Along)
        values = given.axis.values
        if isinstance(values, range):
            return {"each": {"range": len(values)}}
        folder = None if self.private else _folder_of(values)
        return {"each": folder or [self._entry(value) for value in values]}

    def _plain(self, value: Any) -> Any:
        entry = self._entry(value)
        return {"value": entry} if isinstance(entry, Mapping) else entry

    def _entry(self, value: Any) -> Any:
        if isinstance(value, Path):
            return value.name if self.private else str(value.resolve())
        if self.private and _is_whole_path(value):
            return Path(value).name
        if isinstance(value, Mapping):
            return {key: self._entry(part) for key, part in value.items()}
        return value


def leading_to(graph: CheckedGraph, outputs: Mapping[str, Source]) -> list[Step]:
    """The steps that outputs are made of, in the order of the graph."""
    needed: set[str] = set()
    pending = [source.step for source in outputs.values() if isinstance(source, Output)]
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending.extend(source.step for source in graph.steps[name].inputs())
    return [step for step in graph.steps.values() if step.name in needed]


def axes_digest(graph: CheckedGraph) -> str:
    """Hex digits that are equal for graphs whose axes hold equal values, files by content."""
    digest = hashlib.blake2b(digest_size=16)
    for name, axis in graph.axes.items():
        digest.update(f"{name}\0{len(axis)}\0".encode())
        for value in () if isinstance(axis.values, range) else axis.values:
            digest.update(canonical(value).encode() + b"\0")
    return digest.hexdigest()


def _flat(name: str) -> str:
    return name.replace(".", "__")


def _in_text(reference: str) -> str:
    """A reference as it stands inside text: ``${prompt}``."""
    return reference if reference.startswith("${") else f"${{{reference[1:]}}}"


def _bare(reference: str) -> str:
    """``prompt`` of ``$prompt``; text made of references stays as it is."""
    return reference[1:] if reference.startswith("$") and not reference.startswith("${") else reference


def _is_whole_path(value: Any) -> bool:
    """Whether a value is a path that leads somewhere from anywhere on this machine."""
    return _is_local(value) and Path(value).expanduser().is_absolute()


def _is_local(value: Any) -> bool:
    """Whether a value is written as a path and leads somewhere; a bare word names something else."""
    if not isinstance(value, str) or not (set(value) & {"/", os.sep} or value.startswith((".", "~"))):
        return False
    try:
        return Path(value).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # no path at all: too long, a zero byte, an unknown user
        return False


def _folder_of(values: Sequence[Any]) -> dict[str, Any] | None:
    """The ``each`` that yields these records of a folder of images; None where they are something else."""
    first = values[0]
    if not isinstance(first, Mapping) or not isinstance(first.get("image"), Path) or "name" not in first:
        return None
    folder = first["image"].resolve()
    for _ in Path(first["name"]).parts:
        folder = folder.parent
    for match in ("*", f"*{first['image'].suffix}", "**/*"):
        each = Each(Place("<resolved>"), folder=folder, match=match, limit=len(values))
        try:
            found = read_axis("", each).values
        except GraphError:
            continue
        if [_resolved(entry) for entry in found] == [_resolved(entry) for entry in values]:
            return {"folder": str(folder), "match": match, "limit": len(values)}
    return None


def _resolved(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.resolve() if isinstance(value, Path) else value for key, value in record.items()}
