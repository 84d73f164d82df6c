"""What a graph file may say: inputs, nodes and outputs, with the place of everything.

Nothing is looked up here. Names are resolved in :mod:`.check`, values read in :mod:`.values`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .node import RESERVED
from .source import GraphError, Place, Problem, Tree, nearest, read_file
from .types import INPUT_TYPES

LANGUAGE_VERSION = 1
_NAME = re.compile(r"[A-Za-z_]\w*")
_REFERENCE = re.compile(r"\$([A-Za-z_]\w*)(?:\.([\w-]+))?")
_IN_TEMPLATE = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)(?:\.([^{}]+))?\}|\$")


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
    per: str | None = None
    type: str | None = None
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    interface: Interface | None = None


@dataclass(frozen=True)
class NodeSpec:
    """One use of a node type, of another graph file, or of an open generator."""

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
    note: str = ""


@dataclass(frozen=True)
class GraphSpec:
    """A graph file as written. ``problems`` is what could not be understood, ``broken`` the names it took along."""

    place: Place
    name: str
    description: str
    inputs: Mapping[str, InputSpec]
    nodes: Mapping[str, NodeSpec]
    outputs: Mapping[str, Reference]
    problems: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()


def read_spec(path: Path) -> GraphSpec:
    """Read a graph file; GraphError where it isn't YAML, or no mapping, so that nothing can be said of the rest."""
    return parse_spec(read_file(path), path.stem, path.parent)


def parse_spec(tree: Tree, name: str, folder: Path) -> GraphSpec:
    """The graph in a tree; ``folder`` is what relative paths in it are relative to."""
    return _Parser(folder).graph(tree, name)


def parse_value(tree: Tree, name: str, folder: Path) -> InputSpec:
    """An input as given from outside: a plain value, or ``{each: …}``."""
    parser = _Parser(folder)
    spec = parser.input(name, tree, tree.place)
    parser.finish()
    return spec


def parse_expression(tree: Tree) -> Expression:
    """What one field of a node says."""
    parser = _Parser(Path())
    expression = parser.expression(tree)
    parser.finish()
    return expression


class _Parser:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def wrong(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place, message, hint))

    def finish(self) -> None:
        if self.problems:
            raise GraphError(self.problems)

    def graph(self, tree: Tree, name: str) -> GraphSpec:
        if not tree.is_mapping:
            self.wrong(
                tree.place, f"a graph is a mapping; this is {tree.kind}", "start with nodes: and outputs:"
            )
            self.finish()
        known = ("mezzotint", "description", "inputs", "nodes", "outputs")
        self._known_keys(tree, known, "a graph")
        version = tree.value.get("mezzotint")
        if version is not None and version.value != LANGUAGE_VERSION:
            self.wrong(
                version.place,
                f"this is language version {version.kind}; this release reads version {LANGUAGE_VERSION}",
                f"write mezzotint: {LANGUAGE_VERSION}, or install a release that reads it",
            )
        inputs = {
            key: self.input(key, entry, place)
            for key, entry, place in self._entries(tree, "inputs")
            if self._is_name(key, place)
        }
        nodes = {}
        broken = set()
        for key, entry, place in self._entries(tree, "nodes"):
            if self._is_name(key, place):
                broken.add(key)
                if key in inputs:
                    self.wrong(place, f"{key!r} is an input already; inputs and nodes share their names")
                parsed = self.node(key, entry, place)
                if parsed is not None:
                    nodes[key] = parsed
        outputs = {}
        for key, entry, place in self._entries(tree, "outputs"):
            if not self._is_name(key, place):
                continue
            expression = self.expression(entry)
            if isinstance(expression, Reference):
                outputs[key] = expression
            else:
                self.wrong(
                    entry.place, f"output {key!r} is {entry.kind}, not a reference", "write $name of a node"
                )
        for section in ("nodes", "outputs"):
            if section not in tree.value or tree.value[section].value in (None, {}):
                self.wrong(
                    tree.place, f"the graph has no {section}", f"add {section}: with at least one entry"
                )
        return GraphSpec(
            tree.place,
            name,
            (self._text(tree.value, "description") or "").strip(),
            inputs,
            nodes,
            outputs,
            tuple(self.problems),
            frozenset(broken - set(nodes)),
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
        self.wrong(
            place, f"{name!r} is not a name", "names are letters, digits and _, and don't start with a digit"
        )
        return False

    def _known_keys(self, tree: Tree, known: tuple[str, ...], what: str) -> None:
        for key in tree.value:
            if key not in known:
                place = tree.key_places.get(key, tree.place)
                self.wrong(place, f"{what} has no {key!r}", nearest(key, known))

    # Inputs

    def input(self, name: str, tree: Tree, place: Place) -> InputSpec:
        keys = ("each", "per", "value", "type", "help", "min", "max", "graph")
        if not tree.is_mapping:
            return InputSpec(name, place, default=tree)
        if tree.value and not set(tree.value) & set(keys):
            self.wrong(
                tree.place,
                f"input {name!r} has none of {', '.join(keys)}",
                "for a default that is itself a mapping write {value: {…}}",
            )
            return InputSpec(name, place)
        self._known_keys(tree, keys, f"input {name!r}")
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
        )
        if spec.each and spec.default:
            self.wrong(place, f"input {name!r} has both a value and each", "give one of them")
        if spec.per and not spec.each:
            self.wrong(
                entries["per"].place, f"input {name!r} has per without each", "write {each: …, per: …}"
            )
        if spec.type is not None and spec.type not in INPUT_TYPES:
            self.wrong(entries["type"].place, f"no type {spec.type!r}", nearest(spec.type, INPUT_TYPES))
        return replace(spec, per=spec.per.removeprefix("$")) if spec.per else spec

    def _interface(self, tree: Tree) -> Interface:
        if not tree.is_mapping:
            self.wrong(
                tree.place,
                f"graph: is {tree.kind}",
                "write {graph: {inputs: [prompt, seed], outputs: [images]}}",
            )
            return Interface((), ())
        self._known_keys(tree, ("inputs", "outputs"), "an open graph")
        return Interface(self._names(tree, "inputs"), self._names(tree, "outputs"))

    def _names(self, tree: Tree, key: str) -> tuple[str, ...]:
        part = tree.value.get(key)
        if part is None or not part.is_list or not all(isinstance(entry.value, str) for entry in part.value):
            self.wrong((part or tree).place, f"{key} of an open graph is a list of names")
            return ()
        return tuple(entry.value for entry in part.value)

    def each(self, tree: Tree) -> Each:
        place = tree.place
        if tree.is_list:
            return Each(place, values=tuple(tree.value))
        sources = ("range", "file", "folder", "zip")
        if not tree.is_mapping:
            self.wrong(
                place,
                f"each: is {tree.kind}",
                "write a list, {range: n}, {file: F}, {folder: D} or {zip: {…}}",
            )
            return Each(place, values=())
        entries: dict[str, Tree] = tree.value
        self._known_keys(tree, (*sources, "column", "match", "limit"), "each:")
        given = [source for source in sources if source in entries]
        if len(given) != 1:
            self.wrong(
                place, f"each: has {' and '.join(given) or 'no source'}", f"give one of {', '.join(sources)}"
            )
            return Each(place, values=())
        for extra, owner in (("column", "file"), ("match", "folder")):
            if extra in entries and given[0] != owner:
                self.wrong(entries[extra].place, f"{extra}: goes with {owner}:, not with {given[0]}:")
        source = entries[given[0]]
        limit = self._count(entries, "limit")
        if given[0] == "range":
            return Each(source.place, count=self._count(entries, "range") or 0, limit=limit)
        if given[0] == "zip":
            if not source.is_mapping or not source.value:
                self.wrong(source.place, f"zip: is {source.kind}", "write {zip: {a: […], b: […]}}")
                return Each(place, values=())
            return Each(
                place, zip={key: self.each(entry) for key, entry in source.value.items()}, limit=limit
            )
        if not isinstance(source.value, str):
            self.wrong(source.place, f"{given[0]}: is {source.kind}; it is a path")
            return Each(place, values=())
        path = self.folder / source.value
        if given[0] == "file":
            return Each(source.place, file=path, column=self._text(entries, "column"), limit=limit)
        return Each(source.place, folder=path, match=self._text(entries, "match") or "*", limit=limit)

    def _text(self, entries: Mapping[str, Tree], key: str) -> str | None:
        text: str | None = self._typed(entries, key, str, "text")
        return text

    def _number(self, entries: Mapping[str, Tree], key: str) -> float | None:
        number: float | None = self._typed(entries, key, (int, float), "a number")
        return number

    def _count(self, entries: Mapping[str, Tree], key: str) -> int | None:
        count: int | None = self._typed(entries, key, int, "a whole number")
        if count is not None and count < 1:
            self.wrong(entries[key].place, f"{key}: is {count}; it is at least 1")
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
            self.wrong(
                place, f"node {name!r} has no use:", "write {use: NODE_TYPE, …}; `mezzotint nodes` lists them"
            )
            return None
        entries: dict[str, Tree] = dict(tree.value)
        use = entries.pop("use")
        if not isinstance(use.value, str) or not use.value:
            self.wrong(use.place, f"use: is {use.kind}; it is the name of a node type")
            return None
        type_name, version = self._pinned(use)
        spec = NodeSpec(name, place, type_name, use.place, version)
        if type_name == "graph":
            file = entries.pop("file", None)
            if file is None or not isinstance(file.value, str):
                self.wrong(use.place, f"node {name!r} uses a graph but names no file", "add file: other.yaml")
                return None
            spec = replace(spec, file=self.folder / file.value)
        elif type_name.startswith("$"):
            spec = replace(spec, generator=type_name[1:])
        keep = self._text(entries, "keep")
        if keep is not None and keep not in ("none", "memory", "disk"):
            self.wrong(entries["keep"].place, f"keep: is {keep!r}", "it is one of none, memory, disk")
        return replace(
            spec,
            over=self._over(entries.get("over")),
            by=self._by(entries.get("by")),
            keep=keep,
            note=self._text(entries, "note") or "",
            fields={key: self.expression(value) for key, value in entries.items() if key not in RESERVED},
            key_places={key: tree.key_places.get(key, value.place) for key, value in entries.items()},
        )

    def _pinned(self, use: Tree) -> tuple[str, int | None]:
        name, at, version = str(use.value).partition("@")
        if not at:
            return name, None
        if not version.isdecimal():
            self.wrong(use.place, f"{use.value!r} pins the version {version!r}", f"write {name}@1")
            return name, None
        return name, int(version)

    def _over(self, tree: Tree | None) -> tuple[tuple[str, Place], ...]:
        if tree is None:
            return ()
        entries = tree.value if tree.is_list else [tree]
        names = []
        for entry in entries:
            if isinstance(entry.value, str):
                names.append((entry.value.removeprefix("$"), entry.place))
            else:
                self.wrong(
                    entry.place,
                    f"over: holds {entry.kind}; it names inputs",
                    "write over: seed or over: [prompt, seed]",
                )
        return tuple(names)

    def _by(self, tree: Tree | None) -> Reference | None:
        if tree is None:
            return None
        match = _REFERENCE.fullmatch("$" + str(tree.value).removeprefix("$"))
        if match is None:
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
        for match in _IN_TEMPLATE.finditer(text):
            parts.append(text[end : match.start()])
            end = match.end()
            if match.group() == "$$":
                parts.append("$")
            elif match.group(1):
                parts.append(Reference(match.group(1), match.group(2), place))
            else:
                word = re.match(r"\$\{?([\w.]*)", text[match.start() :])
                name = word.group(1) if word else ""
                self.wrong(
                    place,
                    f"a lone '$' in {text!r}",
                    f"write ${{{name}}} for a reference inside text, $$ for a dollar sign"
                    if name and not name[0].isdigit()
                    else "write $$ for a dollar sign",
                )
        parts.append(text[end:])
        if not any(isinstance(part, Reference) for part in parts):
            return Literal("".join(str(part) for part in parts), place)
        return Template(tuple(part for part in parts if part != ""), place)


def override(spec: GraphSpec, settings: Mapping[str, InputSpec]) -> GraphSpec:
    """The graph with values from outside put in.

    A setting named as an input replaces that input; one named ``node.option`` sets that field of the node,
    by way of an added input of that very name, so that it may be an axis. GraphError names what is unknown.
    """
    inputs, nodes = dict(spec.inputs), dict(spec.nodes)
    problems: list[Problem] = []
    for name, given in settings.items():
        node, dot, option = name.partition(".")
        if name in inputs:
            old = inputs[name]
            inputs[name] = replace(
                given,
                type=given.type or old.type,
                help=given.help or old.help,
                minimum=old.minimum,
                maximum=old.maximum,
                interface=old.interface,
                per=given.per or (old.per if given.each else None),
            )
        elif dot and node in nodes and option not in RESERVED:
            inputs[name] = given
            fields = {**nodes[node].fields, option: Reference(name, None, given.place)}
            places = {**nodes[node].key_places, option: given.place}
            nodes[node] = replace(nodes[node], fields=fields, key_places=places)
        elif dot and node not in nodes:
            problems.append(Problem(given.place, f"the graph has no node {node!r}", nearest(node, nodes)))
        else:
            problems.append(
                Problem(
                    given.place,
                    f"the graph has no input {name!r}",
                    nearest(name, inputs) or "it has no inputs",
                )
            )
    if problems:
        raise GraphError(problems)
    return replace(spec, inputs=inputs, nodes=nodes)
