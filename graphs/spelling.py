"""A graph as YAML text that reads back as the same graph, be it from a file or built in code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from .expression import REFERENCE, escape
from .grammar import (
    LANGUAGE_VERSION,
    Each,
    Expression,
    GraphSpec,
    InputSpec,
    Literal,
    NodeSpec,
    Reference,
    References,
    Template,
)
from .problem import GraphError, Place, fail, show
from .yaml_text import graph_text


def spell(spec: GraphSpec, folder: Path | None = None) -> str:
    """The text of a graph file, to lie in ``folder``; left out, in the folder that the graph was read from.

    Comments are not kept. Files that the graph names are written as they are reached from that folder, other
    graphs among them: they stay files. GraphError for what no file can say: a graph with mistakes in it,
    values that are no plain data, an open graph that values were put into.
    """
    return graph_text(plain_graph(spec, folder))


def plain_graph(spec: GraphSpec, folder: Path | None = None) -> dict[str, Any]:
    """The same as plain data, which :func:`~mezzotint.graphs.spec.parse_spec` reads."""
    if spec.problems:
        raise GraphError(spec.problems)
    return _Speller(spec, Path(spec.place.file).parent if folder is None else folder).graph()


class _Speller:
    def __init__(self, spec: GraphSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder
        self.names = _file_names_of_inputs(spec)

    def graph(self) -> dict[str, Any]:
        spec = self.spec
        written: dict[str, Any] = {"mezzotint": LANGUAGE_VERSION}
        if spec.description:
            written["description"] = spec.description
        if spec.suite is not None:
            written["suite"] = self.data(spec.suite.plain(), spec.suite.place)
        if spec.inputs:
            written["inputs"] = {self.names[name]: self.input(given) for name, given in spec.inputs.items()}
        written["nodes"] = {name: self.node(node) for name, node in spec.nodes.items()}
        written["outputs"] = {name: self.reference(source) for name, source in spec.outputs.items()}
        return written

    # Inputs

    def input(self, given: InputSpec) -> Any:
        written: dict[str, Any] = {}
        if given.filled is not None:
            what = f"values were put into the graph that fills {given.name!r}, which no file says"
            raise fail(given.place, what, "save that graph with its values, and give the file")
        if given.interface is not None:
            names = given.interface
            written["graph"] = {"inputs": list(names.inputs), "outputs": list(names.outputs)}
        if given.default is not None:
            value = self.data(given.default.plain(), given.default.place)
            is_file = given.interface is not None and isinstance(value, str)
            written["value"] = self.path(Path(value)) if is_file else value
        if given.each is not None:
            written["each"] = self.each(given.each)
        if given.per is not None:
            written["per"] = self.per(given.per)
        said = {"type": given.type, "help": given.help, "min": given.minimum, "max": given.maximum}
        written |= {key: value for key, value in said.items() if value not in (None, "")}
        is_bare = written.keys() == {"value"} and not isinstance(written["value"], Mapping)
        return written["value"] if is_bare else written

    def per(self, per: Reference | Template) -> str:
        return str(self.expression(per)) if isinstance(per, Template) else self.reference(per)[1:]

    def each(self, each: Each) -> Any:
        if each.values is not None:
            return [self.data(tree.plain(), tree.place) for tree in each.values]
        written: dict[str, Any] = {}
        if each.count is not None:
            written["range"] = each.count
        elif each.file is not None:
            written["file"] = self.path(each.file)
        elif each.folder is not None:
            written["folder"] = self.path(each.folder)
        else:
            written["zip"] = {name: self.each(part) for name, part in (each.zip or {}).items()}
        if each.column is not None:
            written["column"] = each.column
        if each.match != "*":
            written["match"] = each.match
        if each.limit is not None:
            written["limit"] = each.limit
        return written

    # Nodes

    def node(self, node: NodeSpec) -> dict[str, Any]:
        use = node.use if node.generator is None else f"${self.names.get(node.generator, node.generator)}"
        written: dict[str, Any] = {"use": use if node.version is None else f"{use}@{node.version}"}
        if node.file is not None:
            written["file"] = self.path(node.file)
        written |= {key: self.expression(value) for key, value in node.fields.items()}
        if node.over:
            over = [self.names.get(name, name) for name, _ in node.over]
            over = [f"${name}" if name.startswith("$") else name for name in over]
            written["over"] = over if len(over) > 1 else over[0]
        if node.by is not None:
            written["by"] = self.reference(node.by)[1:]
        said = {"keep": node.keep, "timeout": node.timeout, "note": node.note}
        written |= {key: value for key, value in said.items() if value not in (None, "")}
        order = {"use": -1, **{key: index for index, key in enumerate(node.key_places)}}
        return dict(sorted(written.items(), key=lambda entry: order.get(entry[0], len(order))))

    def expression(self, expression: Expression) -> Any:
        if isinstance(expression, Reference):
            return self.reference(expression)
        if isinstance(expression, References):
            return [self.reference(item) for item in expression.items]
        if isinstance(expression, Literal):
            return escape(self.data(expression.value, expression.place))
        return "".join(
            escape(part) if isinstance(part, str) else f"${{{self.reference(part, in_text=True)[1:]}}}"
            for part in expression.parts
        )

    def reference(self, reference: Reference, *, in_text: bool = False) -> str:
        name = self.names.get(reference.name, reference.name)
        written = str(Reference(name, reference.attribute, reference.place))
        if not in_text and not REFERENCE.fullmatch(written):
            hint = f"inside text it can: ${{{written[1:]}}}"
            raise fail(reference.place, f"{written} can't be written as a reference", hint)
        return written

    # Data

    def data(self, value: Any, place: Place) -> Any:
        """Plain data as it goes into a file; GraphError for what is none."""
        if isinstance(value, PurePath):
            path = self.path(Path(value))
            return path if "/" in path else f"./{path}"  # where words mean something else, a slash tells
        if isinstance(value, Mapping):
            return {str(key): self.data(part, place) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.data(part, place) for part in value]
        if value is None or isinstance(value, (str, bool, float)):
            return value
        if isinstance(value, int) and value.bit_length() < 512:
            return value
        kind = show(value) if isinstance(value, int) else f"a value of type {type(value).__name__}"
        hint = "text, numbers, truth values, and lists and mappings of them can"
        raise fail(place, f"{kind} can't be written into a graph file", hint)

    def path(self, path: Path) -> str:
        """A path as it is written in a file of the folder: relative where it leads from there."""
        if path.is_relative_to(self.folder):
            return path.relative_to(self.folder).as_posix()
        if path.is_absolute() and not path.is_relative_to(Path(self.spec.place.file).parent):
            return path.as_posix()
        # A link in the way would lead elsewhere with `..` behind it, so it is followed first.
        real = Path(os.path.realpath(path.parent), path.name)
        return Path(os.path.relpath(real, os.path.realpath(self.folder))).as_posix()


def _file_names_of_inputs(spec: GraphSpec) -> dict[str, str]:
    """For each input a name that a file can have: one set as ``node.option`` has a dot."""
    taken = {*spec.inputs, *spec.nodes}
    names: dict[str, str] = {}
    for name in spec.inputs:
        names[name] = name
        if "." in name:
            flat = name.replace(".", "__")
            while flat in taken:
                flat += "_"
            taken.add(flat)
            names[name] = flat
    return names
