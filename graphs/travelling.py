"""How a node type travels to other processes: as a reference to its function, which is imported there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .node_type import NodeType


def as_reference(declared: NodeType) -> tuple[Callable[..., NodeType], tuple[Any, ...]]:
    """What pickle keeps of a node type. Of a file of nodes, which no ``import`` finds, that is its path."""
    function = declared.function
    if declared.source_digest:
        path = str(Path(function.__code__.co_filename).absolute())
        return _of_file, (path, function.__module__, declared.name, declared.package, declared.source_digest)
    return _of_function, (function, declared.package)


def _of_function(function: Any, package: str) -> NodeType:
    declared: NodeType = function.node_type
    return declared.owned_by(package)


def _of_file(path: str, module: str, name: str, package: str, source_digest: str) -> NodeType:
    """The node type of a file, which is read unless it was before; ValueError where it has changed."""
    from .registry import Registry

    if module not in sys.modules:
        found = Registry()
        found.add_file(Path(path))
        if found[f"{package}.{name}"].source_digest != source_digest:
            raise ValueError(f"{path} has changed since the graph was loaded that uses it; load it again")
    functions = vars(sys.modules[module]).values()
    named = (getattr(function, "node_type", None) for function in functions)
    declared = next(each for each in named if isinstance(each, NodeType) and each.name == name)
    return declared.owned_by(package, source_digest)
