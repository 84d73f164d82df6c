"""Where node types are found: built-in modules, installed packages, files named on the command line."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType

from .node_type import NodeType
from .problem import Place, fail

BUILT_IN = "mezzotint"
ENTRY_POINT_GROUP = "mezzotint.nodes"


@dataclass
class Registry:
    """Node types by name.

    ``broken`` holds the packages that could not be imported, with the reason; ``conflicts`` the names that
    several wanted, the one who has it first.
    """

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
            registry.add_module(importlib.import_module(module), BUILT_IN)
        if plugins:
            registry.add_plugins()
        for file in files:
            registry.add_file(file)
        return registry

    def add_plugins(self) -> None:
        """Import the packages that offer nodes by entry point; note those that fail."""
        from importlib.metadata import entry_points  # slow to import, and not needed to check a graph

        for point in entry_points(group=ENTRY_POINT_GROUP):
            if point.name == BUILT_IN:
                self.broken[f"{point.name} ({point.value})"] = f"the name {BUILT_IN!r} is taken"
                continue
            try:
                self.add_module(importlib.import_module(point.module), point.name)
            except (Exception, SystemExit) as error:  # whatever a stranger's module raises
                self.broken[point.name] = f"{type(error).__name__}: {error}"

    def add_module(self, module: ModuleType, package: str, source_digest: str = "") -> None:
        """Register every node type that ``module`` itself declares."""
        for value in list(vars(module).values()):
            if not isinstance(value, FunctionType) or value.__module__ != module.__name__:
                continue
            declared = getattr(value, "node_type", None)
            if isinstance(declared, NodeType):
                self.add(declared.owned_by(package, source_digest))

    def add_file(self, path: Path) -> None:
        """Register the node types of a Python file; its digest becomes part of their keys.

        GraphError where there is no such file, or where it raises.
        """
        place = Place(str(path))
        try:
            source = path.read_bytes()
        except (OSError, ValueError) as error:
            raise fail(place, f"can't be read: {getattr(error, 'strerror', None) or error}") from None
        folder = hashlib.blake2b(str(path.resolve()).encode(), digest_size=4).hexdigest()
        name = f"mezzotint_nodes_{path.stem}_{folder}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise fail(place, "not a Python file", "a file of nodes ends in .py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:  # whatever the file raises
            del sys.modules[name]
            raise fail(_line_of(error, path), f"the file raises {type(error).__name__}: {error}") from error
        before = len(self.types)
        self.add_module(module, path.stem, hashlib.blake2b(source, digest_size=16).hexdigest())
        # A function with `offers` makes something else known by name, such as an extractor.
        if len(self.types) == before and not any(hasattr(value, "offers") for value in vars(module).values()):
            raise fail(place, "the file declares no node type of its own", "decorate functions with @node")

    def add(self, declared: NodeType) -> None:
        """Register one node type under ``package.name``, and under ``name`` if nobody else has it.

        First come keeps the name, built-ins before all; ``conflicts`` tells who else wanted it.
        """
        for name in (f"{declared.package}.{declared.name}", declared.name):
            holder = self.types.setdefault(name, declared)
            if holder.function is not declared.function:
                self.conflicts.setdefault(name, [_origin(holder)]).append(_origin(declared))
                if name != declared.name:
                    return  # two packages of one name: the second can't be told apart

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


def _origin(declared: NodeType) -> str:
    return f"{declared.package} ({declared.function.__module__})"


def _line_of(error: BaseException, path: Path) -> Place:
    """The line of ``path`` that an error came from."""
    names = {str(path), str(path.absolute())}
    if isinstance(error, SyntaxError) and error.filename in names:
        return Place(str(path), error.lineno or 1, error.offset or 1)
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in names:
            line = trace.tb_lineno
        trace = trace.tb_next
    return Place(str(path), line)
