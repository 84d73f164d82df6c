"""Where node types are found: the built-in modules, installed packages, and files named on the command line."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from .node import NodeType

ENTRY_POINT_GROUP = "mezzotint.nodes"


@dataclass
class Registry:
    """Node types by name. ``broken`` holds the packages that could not be imported, with the reason."""

    types: dict[str, NodeType] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, built_in: Iterable[str] = (), files: Iterable[Path] = (), plugins: bool = True) -> Registry:
        """Import the built-in modules (absolute names), installed packages of nodes, and node files.

        A package that fails is noted in ``broken`` and the rest still works; a file that was asked for by
        name and fails raises, since nothing of it can be had.
        """
        registry = cls()
        for module in built_in:
            registry.add_module(importlib.import_module(module), "mezzotint")
        for point in entry_points(group=ENTRY_POINT_GROUP) if plugins else ():
            try:
                registry.add_module(importlib.import_module(point.module), point.name)
            except Exception as error:  # whatever a stranger's module raises
                registry.broken[point.name] = f"{type(error).__name__}: {error}"
        for file in files:
            registry.add_file(file)
        return registry

    def add_module(self, module: ModuleType, package: str, source_digest: str = "") -> None:
        """Register every node type that ``module`` itself declares."""
        for value in list(vars(module).values()):
            declared = getattr(value, "node_type", None)
            if isinstance(declared, NodeType) and value.__module__ == module.__name__:
                self.add(declared.owned_by(package, source_digest))

    def add_file(self, path: Path) -> None:
        """Register the node types of a Python file; its digest becomes part of their keys."""
        source = path.read_bytes()
        name = f"mezzotint_nodes_{path.stem}_{hashlib.blake2b(str(path.resolve()).encode(), digest_size=4).hexdigest()}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        self.add_module(module, path.stem, hashlib.blake2b(source, digest_size=16).hexdigest())

    def add(self, declared: NodeType) -> None:
        """Register one node type under ``package.name``, and under ``name`` if nobody else has it."""
        self.types[f"{declared.package}.{declared.name}"] = declared
        holder = self.types.get(declared.name)
        if holder is not None and holder.package != declared.package:
            self.conflicts.setdefault(declared.name, [holder.package]).append(declared.package)
            return  # first come keeps the short name; built-ins come first
        self.types[declared.name] = declared

    def names(self) -> list[str]:
        """The short names, sorted; a type whose short name is another's is listed qualified."""
        return sorted(
            name
            for name, declared in self.types.items()
            if name == declared.name or self.types[declared.name] is not declared
        )

    def __contains__(self, name: str) -> bool:
        return name in self.types

    def __getitem__(self, name: str) -> NodeType:
        return self.types[name]
