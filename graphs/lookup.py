"""What a node's ``use`` means: a node type of the registry, in the version that is here."""

from __future__ import annotations

from .grammar import NodeSpec
from .node_type import NodeType
from .packages import Origin
from .problem import GraphError, Problems, meant, nearest, show
from .registry import BUILT_IN, Registry
from .versions import in_words, to_current


class Lookup:
    """Finds node types; what is wrong goes to ``problems``, what may be meant otherwise to ``warnings``."""

    def __init__(self, registry: Registry, problems: Problems, warnings: Problems) -> None:
        self.registry = registry
        self.problems = problems
        self.warnings = warnings

    def find(self, node: NodeSpec) -> tuple[NodeType, NodeSpec] | None:
        """The node type, and the node as that takes it now; None, with its problem noted, where none does."""
        if node.use not in self.registry:
            self.problems.add(node.use_place, f"there is no node type {show(node.use)}", self._hint(node.use))
            return None
        found = self.registry[node.use]
        self._warn_of_others(node)
        if node.version is None or node.version == found.version:
            return found, node
        if node.version > found.version:
            what = f"{node.use} is pinned to version {node.version}; this installation has {found.version}"
            self.problems.add(node.use_place, what, self._upgrade(found))
            return None
        try:
            converted = to_current(node, found)
        except GraphError as error:
            self.problems.extend(error.problems)
            return None
        what = f"{node.use} is pinned to version {node.version} and was converted to {found.version}"
        self.warnings.add(node.use_place, f"{what}; results may differ", in_words(node, converted))
        return found, converted

    def _warn_of_others(self, node: NodeSpec) -> None:
        holder, *others = self.registry.conflicts.get(node.use, [""])
        if others:
            owner = self.registry.owner
            what = f"several packages declare {node.use!r}; this is that of {owner(holder)}"
            rest = "; ".join(f"{other}.{node.use} is that of {owner(other)}" for other in others)
            self.warnings.add(node.use_place, what, f"write use: {holder}.{node.use}; {rest}")

    def _hint(self, use: str) -> str:
        registry = self.registry
        package, dot, name = use.rpartition(".")
        broken = (f"the package {name} is broken: {why}" for name, why in registry.broken.items())
        if dot and package != BUILT_IN and package not in registry.packages:
            what = f"no package of nodes is called {show(package)} here{meant(package, registry.packages)}"
            return "; ".join([what, "install it, or give its file: --nodes FILE", *broken])
        declared = [found.name for found in registry.of_package(package)]
        close = nearest(name, declared) if dot else nearest(use, registry.names())
        own = "node types of your own come with --nodes FILE"
        return "; ".join(filter(None, (close, *broken, "" if dot else own)))

    def _upgrade(self, declared: NodeType) -> str:
        origin = self.registry.packages.get(declared.package, Origin(declared.package))
        if declared.package == BUILT_IN or origin.distribution:
            return f"upgrade it: pip install --upgrade {origin.distribution or BUILT_IN}"
        return f"get a newer {origin}"
