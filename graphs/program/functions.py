"""Node types of functions in the program itself: a registry that knows them, and under which name."""

from __future__ import annotations

import hashlib
import inspect
from copy import copy
from pathlib import Path
from typing import Any

from ..node_type import NodeType
from ..problem import Place, fail
from ..registry import Registry


def with_function(registry: Registry, use: Any, place: Place) -> tuple[Registry, str]:
    """A registry that knows a declared function, and the name that the type has there."""
    declared = use if isinstance(use, NodeType) else getattr(use, "node_type", None)
    if not isinstance(declared, NodeType):
        hint = "give a name, a function declared with @node, or a graph"
        raise fail(place, f"a {type(use).__name__} is no node type", hint)
    for name in sorted(registry.types, key=len):
        if registry.types[name].function is declared.function:
            return registry, name
    package, digest = _origin(declared)
    if f"{package}.{declared.name}" in registry:
        hint = "a graph holds one of them: begin a new graph after declaring it anew"
        raise fail(place, f"{declared.name!r} was declared in {package!r} before, by another function", hint)
    registry = copy(registry)
    for field, value in vars(registry).items():
        if isinstance(value, dict):
            known = {key: copy(entry) if isinstance(entry, list) else entry for key, entry in value.items()}
            setattr(registry, field, known)
    registry.add(declared.owned_by(package, digest))
    is_first = registry[declared.name].function is declared.function
    return registry, declared.name if is_first else f"{package}.{declared.name}"


def _origin(declared: NodeType) -> tuple[str, str]:
    """The package and the source digest of a function, as if its file had been named with ``--nodes``."""
    function = declared.function
    try:
        file = Path(inspect.getfile(function))
        source = file.read_bytes() if file.is_file() else inspect.getsource(function).encode()
    except (OSError, TypeError):  # typed at a prompt: there is no text of it
        file, source = Path("python.py"), function.__code__.co_code
    return file.stem, hashlib.blake2b(source, digest_size=16).hexdigest()
