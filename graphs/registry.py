"""Where node types are found: built-in modules, installed packages, files named on the command line."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FunctionType, ModuleType

from .node_type import DeclarationError, NodeType
from .packages import PACKAGE_NAME, BrokenPackageError, Origin, import_package, offered, origin
from .problem import Place, fail
from .types import PortType

BUILT_IN = "mezzotint"


@dataclass
class Registry:
    """Node types by name.

    ``packages`` says where each package comes from, ``broken`` why one can't be used. ``conflicts`` holds the
    short names that several packages gave a node type, with those packages, the one who has it first;
    ``type_conflicts`` the same of port types, with their classes.
    """

    types: dict[str, NodeType] = field(default_factory=dict)
    packages: dict[str, Origin] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, list[str]] = field(default_factory=dict)
    type_conflicts: dict[str, list[str]] = field(default_factory=dict)
    _port_types: dict[str, type[PortType]] = field(default_factory=dict, repr=False)

    @classmethod
    def load(
        cls,
        built_in: Iterable[str] = (),
        files: Iterable[Path] = (),
        plugins: bool = True,
        version: str = "",
    ) -> Registry:
        """Import the built-in modules (absolute names), installed packages of nodes, and node files.

        ``version`` is that of the built-in ones.

        A package that fails is noted in ``broken`` and the rest still works; a file that was asked for by
        name and fails raises, since nothing of it can be had.
        """
        registry = cls(packages={BUILT_IN: Origin(str(Path(__file__).parents[1]), BUILT_IN, version)})
        for module in built_in:
            registry.add_module(importlib.import_module(module), BUILT_IN)
        if plugins:
            registry.add_plugins()
        for file in {os.path.abspath(path): path for path in files}.values():
            registry.add_file(file)
        return registry

    def add_plugins(self) -> None:
        """Import the packages that offer nodes by entry point; note those that fail."""
        for point in offered():
            found = origin(point)
            taken = self.packages.get(point.name)
            if taken is not None:
                what = f"the package name {point.name!r} is taken by {taken}"
                self.broken[f"{point.name} ({found})"] = f"{what}; uninstall one of them"
                continue
            self.packages[point.name] = found
            try:
                if not PACKAGE_NAME.fullmatch(point.name):
                    what = f"{point.name!r} can't stand before the dot in use: package.node"
                    raise BrokenPackageError(f"{what}; it is letters, digits, _ and -")
                module = import_package(point)
                self.packages[point.name] = replace(found, file=getattr(module, "__file__", None) or "")
                self.add_module(module, point.name)
                if not _offers(module, self.of_package(point.name)):
                    what = f"{point.module} declares no node type"
                    raise BrokenPackageError(
                        f"{what}; the entry point names the module with the @node functions"
                    )
            except (BrokenPackageError, DeclarationError) as error:
                self.broken[point.name] = str(error)

    def add_module(self, module: ModuleType, package: str, source_digest: str = "") -> None:
        """Register every node type that ``module``, or what lies below it, declares and ``module`` names.

        DeclarationError where two of them have one name; none is registered then.
        """
        self.packages.setdefault(package, Origin(getattr(module, "__file__", None) or module.__name__))
        found: dict[str, NodeType] = {}
        for value in list(vars(module).values()):
            declared = getattr(value, "node_type", None) if isinstance(value, FunctionType) else None
            if not isinstance(declared, NodeType) or not f"{value.__module__}.".startswith(
                f"{module.__name__}."
            ):
                continue
            other = self.types.get(f"{package}.{declared.name}") or found.setdefault(declared.name, declared)
            if other.function is not value:
                first, second = other.place, declared.place
                raise DeclarationError(f"node type {declared.name!r} is declared twice: {first} and {second}")
        for declared in found.values():
            self.add(declared.owned_by(package, source_digest))

    def add_file(self, path: Path) -> None:
        """Register the node types of a Python file; its digest becomes part of their keys.

        GraphError where there is no such file, or where it raises.
        """
        place = Place(str(path))
        if path.stem == BUILT_IN or path.stem in self.packages:
            what = f"the package name {path.stem!r} is taken by {self.packages.get(path.stem, BUILT_IN)}"
            raise fail(Place(str(path), 0), what, "give the file another name")
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
        try:
            self.add_module(module, path.stem, hashlib.blake2b(source, digest_size=16).hexdigest())
        except DeclarationError as error:
            raise fail(place, str(error)) from None
        if not _offers(module, self.of_package(path.stem)):
            raise fail(place, "the file declares no node type of its own", "decorate functions with @node")

    def add(self, declared: NodeType) -> None:
        """Register one node type under ``package.name``, and under ``name`` if nobody else has it.

        First come keeps the name, built-ins before all; ``conflicts`` tells who else wanted it.
        """
        self.types[f"{declared.package}.{declared.name}"] = declared
        holder = self.types.setdefault(declared.name, declared)
        if holder.package != declared.package:
            self.conflicts.setdefault(declared.name, [holder.package]).append(declared.package)
        for kind in _kinds(declared):
            self._know(type(kind))

    def _know(self, kind: type[PortType]) -> None:
        """Note a port type that has the name of another, which it is no kind of."""
        holder = self._port_types.setdefault(kind.name, kind)
        if not (issubclass(kind, holder) or issubclass(holder, kind)):
            classes = self.type_conflicts.setdefault(kind.name, [_class(holder)])
            if _class(kind) not in classes:
                classes.append(_class(kind))

    def of_package(self, package: str) -> list[NodeType]:
        """The node types of a package, by name."""
        found = {declared.name: declared for declared in self.types.values() if declared.package == package}
        return [found[name] for name in sorted(found)]

    def owner(self, package: str) -> str:
        """A package in words, with where it comes from: ``toys (toy-nodes 1.0)``."""
        found = self.packages.get(package)
        return package if package == BUILT_IN or found is None else f"{package} ({found})"

    def warnings(self, package: str | None = None) -> list[str]:
        """What is wrong with the packages that are there, a sentence each: broken ones, names that clash.

        With ``package``, what concerns that one alone.
        """
        if package is not None:
            return self._about(package).warnings()
        said = [f"the package {package} is broken: {why}" for package, why in self.broken.items()]
        for name, (holder, *others) in self.conflicts.items():
            owners = ", ".join(f"{self.owner(other)} has it as {other}.{name}" for other in others)
            said.append(f"several packages declare {name!r}: {self.owner(holder)} has the name; {owners}")
        for name, classes in self.type_conflicts.items():
            said.append(f"several port types are called {name!r}; none is another: {', '.join(classes)}")
        return said

    def _about(self, package: str) -> Registry:
        """What is wrong with one package, as a registry that holds that alone."""
        kinds = {_class(type(kind)) for own in self.of_package(package) for kind in _kinds(own)}
        return replace(
            self,
            # A second distribution that offers the name stands under "name (distribution)".
            broken={name: why for name, why in self.broken.items() if name.partition(" (")[0] == package},
            conflicts={name: each for name, each in self.conflicts.items() if package in each},
            type_conflicts={name: each for name, each in self.type_conflicts.items() if kinds & {*each}},
        )

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


def _offers(module: ModuleType, declared: list[NodeType]) -> bool:
    """Whether a module gives anything: a node type, or by a function that `offers` it, an extractor."""
    return bool(declared) or any(hasattr(value, "offers") for value in vars(module).values())


def _kinds(declared: NodeType) -> list[PortType]:
    return [*(port.type for port in declared.ports), *declared.outputs.values()]


def _class(kind: type[PortType]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


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
