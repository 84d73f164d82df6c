"""What a workflow becomes while it is made a graph: its outputs as values, its sets as axes."""

from __future__ import annotations

from typing import Any

from ....graphs.problem import Place, fail
from ....graphs.registry import Registry
from .draft import Draft, as_name
from .made import Made
from .models_folder import ModelsFolder
from .sets import Sets
from .stock import STOCK, no_wire, place_of
from .workflow import Link, Workflow, WorkflowNode


class Conversion:
    """What the converters of nodes share.

    Attributes:
        draft: the graph so far.
        made: what an output of a node became.
        notes: what differs, each once.
        axes: by the node that begins a set, the input whose values are its axis.
        words: by the node that encodes a text, that text as the graph knows it.
        texts: by a prompt's node and its negative's, the node that encodes both.
        seed_inputs: by the node that begins a set, the input of the seeds of its samplers.
    """

    def __init__(self, workflow: Workflow, registry: Registry, sets: Sets, models: ModelsFolder) -> None:
        self.workflow = workflow
        self.registry = registry
        self.sets = sets
        self.models = models
        self.draft = Draft()
        self.made: dict[tuple[str, int], Made] = {}
        self.notes: dict[str, None] = {}
        self.axes: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.seed_inputs: dict[str, str] = {}

    def wire(self, node: WorkflowNode, name: str, kind: str) -> Made:
        """What comes in over a wire; GraphError where that is missing or of another type."""
        given = node.inputs.get(name)
        if not isinstance(given, Link):
            raise no_wire(node, name, kind)
        made = self.linked(node, name, given)
        if kind not in ("*", made.socket):
            source = self.workflow.nodes[given.node]
            what = f"{node}: {name} takes {kind}, and output {given.output} of {source} is {made.socket}"
            raise fail(given.place, what)
        return made

    def linked(self, node: WorkflowNode, name: str, link: Link) -> Made:
        """What a link leads to; GraphError where the other node has no such output."""
        made = self.made.get((link.node, link.output))
        if made is None:
            source = self.workflow.nodes[link.node]
            count = sum(number == link.node for number, _ in self.made)
            has = (
                "it has none"
                if count == 0
                else f"its outputs are 0 to {count - 1}"
                if count > 1
                else "it has 0"
            )
            what = f"{node}: {name} comes from output {link.output} of {source}"
            raise fail(link.place, what, has)
        return made

    def option(self, node: WorkflowNode, name: str, use: str, option: str, value: Any) -> Any:
        """A value as an option of ours; GraphError where ours doesn't take it."""
        declared = self.registry.types[use].option(option)
        assert declared is not None
        try:
            return declared.convert(value)
        except ValueError as error:
            raise fail(place_of(node, name), f"{node}: {name} is {value}", f"{use}: {error}") from None

    def named(self, node: WorkflowNode, usual: str) -> str:
        """What a node is to be called: by its title, unless that is what always stands there."""
        title = as_name(node.title)
        stock = STOCK[node.class_type].title if node.class_type in STOCK else ""
        return usual if title in ("", as_name(stock), as_name(node.class_type)) else title

    def place(self, node: WorkflowNode, name: str) -> Place:
        found: Place = place_of(node, name)
        return found

    def note(self, text: str) -> None:
        """Say once what differs."""
        self.notes.setdefault(text)
