"""Which nodes the pack has: every node type there is, those of installed packages too, and graph files."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache

from ...graphs.costs import is_cost
from ...graphs.node_type import NodeType
from ...graphs.registry import BUILT_IN, Registry
from . import prompts, run_graph, stock_models
from .node_class import class_id, node_class, title

log = logging.getLogger("mezzotint")


@dataclass(frozen=True)
class NodePack:
    """Classes and titles by class id."""

    classes: dict[str, type]
    titles: dict[str, str]


@cache
def node_pack() -> NodePack:
    """The pack of everything that is installed; what is broken is logged, and the rest goes on."""
    from ... import registry

    return pack_of(registry())


def pack_of(registry: Registry) -> NodePack:
    """The pack of a registry's node types, of graph files, and of what joins them to ComfyUI's own nodes."""
    for warning in registry.warnings():
        log.warning("mezzotint: %s", warning)
    pack = NodePack({}, {})
    for declared in {id(declared): declared for declared in registry.types.values()}.values():
        if not can_run(declared):
            continue
        try:
            made = node_class(declared)
            made.INPUT_TYPES()
        except Exception as error:  # whatever a stranger's declaration leads to
            why = f"{type(error).__name__}: {error}"
            log.warning("mezzotint: the node %s can't be shown: %s", declared.qualified, why)
            continue
        pack.classes[class_id(declared)] = made
        pack.titles[class_id(declared)] = title(declared)
    for own in (prompts.classes(), stock_models.classes(), run_graph.classes(registry)):
        for name, found in own.items():
            pack.classes[name] = found
            pack.titles[name] = f"{found.DISPLAY_NAME} ({BUILT_IN})"
    return pack


def can_run(declared: NodeType) -> bool:
    """Whether a node type makes sense on a canvas: not where it asks what the engine spent on a value."""
    return not any(is_cost(port) for port in declared.ports)
