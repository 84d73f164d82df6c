"""Node types of functions in the program itself: a registry that knows them, and under which name."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

from .node_type import NodeType
from .problem import Place, fail
from .registry import Registry


def with_function(registry: Registry, use: Any, place: Place) -> tuple[Registry, str]:
    """A registry that knows a declared function, and the name that the type has there."""
    declared = use if isinstance(use, NodeType) else getattr(use, "node_type", None)
    if not isinstance(declared, NodeType):
        hint = "give a name, a function declared with @node, or a graph"
        raise fail(place, f"a {type(use).__name__} is no node type", hint)
    if declared.function not in {known.function for known in registry.types.values()}:
        own = {name: dict(getattr(registry, name)) for name in ("types", "conflicts")}
        registry = replace(registry, **own)
        registry.add(declared.owned_by(*_origin(declared)))
    for name in sorted(registry.types, key=len):
        if registry.types[name].function is declared.function:
            return registry, name
    hint = "another type of that name was added before; begin a new graph after declaring it anew"
    raise fail(place, f"{declared.name!r} is declared twice in {_origin(declared)[0]!r}", hint)


def _origin(declared: NodeType) -> tuple[str, str]:
    """The package and the source digest of a function, as if its file had been named with ``--nodes``."""
    function = declared.function
    try:
        file = Path(inspect.getfile(function))
        source = file.read_bytes() if file.is_file() else inspect.getsource(function).encode()
    except (OSError, TypeError):  # typed at a prompt: there is no text of it
        file, source = Path("python.py"), function.__code__.co_code
    return file.stem, hashlib.blake2b(source, digest_size=16).hexdigest()
