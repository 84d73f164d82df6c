"""What a graph file may say: inputs, nodes and outputs, with the place of everything.

Nothing is looked up here. Names are resolved in :mod:`.link`, values read in :mod:`.tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .expression import REFERENCE, ExpressionReader
from .grammar import (
    LANGUAGE_VERSION,
    MAX_TIMEOUT,
    Expression,
    GraphSpec,
    InputSpec,
    NodeSpec,
    Reference,
)
from .inputs import InputReader
from .node_type import RESERVED
from .problem import GraphError, Place, Problems, nearest, show
from .source import Tree, read_file

#: What stands at the top of a graph file.
GRAPH_KEYS = ("mezzotint", "description", "suite", "inputs", "nodes", "outputs")


def read_spec(path: Path) -> GraphSpec:
    """Read a graph file; GraphError where it isn't YAML, or no mapping."""
    slips = Problems()
    return parse_spec(read_file(path, slips), path.stem, path.parent, slips)


def parse_spec(tree: Tree, name: str, folder: Path, slips: Problems | None = None) -> GraphSpec:
    """The graph in a tree; ``folder`` is what relative paths in it are relative to.

    ``slips`` of the text it was read from stand among its problems.
    """
    parser = _Parser(folder)
    if slips is not None:
        parser.problems.extend(slips.sorted())
    return parser.graph(tree, name)


def parse_value(tree: Tree, name: str, folder: Path) -> InputSpec:
    """An input as given from outside: a plain value, or ``{each: …}``."""
    parser = _Parser(folder)
    spec = parser.input(name, tree, tree.place)
    parser.problems.raise_if_any()
    return spec


def parse_node(tree: Tree, name: str, folder: Path) -> NodeSpec:
    """A node as a file would say it."""
    parser = _Parser(folder)
    node = parser.node(name, tree, tree.place)
    parser.problems.raise_if_any()
    assert node is not None
    return node


def check_name(name: str, place: Place) -> None:
    """Raise GraphError for what can't be the name of an input, a node or an output."""
    parser = _Parser(Path())
    parser.is_name(name, place)
    parser.problems.raise_if_any()


def parse_expression(tree: Tree) -> Expression:
    """What one field of a node says."""
    problems = Problems()
    expression = ExpressionReader(problems).expression(tree)
    problems.raise_if_any()
    return expression


class _Parser(InputReader):
    def graph(self, tree: Tree, name: str) -> GraphSpec:
        if not tree.is_mapping:
            self.wrong(
                tree.place, f"a graph is a mapping; this is {tree.kind}", "start with nodes: and outputs:"
            )
            self.problems.raise_if_any()
        self.known_keys(tree, GRAPH_KEYS, "a graph")
        self._version(tree.value.get("mezzotint"))
        inputs = {
            key: self.input(key, entry, place)
            for key, entry, place in self._entries(tree, "inputs")
            if self.is_name(key, place)
        }
        nodes: dict[str, NodeSpec] = {}
        broken = set()
        for key, entry, place in self._entries(tree, "nodes"):
            if self.is_name(key, place):
                if key in inputs:
                    self.wrong(place, f"{key!r} is an input already; inputs and nodes share their names")
                parsed = self.node(key, entry, place)
                if parsed is None:
                    broken.add(key)
                else:
                    nodes[key] = parsed
        outputs = {}
        for key, entry, place in self._entries(tree, "outputs"):
            if self.is_name(key, place):
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
        description = (self.text(tree.value, "description") or "").strip()
        suite = self._suite(tree.value.get("suite"))
        found = tuple(self.problems.sorted())
        return GraphSpec(
            tree.place, name, description, inputs, nodes, outputs, suite, found, frozenset(broken)
        )

    def _suite(self, tree: Tree | None) -> Tree | None:
        if tree is not None and not tree.is_mapping:
            self.wrong(tree.place, f"suite: is {tree.kind}; it is a mapping", "suite: {title: …, prompts: …}")
            return None
        return tree

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
            path = self.path(file, "file")
            if path is None:
                return None
            spec = replace(spec, file=path)
        elif type_name.startswith("$"):
            spec = replace(spec, generator=type_name[1:])
        if spec.file is not None or spec.generator is not None:
            self._only_fields(spec, tree)
        keep = self.text(entries, "keep")
        if keep is not None and keep not in ("none", "memory", "disk"):
            self.wrong(entries["keep"].place, f"keep: is {show(keep)}", "it is one of none, memory, disk")
        return replace(
            spec,
            over=self._over(entries.get("over")),
            by=self._by(entries.get("by")),
            keep=keep,
            timeout=self.timeout(entries),
            note=self.text(entries, "note") or "",
            fields=fields,
            key_places={key: tree.key_places.get(key, place) for key in tree.value if key != "use"},
        )

    def _only_fields(self, spec: NodeSpec, tree: Tree) -> None:
        """A graph used as a node has inputs, but nothing of its own to reduce, keep or pin."""
        for word in ("over", "by", "keep", "timeout"):
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

    def timeout(self, entries: Mapping[str, Tree]) -> float | None:
        seconds = self.number(entries, "timeout")
        if seconds is not None and not 0 < seconds <= MAX_TIMEOUT:
            hint = f"it is a number of seconds for each call, above 0 and up to {MAX_TIMEOUT:,}"
            self.wrong(entries["timeout"].place, f"timeout: is {show(seconds)}", hint)
            return None
        return seconds

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
        match = isinstance(tree.value, str) and REFERENCE.fullmatch("$" + tree.value.removeprefix("$"))
        if not match:
            self.wrong(tree.place, f"by: is {tree.kind}", "name an input or a column: by: row.category")
            return None
        return Reference(match.group(1), match.group(2), tree.place)


def override(spec: GraphSpec, settings: Mapping[str, InputSpec]) -> GraphSpec:
    """The graph with values from outside put in.

    A setting named as an input replaces that input; one named ``node.option`` sets that field of the node,
    by way of an added input of that very name, so that it may be an axis. ``node.timeout`` sets the timeout
    of the node, and ``generator.name`` whatever ``name`` sets in the graph that fills the open graph
    ``generator``. GraphError names what is unknown.
    """
    inputs, nodes = dict(spec.inputs), dict(spec.nodes)
    problems = Problems()
    inside: dict[str, dict[str, InputSpec]] = {}
    for name, given in settings.items():
        node, dot, option = name.partition(".")
        if name in inputs:
            inputs[name] = _replaced(inputs[name], given, problems)
        elif dot and node in inputs and inputs[node].interface is not None:
            inside.setdefault(node, {})[option] = replace(given, name=option)
        elif dot and node in nodes and option not in (*RESERVED, "file"):
            inputs[name] = given
            fields = {**nodes[node].fields, option: Reference(name, None, given.place)}
            places = {**nodes[node].key_places, option: given.place}
            nodes[node] = replace(nodes[node], fields=fields, key_places=places)
        elif dot and node in nodes and option == "timeout":
            nodes[node] = _with_timeout(nodes[node], given, problems)
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
    for name, settings_inside in inside.items():
        inputs[name] = _filled(inputs[name], settings_inside, problems)
    problems.raise_if_any()
    return replace(spec, inputs=inputs, nodes=nodes)


def _filled(opened: InputSpec, settings: Mapping[str, InputSpec], problems: Problems) -> InputSpec:
    """An open graph with values put into the graph that fills it."""
    assert opened.interface is not None
    for name, given in settings.items():
        if name in opened.interface.inputs:
            hint = f"{opened.name!r} gets it from the graph around it"
            problems.add(given.place, f"{opened.name}.{name} can't be set from outside", hint)
        elif opened.default is None:
            hint = f"give the graph first: {opened.name}=graph.yaml"
            problems.add(given.place, f"the open graph {opened.name!r} is not given", hint)
    path = opened.default.value if opened.default is not None else None
    if len(problems) or not isinstance(path, str):
        return opened
    try:
        return replace(opened, filled=override(opened.filled or read_spec(Path(path)), settings))
    except GraphError as error:
        problems.extend(error.problems)
        return opened


def _with_timeout(node: NodeSpec, given: InputSpec, problems: Problems) -> NodeSpec:
    """A node with another timeout, checked as in a file: it is no value, and so no axis."""
    if node.file is not None or node.generator is not None:
        what = f"node {node.name!r} is a graph, which takes no timeout:"
        problems.add(given.place, what, "edit the graph file: write timeout: at a node inside it")
    if given.default is None:
        hint = "give it one number of seconds"
        problems.add(given.place, f"timeout: of {node.name!r} can't be an axis", hint)
        return node
    parser = _Parser(Path())
    seconds = parser.timeout({"timeout": given.default})
    problems.extend(parser.problems.sorted())
    return replace(node, timeout=seconds)


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
    )
