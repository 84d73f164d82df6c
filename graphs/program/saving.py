"""Saving a graph: what it names is found from the file, and graphs in memory become files beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..grammar import Expression, GraphSpec, InputSpec, Literal, NodeSpec
from ..located import beside
from ..problem import Place, fail
from ..registry import Registry
from ..source import MAX_BYTES, Tree, read_text
from ..spec import parse_spec, read_spec
from ..spelling import spell
from ..store import write_atomically
from .face import FaceInput, face_inputs


def save(spec: GraphSpec, registry: Registry, path: Path) -> GraphSpec:
    """Write a graph to a file; the graph as it is read from there.

    GraphError for what no file can say, and where a file lies in the way of a graph in memory.
    """
    texts: dict[Path, str] = {}
    _prepare(spec, registry, path, texts)
    for file, text in texts.items():
        _require_readable(text, file)
        if file != path and file.exists() and file.read_bytes() != text.encode():
            what = f"there is another file {file}, where the graph {file.stem!r} would lie beside {path.name}"
            raise fail(
                Place(str(path), 0), what, "name the graph otherwise, as_node(name=…), or save it first"
            )
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, text.encode())
    return read_spec(path)


def _require_readable(text: str, file: Path) -> None:
    """Raise GraphError for text that is no graph file: too large, or too deep."""
    size = len(text.encode())
    if size > MAX_BYTES:
        what = f"the graph would have {size / 1e6:.1f} MB; a graph file has at most {MAX_BYTES / 1e6:.0f} MB"
        raise fail(
            Place(str(file), 0), what, 'put long lists in a file of their own: each(file="prompts.txt")'
        )
    parse_spec(read_text(text, str(file)), file.stem, file.parent)


def _prepare(spec: GraphSpec, registry: Registry, path: Path, texts: dict[Path, str]) -> None:
    """The text of a file, and those of the graphs in it that are in memory only."""
    nodes = dict(spec.nodes)
    files: dict[int, Path] = {}
    for name, node in spec.nodes.items():
        if node.graph is None:
            continue
        file = files.get(id(node.graph)) or _free(path.parent, node.graph.name, {path, *texts})
        if id(node.graph) not in files:
            files[id(node.graph)] = file
            texts[file] = ""  # takes the name
            _prepare(node.graph, registry, file, texts)
        nodes[name] = replace(node, file=file, graph=None)
    written = with_paths(replace(spec, nodes=nodes), registry, path.parent)
    texts[path] = spell(written, path.parent)


def _free(folder: Path, stem: str, taken: set[Path]) -> Path:
    number, file = 1, folder / f"{stem}.yaml"
    while file in taken:
        number += 1
        file = folder / f"{stem}_{number}.yaml"
    return file


def with_paths(spec: GraphSpec, registry: Registry, folder: Path | None = None) -> GraphSpec:
    """The graph with text that leads to a file as a path, where it stands elsewhere than in ``folder``.

    In a field that names files, text is looked for beside the code or the file that says it. Written into
    another folder, it would lead elsewhere.
    """
    folder = Path(spec.place.file).parent if folder is None else folder
    faces = face_inputs(spec, registry)
    inputs = {name: _input(given, faces[name], folder) for name, given in spec.inputs.items()}
    nodes = {name: _node(node, registry, folder) for name, node in spec.nodes.items()}
    return replace(spec, inputs=inputs, nodes=nodes)


def _input(given: InputSpec, face: FaceInput, folder: Path) -> InputSpec:
    if not face.names_files:
        return given
    words = any(port.type.reads_files for port in face.ports) or any(
        option.content is not None and option.content.names_files for option in face.options
    )

    def found(tree: Tree) -> Tree:
        return replace(tree, value=_found(tree.value, tree.place, folder, words))

    if given.default is not None:
        given = replace(given, default=found(given.default))
    if given.each is not None and given.each.values is not None:
        given = replace(given, each=replace(given.each, values=tuple(map(found, given.each.values))))
    return given


def _node(node: NodeSpec, registry: Registry, folder: Path) -> NodeSpec:
    if node.file is not None or node.use not in registry:
        return node
    declared = registry[node.use]
    fields: dict[str, Expression] = dict(node.fields)
    for key, field in node.fields.items():
        port, option = declared.port(key), declared.option(key)
        words = port is not None and port.type.reads_files
        names_files = words or (port is not None and port.type.names_files)
        if option is not None and option.content is not None:
            names_files, words = True, option.content.names_files
        if names_files and isinstance(field, Literal):
            fields[key] = replace(field, value=_found(field.value, field.place, folder, words))
    return replace(node, fields=fields)


def _found(value: object, place: Place, folder: Path, words: bool) -> object:
    """Text that leads to a file, as a path that leads there from anywhere; anything else as it is."""
    home = Path(place.file).parent
    if not isinstance(value, str) or home == folder or not (words or "/" in value):
        return value
    path = Path(beside(value, home, words))
    try:
        return path.absolute() if path.exists() else value
    except OSError:  # too long for a path
        return value


def in_memory(nodes: Mapping[str, NodeSpec]) -> list[str]:
    """The files that a graph names and that aren't there before it is saved."""
    return list(dict.fromkeys(str(node.file) for node in nodes.values() if node.graph is not None))
