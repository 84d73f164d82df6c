"""A workflow as a graph: node by node, and everything without an equal at once."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....graphs.node_type import NodeType
from ....graphs.problem import GraphError, Problem, Problems, fail, nearest
from ....graphs.registry import Registry
from ....graphs.yaml_text import graph_text
from .conversion import Conversion
from .from_stock import CONVERTERS
from .models_folder import ModelsFolder
from .our_nodes import convert, our_types, shows
from .prompts import plain_text
from .samplers import our_scheduler, our_spacing
from .sets import Sets
from .stock import STOCK, WITHOUT_EQUAL, place_of, widget, with_values_typed_in
from .workflow import Link, Workflow, WorkflowNode

_WIDTH = 100


@dataclass(frozen=True)
class ConvertedGraph:
    """A graph in plain data, and in words what differs from the workflow that it was."""

    graph: Mapping[str, Any]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text of its file; the notes are comments in front."""
        lines = [line for note in self.notes for line in textwrap.wrap(note, _WIDTH)]
        return "".join(f"# {line}\n" for line in lines) + graph_text(self.graph)


def to_graph(
    workflow: Workflow, registry: Registry, models: Path | None = None, beside: Path | None = None
) -> ConvertedGraph:
    """Convert a workflow; GraphError lists every node that has no equal, by its id and class.

    ``models`` is ComfyUI's folder of that name, in which files are looked for; ``beside`` is the folder that
    the graph is written to, where pictures are looked for without it.
    """
    ours = our_types(registry)
    workflow = with_values_typed_in(workflow)
    wanted = workflow.leading_to(
        node.id for node in workflow.nodes.values() if _is_shown(node.class_type, ours)
    )
    if not wanted:
        _no_result(workflow, ours)
    nodes = {name: node for name, node in workflow.nodes.items() if name in wanted}
    workflow = Workflow(workflow.file, nodes)
    problems = Problems()
    for node in nodes.values():
        if node.class_type not in ours and node.class_type not in CONVERTERS:
            problems.extend([_without_equal(node, ours)])
    problems.raise_if_any()
    for node in nodes.values():
        problems.extend(_typed_wrong(node))
    try:
        sets = Sets(workflow, ours)
    except GraphError:
        problems.raise_if_any()
        raise
    to = Conversion(workflow, registry, sets, ModelsFolder(models, beside))
    failed: set[str] = set()
    for node in nodes.values():
        if any(link.node in failed for _, link in node.links()):
            failed.add(node.id)
            continue
        try:
            declared = ours.get(node.class_type)
            made = CONVERTERS[node.class_type](to, node) if declared is None else convert(to, node, declared)
        except GraphError as error:
            problems.extend(error.problems)
            failed.add(node.id)
            continue
        to.made.update({(node.id, index): one for index, one in enumerate(made)})
    problems.raise_if_any()
    if to.models.guessed:
        names = ", ".join(dict.fromkeys(to.models.guessed))
        to.note(f"Looked for beside this file, unless --models says where ComfyUI has them: {names}.")
    return ConvertedGraph(to.draft.graph(f"Converted from {Path(workflow.file).name}."), tuple(to.notes))


def _is_shown(class_type: str, ours: Mapping[str, NodeType]) -> bool:
    if class_type in ours:
        return shows(ours[class_type])
    return class_type in STOCK and STOCK[class_type].shows


def _typed_wrong(node: WorkflowNode) -> Iterator[Problem]:
    """What is wrong with what was typed into a stock node, whatever it is wired to."""
    for name in STOCK[node.class_type].widgets if node.class_type in STOCK else ():
        if name == "text" and isinstance(node.inputs.get(name), Link):
            continue
        try:
            value = widget(node, name)
        except GraphError as error:
            yield from error.problems
            continue
        try:
            _EQUALS.get(name, str)(value)
        except ValueError as error:
            yield Problem(place_of(node, name), f"{node}: {name} can't be kept", str(error))


#: By the name of a widget, what raises ValueError for values without an equal.
_EQUALS: Mapping[str, Callable[[Any], object]] = {
    "text": plain_text,
    "sampler_name": our_scheduler,
    "scheduler": our_spacing,
}


def _without_equal(node: WorkflowNode, ours: Mapping[str, NodeType]) -> Problem:
    is_graph = node.class_type.startswith("Mezzotint.graph.")
    known = WITHOUT_EQUAL.get("Mezzotint.run_graph" if is_graph else node.class_type)
    close = nearest(node.class_type, [*STOCK, *ours])
    hint = known or (close if close.startswith("did") else "remove it, or replace it by a node that has one")
    return Problem(node.place, f"{node} has no equal", hint)


def _no_result(workflow: Workflow, ours: Mapping[str, NodeType]) -> None:
    """GraphError for a workflow without a node that it is run for; other people's may be one."""
    strange = [
        node
        for node in workflow.nodes.values()
        if node.class_type not in STOCK and node.class_type not in ours
    ]
    if strange:
        raise GraphError([_without_equal(node, ours) for node in strange])
    place = next(iter(workflow.nodes.values())).place
    raise fail(place, "nothing in this workflow is saved or shown", "end it in a SaveImage")
