"""Which nodes of a workflow work on sets of pictures, and what in the graph makes each set: an axis.

In ComfyUI a set is a batch: ``EmptyLatentImage`` begins one, and what is made of it is one too. In the graph
the seeds of its samplers are an axis. What reduces a set takes that axis away, so a set of one needs an axis
as well where something reduces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ....graphs.node_type import NodeType
from ....graphs.types import IntegerType
from .stock import STOCK, widget
from .workflow import Value, Workflow, WorkflowNode

#: The seed of a stock sampler, by its class.
SEEDS = {"KSampler": "seed", "KSamplerAdvanced": "noise_seed"}
#: A seed in ComfyUI has 64 bits, in a graph 63; the noise is that of the lowest 32.
SEED_BITS = 63


@dataclass
class Source:
    """A node that begins a set: how many items it has, whether it reads them from files, and the
    first seed of each sampler that draws it."""

    node: str
    size: int = 1
    by_file: bool = False
    reduced: bool = False
    seeds: dict[str, int] = field(default_factory=dict)

    @property
    def is_axis(self) -> bool:
        return self.size > 1 or self.reduced

    def seeds_of(self, sampler: str) -> list[int]:
        """The seeds of the items: the first, and those that follow it."""
        return [(self.seeds[sampler] + index) % (1 << SEED_BITS) for index in range(self.size)]


class Sets:
    """The sets of a workflow: ``sources`` by the node that begins one, ``of`` what a node is made of."""

    def __init__(self, workflow: Workflow, ours: Mapping[str, NodeType]) -> None:
        self.sources: dict[str, Source] = {}
        self.of: dict[str, frozenset[str]] = {}
        for node in workflow.nodes.values():
            declared = ours.get(node.class_type)
            taken = frozenset().union(*(self.of[link.node] for _, link in node.links()))
            if declared is None:
                self.of[node.id] = self._stock(node, taken)
            elif declared.is_reducer:
                self._reduce(node, declared)
                self.of[node.id] = frozenset()
            else:
                self.of[node.id] = taken or self._begun(node, declared)

    def _stock(self, node: WorkflowNode, taken: frozenset[str]) -> frozenset[str]:
        if node.class_type in ("EmptyLatentImage", "LoadImage"):
            size = widget(node, "batch_size") if node.class_type == "EmptyLatentImage" else 1
            self.sources[node.id] = Source(node.id, size, node.class_type == "LoadImage")
            return frozenset({node.id})
        seed = SEEDS.get(node.class_type)
        given = node.inputs.get(seed) if seed else None
        if isinstance(given, Value) and type(given.value) is int:
            for name in taken:
                self.sources[name].seeds[node.id] = given.value
        return taken if node.class_type in STOCK else frozenset()

    def _begun(self, node: WorkflowNode, declared: NodeType) -> frozenset[str]:
        """The set of one that a node of ours begins by a seed or a file of its own."""
        for port in declared.ports:
            given = node.inputs.get(port.name)
            if isinstance(given, Value) and (axis_input(declared) == port.name):
                self.sources[node.id] = Source(node.id, by_file=port.name == "file")
                if isinstance(port.type, IntegerType) and type(given.value) is int:
                    self.sources[node.id].seeds[node.id] = given.value
                return frozenset({node.id})
        return frozenset()

    def _reduce(self, node: WorkflowNode, declared: NodeType) -> None:
        for name, link in node.links():
            if member_port(declared, name) in declared.members:
                for source in self.of[link.node]:
                    self.sources[source].reduced = True

    def reduced_by(self, node: WorkflowNode, declared: NodeType) -> list[str]:
        """The nodes that began the sets which a reducer reduces, each once."""
        return list(
            dict.fromkeys(
                source
                for name, link in node.links()
                if member_port(declared, name) in declared.members
                for source in sorted(self.of[link.node])
            )
        )


def axis_input(declared: NodeType) -> str | None:
    """The port by which a node of ours begins a set: its seed, or the file that it reads."""
    return next((port.name for port in declared.ports if port.name in ("seed", "file")), None)


def member_port(declared: NodeType, name: str) -> str:
    """The port that an input of a node of ours feeds: ``images_2`` is one more of ``images``."""
    if declared.port(name) is not None:
        return name
    return name.rpartition("_")[0]
