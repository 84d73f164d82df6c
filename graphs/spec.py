"""What a graph file may say: inputs, nodes and outputs, with the place of everything.

Nothing is looked up here. Names are resolved in :mod:`.link`, values read in :mod:`.tables`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .grammar import (
    LANGUAGE_VERSION,
    Each,
    Expression,
    GraphSpec,
    InputSpec,
    Interface,
    Literal,
    NodeSpec,
    Reference,
    References,
    Template,
)
from .node_type import RESERVED
from .problem import Place, Problems, nearest, show
from .source import Tree, read_file
from .types import INPUT_TYPES

__all__ = [
    "LANGUAGE_VERSION",
    "Each",
    "Expression",
    "GraphSpec",
    "InputSpec",
    "Interface",
    "Literal",
    "NodeSpec",
    "Reference",
    "References",
    "Template",
    "override",
    "parse_expression",
    "parse_spec",
    "parse_value",
    "read_spec",
]

MAX_AXIS = 10_000_000
_NAME = re.compile(r"[A-Za-z_]\w{0,99}")
_REFERENCE = re.compile(r"\$([A-Za-z_]\w*)(?:\.([\w-]+))?")
_IN_TEMPLATE = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)(?:\.([^{}]+))?\}|\$")
_SOURCES = ("range", "file", "folder", "zip")
_EACH_HINT = "write a list, {range: n}, {file: F}, {folder: D} or {zip: {…}}"
_INPUT_KEYS = ("each", "per", "value", "type", "help", "min", "max", "graph")
_OPEN_HINT = "write {graph: {inputs: [prompt, seed], outputs: [images]}}"


def read_spec(path: Path) -> GraphSpec:
    """Read a graph file; GraphError where it isn't YAML, or no mapping."""
    return parse_spec(read_file(path), path.stem, path.parent)


def parse_spec(tree: Tree, name: str, folder: Path) -> GraphSpec:
    """The graph in a tree; ``folder`` is what relative paths in it are relative to."""
    return _Parser(folder).graph(tree, name)


def parse_value(tree: Tree, name: str, folder: Path) -> InputSpec:
    """An input as given from outside: a plain value, or ``{each: …}``."""
    parser = _Parser(folder)
    spec = parser.input(name, tree, tree.place)
    parser.problems.raise_if_any()
    return spec


def parse_expression(tree: Tree) -> Expression:
    """What one field of a node says."""
    parser = _Parser(Path())
    expression = parser.expression(tree)
    parser.problems.raise_if_any()
    return expression


class _Parser:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems = Problems()
        self.wrong = self.problems.add

    def graph(self, tree: Tree, name: str) -> GraphSpec:
        if not tree.is_mapping:
            self.wrong(
                tree.place, f"a graph is a mapping; this is {tree.kind}", "start with nodes: and outputs:"
            )
            self.problems.raise_if_any()
        self._known_keys(tree, ("mezzotint", "description", "inputs", "nodes", "outputs"), "a graph")
        self._version(tree.value.get("mezzotint"))
        inputs = {
            key: self.input(key, entry, place)
            for key, entry, place in self._entries(tree, "inputs")
            if self._is_name(key, place)
        }
        nodes: dict[str, NodeSpec] = {}
        broken = set()
        for key, entry, place in self._entries(tree, "nodes"):
            if self._is_name(key, place):
                if key in inputs:
                    self.wrong(place, f"{key!r} is an input already; inputs and nodes share their names")
                parsed = self.node(key, entry, place)
                if parsed is None:
                    broken.add(key)
                else:
                    nodes[key] = parsed
        outputs = {}
        for key, entry, place in self._entries(tree, "outputs"):
            if self._is_name(key, place):
                before = len(self.problems)
                expression = self.expression(entry)
                if isinstance(expression, Reference):
                    outputs[key] = expression
                elif len(self.problems) == before:
                    what = f"output {key!r} is {entry.kind}, not a reference"
                    self.wrong(entry.place, what, "write $name of a node")
        for section in ("nodes", "outputs"):
            if section not in tree.value or tree.value[section].value in (None, {}):
                place = tree.key_places.get(section, tree.place)
                self.wrong(place, f"the graph has no {section}", f"add {section}: with at least one entry")
        description = (self._text(tree.value, "description") or "").strip()
        found = tuple(self.problems.sorted())
        return GraphSpec(tree.place, name, description, inputs, nodes, outputs, found, frozenset(broken))

    def _version(self, tree: Tree | None) -> None:
        if tree is None or (type(tree.value) is int and tree.value == LANGUAGE_VERSION):
            return
        self.wrong(
            tree.place,
            f"this is language version {tree.kind}; this release reads version {LANGUAGE_VERSION}",
            f"write mezzotint: {LANGUAGE_VERSION}, or install a release that reads it",
        )

    def _entries(self, tree: Tree, section: str) -> list[tuple[str, Tree, Place]]:
        part = tree.value.get(section)
        if part is None or part.value is None:
            return []
        if not part.is_mapping:
            self.wrong(part.place, f"{section}: is {part.kind}; it is a mapping of names")
            return []
        return [(key, entry, part.key_places.get(key, entry.place)) for key, entry in part.value.items()]

    def _is_name(self, name: str, place: Place) -> bool:
        if _NAME.fullmatch(name):
            return True
        rule = "a name is at most 100 letters, digits and _, and doesn't start with a digit"
        self.wrong(place, f"{show(name)} is not a name", rule)
        return False

    def _known_keys(self, tree: Tree, known: tuple[str, ...], what: str) -> None:
        for key in tree.value:
            if key not in known:
                self.wrong(
                    tree.key_places.get(key, tree.place), f"{what} has no {show(key)}", nearest(key, known)
                )

    # Inputs

    def input(self, name: str, tree: Tree, place: Place) -> InputSpec:
        if not tree.is_mapping:
            return InputSpec(name, place, default=tree)
        if tree.value and not set(tree.value) & set(_INPUT_KEYS):
            hint = "for a default that is itself a mapping write {value: {…}}"
            if set(tree.value) & set(_SOURCES):
                hint = f"for an axis write {{each: {{{next(iter(tree.value))}: …}}}}"
            close = nearest(next(iter(tree.value)), _INPUT_KEYS)
            hint = f"{close}; {hint}" if close.startswith("did") else hint
            keys = ", ".join(_INPUT_KEYS)
            self.wrong(tree.place, f"input {name!r} is {tree.kind}, which has none of {keys}", hint)
            return InputSpec(name, place)
        self._known_keys(tree, _INPUT_KEYS, f"input {name!r}")
        entries: dict[str, Tree] = tree.value
        spec = InputSpec(
            name,
            place,
            default=entries.get("value"),
            each=self.each(entries["each"]) if "each" in entries else None,
            per=self._text(entries, "per"),
            type=self._text(entries, "type"),
            help=self._text(entries, "help") or "",
            minimum=self._number(entries, "min"),
            maximum=self._number(entries, "max"),
            interface=self._interface(entries["graph"]) if "graph" in entries else None,
            per_place=entries["per"].place if "per" in entries else None,
        )
        if "each" in entries and "value" in entries:
            self.wrong(place, f"input {name!r} has both a value and each", "give one of them")
        if spec.per_place and "each" not in entries:
            self.wrong(spec.per_place, f"input {name!r} has per without each", "write {each: …, per: …}")
        if spec.interface is not None:
            for key in entries:
                if key not in ("graph", "value", "help"):
                    self.wrong(
                        tree.key_places.get(key, place), f"an open graph takes no {key}:", f"remove {key}:"
                    )
            return replace(spec, default=self._graph_file(spec.default))
        spec = self._bounds(spec, entries)
        return replace(spec, per=spec.per.removeprefix("$")) if spec.per else spec

    def _bounds(self, spec: InputSpec, entries: Mapping[str, Tree]) -> InputSpec:
        """The input without a type or bounds that mean nothing."""
        if spec.type is not None and spec.type not in INPUT_TYPES:
            self.wrong(entries["type"].place, f"no type {show(spec.type)}", nearest(spec.type, INPUT_TYPES))
            return replace(spec, type=None, minimum=None, maximum=None)
        bounded = spec.minimum is not None or spec.maximum is not None
        if bounded and spec.type not in (None, "integer", "number"):
            place = entries["min" if spec.minimum is not None else "max"].place
            self.wrong(place, f"input {spec.name!r} is of type {spec.type}, which has no bounds")
            return replace(spec, minimum=None, maximum=None)
        if spec.minimum is not None and spec.maximum is not None and not spec.minimum <= spec.maximum:
            self.wrong(entries["min"].place, f"min: is above max: of input {spec.name!r}, so nothing fits")
            return replace(spec, minimum=None, maximum=None)
        return spec

    def _interface(self, tree: Tree) -> Interface:
        if not tree.is_mapping:
            self.wrong(tree.place, f"graph: is {tree.kind}", _OPEN_HINT)
            return Interface((), ())
        self._known_keys(tree, ("inputs", "outputs"), "an open graph")
        return Interface(self._names(tree, "inputs"), self._names(tree, "outputs"))

    def _names(self, tree: Tree, key: str) -> tuple[str, ...]:
        part = tree.value.get(key)
        if part is None or not part.is_list or not all(isinstance(entry.value, str) for entry in part.value):
            self.wrong((part or tree).place, f"{key} of an open graph is a list of names", _OPEN_HINT)
            return ()
        return tuple(entry.value for entry in part.value if self._is_name(entry.value, entry.place))

    def _graph_file(self, tree: Tree | None) -> Tree | None:
        """The file that fills an open graph, relative to the folder of the file that names it."""
        path = None if tree is None else self._path(tree, "value")
        return None if tree is None or path is None else Tree(str(path), tree.place)

    def _path(self, tree: Tree, key: str) -> Path | None:
        if not isinstance(tree.value, str) or not tree.value:
            self.wrong(tree.place, f"{key}: is {tree.kind}; it is a path")
            return None
        if "\0" in tree.value:
            self.wrong(tree.place, f"{key}: {show(tree.value)} is not the name of a file")
            return None
        return self.folder / tree.value

    def each(self, tree: Tree) -> Each | None:
        """Where the values of an axis come from; None for what can't be understood."""
        place = tree.place
        if tree.is_list:
            return Each(place, values=tuple(tree.value))
        if not tree.is_mapping:
            self.wrong(place, f"each: is {tree.kind}", _EACH_HINT)
            return None
        entries: dict[str, Tree] = tree.value
        self._known_keys(tree, (*_SOURCES, "column", "match", "limit"), "each:")
        given = [source for source in _SOURCES if source in entries]
        if len(given) != 1:
            self.wrong(place, f"each: has {' and '.join(given) or 'no source'}", _EACH_HINT)
            return None
        for extra, owner in (("column", "file"), ("match", "folder")):
            if extra in entries and given[0] != owner:
                self.wrong(entries[extra].place, f"{extra}: goes with {owner}:, not with {given[0]}:")
        source = entries[given[0]]
        limit = self._count(entries, "limit")
        if given[0] == "range":
            count = self._count(entries, "range")
            return None if count is None else Each(source.place, count=count, limit=limit)
        if given[0] == "zip":
            return self._zip(source, place, limit)
        path = self._path(source, given[0])
        if path is None:
            return None
        if given[0] == "file":
            return Each(source.place, file=path, column=self._text(entries, "column"), limit=limit)
        return Each(source.place, folder=path, match=self._text(entries, "match") or "*", limit=limit)

    def _zip(self, tree: Tree, place: Place, limit: int | None) -> Each | None:
        if not tree.is_mapping or not tree.value:
            self.wrong(tree.place, f"zip: is {tree.kind}", "write {zip: {a: […], b: […]}}")
            return None
        parts = {key: self.each(entry) for key, entry in tree.value.items()}
        known = {key: part for key, part in parts.items() if part is not None}
        return Each(place, zip=known, limit=limit) if len(known) == len(parts) else None

    def _text(self, entries: Mapping[str, Tree], key: str) -> str | None:
        text: str | None = self._typed(entries, key, str, "text")
        return text

    def _number(self, entries: Mapping[str, Tree], key: str) -> float | None:
        number: float | None = self._typed(entries, key, (int, float), "a number")
        return number

    def _count(self, entries: Mapping[str, Tree], key: str) -> int | None:
        count: int | None = self._typed(entries, key, int, "a whole number")
        if count is not None and not 1 <= count <= MAX_AXIS:
            self.wrong(entries[key].place, f"{key}: is {show(count)}; it goes from 1 to {MAX_AXIS:,}")
            return None
        return count

    def _typed(self, entries: Mapping[str, Tree], key: str, kind: Any, words: str) -> Any:
        tree = entries.get(key)
        if tree is None:
            return None
        if not isinstance(tree.value, kind) or isinstance(tree.value, bool):
            self.wrong(tree.place, f"{key}: is {tree.kind}; it is {words}")
            return None
        return tree.value

    # Nodes

    def node(self, name: str, tree: Tree, place: Place) -> NodeSpec | None:
        if not tree.is_mapping or "use" not in tree.value:
            what = "has no use:" if tree.is_mapping else f"is {tree.kind}"
            hint = "write {use: NODE_TYPE, …}; `mezzotint nodes` lists them"
            self.wrong(place, f"node {name!r} {what}", hint)
            if tree.is_mapping:
                for key, value in tree.value.items():
                    if key not in RESERVED:
                        self.expression(value)
            return None
        entries: dict[str, Tree] = dict(tree.value)
        use = entries.pop("use")
        fields = {
            key: self.expression(value)
            for key, value in entries.items()
            if key not in RESERVED and not (key == "file" and use.value == "graph")
        }
        if not isinstance(use.value, str) or not use.value:
            self.wrong(use.place, f"use: is {use.kind}; it is the name of a node type")
            return None
        type_name, version = self._pinned(use)
        spec = NodeSpec(name, place, type_name, use.place, version)
        if type_name == "graph":
            file = entries.pop("file", None)
            if file is None:
                self.wrong(use.place, f"node {name!r} uses a graph but names no file", "add file: other.yaml")
                return None
            path = self._path(file, "file")
            if path is None:
                return None
            spec = replace(spec, file=path)
        elif type_name.startswith("$"):
            spec = replace(spec, generator=type_name[1:])
        if spec.file is not None or spec.generator is not None:
            self._only_fields(spec, tree)
        keep = self._text(entries, "keep")
        if keep is not None and keep not in ("none", "memory", "disk"):
            self.wrong(entries["keep"].place, f"keep: is {show(keep)}", "it is one of none, memory, disk")
        return replace(
            spec,
            over=self._over(entries.get("over")),
            by=self._by(entries.get("by")),
            keep=keep,
            note=self._text(entries, "note") or "",
            fields=fields,
            key_places={key: tree.key_places.get(key, place) for key in tree.value if key != "use"},
        )

    def _only_fields(self, spec: NodeSpec, tree: Tree) -> None:
        """A graph used as a node has inputs, but nothing of its own to reduce, keep or pin."""
        for word in ("over", "by", "keep"):
            if word in tree.value:
                what = f"node {spec.name!r} is a graph, which takes no {word}:"
                self.wrong(tree.key_places.get(word, spec.place), what, f"write {word}: at a node inside it")
        if spec.version is not None:
            self.wrong(spec.use_place, "a graph has no version to pin", f"write use: {spec.use}")

    def _pinned(self, use: Tree) -> tuple[str, int | None]:
        name, at, version = str(use.value).partition("@")
        if not at:
            return name, None
        if not (version.isascii() and version.isdecimal() and len(version) < 10):
            self.wrong(use.place, f"{show(use.value)} pins the version {show(version)}", f"write {name}@1")
            return name, None
        return name, int(version)

    def _over(self, tree: Tree | None) -> tuple[tuple[str, Place], ...]:
        if tree is None:
            return ()
        hint = "write over: seed or over: [prompt, seed]"
        if tree.is_list and not tree.value:
            self.wrong(tree.place, "over: is an empty list", hint)
        names: dict[str, Place] = {}
        for entry in tree.value if tree.is_list else [tree]:
            if not isinstance(entry.value, str):
                self.wrong(entry.place, f"over: holds {entry.kind}; it names inputs", hint)
                continue
            name = entry.value.removeprefix("$")
            if name in names:
                self.wrong(entry.place, f"over: names {show(name)} twice")
            names.setdefault(name, entry.place)
        return tuple(names.items())

    def _by(self, tree: Tree | None) -> Reference | None:
        if tree is None:
            return None
        match = isinstance(tree.value, str) and _REFERENCE.fullmatch("$" + tree.value.removeprefix("$"))
        if not match:
            self.wrong(tree.place, f"by: is {tree.kind}", "name an input or a column: by: row.category")
            return None
        return Reference(match.group(1), match.group(2), tree.place)

    def expression(self, tree: Tree) -> Expression:
        if isinstance(tree.value, str):
            return self._parse_text(tree.value, tree.place)
        if tree.is_list:
            items = [self.expression(entry) for entry in tree.value]
            references = tuple(item for item in items if isinstance(item, Reference))
            if references and len(references) == len(items):
                return References(references, tree.place)
            for item in items:
                if not isinstance(item, Literal):
                    self.wrong(item.place, "a list is either all references or all plain values")
            return Literal([item.value for item in items if isinstance(item, Literal)], tree.place)
        if tree.is_mapping:
            values = {key: self.expression(entry) for key, entry in tree.value.items()}
            for item in values.values():
                if not isinstance(item, Literal):
                    self.wrong(item.place, "a reference can't stand inside a mapping")
            return Literal({k: v.value for k, v in values.items() if isinstance(v, Literal)}, tree.place)
        return Literal(tree.value, tree.place)

    def _parse_text(self, text: str, place: Place) -> Expression:
        whole = _REFERENCE.fullmatch(text)
        if whole:
            return Reference(whole.group(1), whole.group(2), place)
        parts: list[str | Reference] = []
        end = 0
        lone: int | None = None
        for match in _IN_TEMPLATE.finditer(text):
            parts.append(text[end : match.start()])
            end = match.end()
            if match.group() == "$$":
                parts.append("$")
            elif match.group(1):
                parts.append(Reference(match.group(1), match.group(2), place))
            else:
                lone = match.start() if lone is None else lone
        if lone is not None:
            self._lone_dollar(text, lone, place)
        parts.append(text[end:])
        if not any(isinstance(part, Reference) for part in parts):
            return Literal("".join(str(part) for part in parts), place)
        return Template(tuple(part for part in parts if part != ""), place)

    def _lone_dollar(self, text: str, at: int, place: Place) -> None:
        word = re.match(r"\$\{?\s*([A-Za-z_]\w*(?:\.\w+)?)", text[at : at + 200])
        hint = "write $$ for a dollar sign"
        if word:
            hint = f"write ${{{word.group(1)}}} for a reference inside text, $$ for a dollar sign"
        around = text if len(text) <= 60 else f"…{text[max(at - 25, 0) : at + 25]}…"
        self.wrong(place, f"a lone '$' in {around!r}", hint)


def override(spec: GraphSpec, settings: Mapping[str, InputSpec]) -> GraphSpec:
    """The graph with values from outside put in.

    A setting named as an input replaces that input; one named ``node.option`` sets that field of the node,
    by way of an added input of that very name, so that it may be an axis. GraphError names what is unknown.
    """
    inputs, nodes = dict(spec.inputs), dict(spec.nodes)
    problems = Problems()
    for name, given in settings.items():
        node, dot, option = name.partition(".")
        if name in inputs:
            inputs[name] = _replaced(inputs[name], given, problems)
        elif dot and node in nodes and option not in (*RESERVED, "file"):
            inputs[name] = given
            fields = {**nodes[node].fields, option: Reference(name, None, given.place)}
            places = {**nodes[node].key_places, option: given.place}
            nodes[node] = replace(nodes[node], fields=fields, key_places=places)
        elif dot and node in nodes:
            problems.add(
                given.place, f"{option}: of {node!r} can't be set from outside", "edit the graph file"
            )
        elif dot and node not in spec.broken:
            problems.add(given.place, f"the graph has no node {show(node)}", nearest(node, nodes))
        elif name in nodes:
            problems.add(given.place, f"{name!r} is a node", f"name one of its options: {name}.option=…")
        elif not dot:
            hint = nearest(name, spec.inputs) or "it has no inputs"
            problems.add(given.place, f"the graph has no input {show(name)}", hint)
    problems.raise_if_any()
    return replace(spec, inputs=inputs, nodes=nodes)


def _replaced(old: InputSpec, given: InputSpec, problems: Problems) -> InputSpec:
    """An input given anew, which keeps what the graph says of it."""
    if old.interface is not None and given.each is not None:
        problems.add(
            given.place, f"{old.name!r} is an open graph, so it can't be an axis", "give it one file"
        )
    keeps_per = given.per is None and given.each is not None
    return replace(
        given,
        type=given.type or old.type,
        help=given.help or old.help,
        minimum=old.minimum,
        maximum=old.maximum,
        interface=old.interface,
        per=old.per if keeps_per else given.per,
        per_place=old.per_place if keeps_per else given.per_place,
    )
