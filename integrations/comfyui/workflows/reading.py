"""Reads a workflow from a JSON file in the API format, or from a picture that carries one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....graphs.problem import GraphError, Place, Problems, fail, nearest, show
from ....graphs.source import Tree, open_regular
from .json_text import read_json
from .workflow import Link, Value, Workflow, WorkflowNode

MAX_BYTES = 16 << 20
MAX_NODES = 10_000
EXPORT = "in ComfyUI: Workflow > Export (API)"
#: How files of pictures begin.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


def read_workflow(path: Path) -> Workflow:
    """The workflow in a file; GraphError says, with the place, what is wrong with it."""
    place = Place(str(path))
    try:
        data = open_regular(path, MAX_BYTES)
    except IsADirectoryError:
        raise fail(place, "this is a folder, not a workflow", EXPORT) from None
    except FileNotFoundError:
        raise fail(place, "no such file") from None
    except OSError as error:
        raise fail(place, f"can't be read: {error.strerror}") from None
    if data.startswith(_PICTURES):
        return parse_workflow(_carried(path), str(path), in_picture=True)
    if len(data) > MAX_BYTES:
        raise fail(place, f"the file has over {MAX_BYTES >> 20} MB; no workflow is that large", EXPORT)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise fail(
            place, "neither a PNG, JPEG or WebP picture nor text in UTF-8", f"a workflow is JSON; {EXPORT}"
        ) from None
    return parse_workflow(text, str(path))


def parse_workflow(text: str, file: str, *, in_picture: bool = False) -> Workflow:
    """The workflow in JSON text; in a picture's text nothing has a line."""
    tree = _nodes_of(read_json(text, file, places=not in_picture))
    if len(tree.value) > MAX_NODES:
        raise fail(tree.place, f"{len(tree.value):,} nodes; {MAX_NODES:,} are the most")
    problems = Problems()
    nodes = {}
    for name, entry in tree.value.items():
        node = _node(name, entry, tree.key_places.get(name, entry.place), problems)
        if node is not None:
            nodes[name] = node
    for node in nodes.values():
        for port, link in node.links():
            if link.node not in tree.value:
                what = f"{node}: {port} comes from node {link.node}, which is not in the file"
                problems.add(link.place, what, nearest(link.node, nodes))
    problems.raise_if_any()
    return Workflow(file, _in_order(nodes))


def _carried(path: Path) -> str:
    """The workflow that a picture's file carries, as text."""
    from ....nodes.carried import read_texts

    place = Place(str(path), 0)
    try:
        texts = read_texts(path)
    except ValueError as error:
        raise fail(place, str(error)) from None
    if "prompt" in texts:
        return texts["prompt"]
    if "workflow" in texts:
        what = "this picture carries a canvas only, not the workflow that ran (its text `prompt`)"
        raise fail(place, what, f"open the picture and export what runs; {EXPORT}")
    if "mezzotint" in texts:
        hint = f"`mezzotint show {path}` shows that graph, `mezzotint run {path}` draws it again"
        raise fail(place, "this picture carries a graph of mezzotint's, not a workflow of ComfyUI's", hint)
    if "parameters" in texts:
        what = (
            "this picture comes from AUTOMATIC1111's web UI or one like it: it carries settings, no workflow"
        )
        raise fail(place, what, "write them into a graph, or draw it in ComfyUI")
    what = "this picture carries no workflow: ComfyUI writes one, but what edits or sends pictures drops it"
    raise fail(place, what, f"convert the file of the workflow; {EXPORT}")


def _nodes_of(tree: Tree) -> Tree:
    """The mapping of nodes, which a body for ComfyUI's /prompt wraps in another."""
    if not tree.is_mapping:
        what = f"a workflow is a mapping of nodes by id; this is {tree.kind}"
        raise fail(tree.place, what, EXPORT)
    wrapped = tree.value.get("prompt")
    if isinstance(wrapped, Tree) and wrapped.is_mapping and "class_type" not in wrapped.value:
        tree = wrapped
    entries: Mapping[str, Tree] = tree.value
    listed = entries.get("nodes")
    if listed is not None and listed.is_list:
        what = "this is a canvas: it has the places of nodes, and their settings by position"
        raise fail(tree.place, what, f"export what runs instead; {EXPORT}")
    if not entries:
        raise fail(tree.place, "the workflow has no nodes", EXPORT)
    if not any(entry.is_mapping and "class_type" in entry.value for entry in entries.values()):
        raise fail(tree.place, f"this is JSON, but no workflow: {show(tree.plain())}", EXPORT)
    return tree


def _node(name: str, tree: Tree, place: Place, problems: Problems) -> WorkflowNode | None:
    if not tree.is_mapping:
        problems.add(place, f"node {show(name)} is {tree.kind}", "it has class_type and inputs")
        return None
    entries: Mapping[str, Tree] = tree.value
    kind, inputs = entries.get("class_type"), entries.get("inputs")
    if kind is None or not isinstance(kind.value, str):
        problems.add(place, f"node {show(name)} has no class_type", "it names the node's class in text")
        return None
    if inputs is None or not inputs.is_mapping:
        what = f"node {show(name)} ({kind.value}) has no inputs" if inputs is None else (
            f"inputs of node {show(name)} ({kind.value}) is {inputs.kind}")  # fmt: skip
        problems.add(place if inputs is None else inputs.place, what, "inputs is a mapping by name")
        return None
    given = {port: _input(entry) for port, entry in inputs.value.items()}
    return WorkflowNode(name, kind.value, given, place, _title(entries.get("_meta")))


def _title(tree: Tree | None) -> str:
    title = tree.value.get("title") if tree is not None and tree.is_mapping else None
    return title.value if title is not None and isinstance(title.value, str) else ""


def _input(tree: Tree) -> Link | Value:
    """A link, or the value of a widget; a list that is no link is wrapped in ``__value__``."""
    if tree.is_list and len(tree.value) == 2:
        node, output = (entry.value for entry in tree.value)
        if isinstance(node, (str, int)) and not isinstance(node, bool) and _is_whole(output):
            return Link(str(node), int(output), tree.place)
    if tree.is_mapping and "__value__" in tree.value:
        tree = tree.value["__value__"]
    return Value(tree.plain(), tree.place)


def _is_whole(value: Any) -> bool:
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def _in_order(nodes: Mapping[str, WorkflowNode]) -> dict[str, WorkflowNode]:
    """The nodes, each after those that it takes from, else as in the file; GraphError for a cycle."""
    order: dict[str, WorkflowNode] = {}
    for first in nodes:
        # Against the stream, from each node on the way the links that weren't followed yet.
        path = {} if first in order else {first: nodes[first].links()}
        while path:
            name, links = next(reversed(path.items()))
            ahead = next((link.node for _, link in links if link.node not in order), None)
            if ahead is None:
                order[name] = nodes[name]
                del path[name]
            elif ahead in path:
                raise _cycle(nodes, [*path][[*path].index(ahead) :])
            else:
                path[ahead] = nodes[ahead].links()
    return order


def _cycle(nodes: Mapping[str, WorkflowNode], loop: list[str]) -> GraphError:
    """The error for nodes that are made of each other; the loop runs against the stream."""
    ahead = [*reversed(loop), loop[-1]]
    shown = ahead if len(ahead) <= 12 else [*ahead[:6], "…", *ahead[-5:]]
    what = f"a cycle: {' → '.join(shown)}"
    return fail(nodes[loop[0]].place, what, "a node can't be made of its own result")
