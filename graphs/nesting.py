"""Graphs inside graphs: every file that a graph uses is read, and stands in a scope of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .grammar import Expression, GraphSpec, InputSpec, Interface, NodeSpec
from .problem import GraphError, Problems, fail, nearest
from .spec import read_spec

MAX_NESTING = 20
MAX_NODES = 10_000


@dataclass
class Scope:
    """A graph file where it is used: its names start with ``prefix``, ``outer`` may bind its inputs."""

    spec: GraphSpec
    prefix: str = ""
    files: tuple[Path, ...] = ()
    outer: Scope | None = None
    bindings: Mapping[str, Expression] = field(default_factory=dict)
    interface: Interface | None = None
    inner: dict[str, Scope] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def outputs(self) -> list[str]:
        """What may be taken from outside: of a graph that fills an open one, what that declares."""
        wanted = self.interface.outputs if self.interface else self.spec.outputs
        return [name for name in self.spec.outputs if name in wanted]

    def lacks_outputs(self) -> bool:
        """Whether an open graph was filled by one that doesn't give all that it declares."""
        return self.interface is not None and not set(self.interface.outputs) <= self.spec.outputs.keys()

    def all(self) -> Iterator[Scope]:
        """This scope and all within."""
        yield self
        for inner in self.inner.values():
            yield from inner.all()


def open_graphs(spec: GraphSpec, problems: Problems) -> Scope:
    """The graph with every graph that it uses; what can't be read is noted in ``problems``."""
    scope = Scope(spec, files=(Path(spec.place.file),))
    _Opener(problems).open(scope)
    return scope


class _Opener:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.read: dict[str, GraphSpec] = {}
        self.nodes = 0

    def open(self, scope: Scope) -> None:
        self.problems.extend(scope.spec.problems)
        self.nodes += len(scope.spec.nodes)
        if self.nodes > MAX_NODES:  # ten files that each use the next one twice have a thousand nodes
            raise fail(scope.spec.place, f"more than {MAX_NODES:,} nodes, those of nested graphs counted")
        for node in scope.spec.nodes.values():
            file = node.file
            given = None
            if node.generator is not None:
                given = self._generator(scope, node)
                file = self._generator_file(given) if given else None
            if file is None:
                continue
            spec = self._read(scope, node, file, given)
            if spec is None:
                continue
            interface = given.interface if given else None
            inner = Scope(
                spec, f"{scope.prefix}{node.name}.", (*scope.files, file), scope, node.fields, interface
            )
            # What an open graph declares and its file lacks is reported once, where the file is given.
            known = list(spec.inputs if interface is None else interface.inputs)
            for key in node.fields:
                if key not in known:
                    what = f"{file.name if given is None else '$' + given.name} has no input {key!r}"
                    self.problems.add(node.key_places[key], what, nearest(key, known) or "it has none")
            if given is not None:
                self._check_interface(given, spec, node)
            scope.inner[node.name] = inner
            self.open(inner)

    def _read(self, scope: Scope, node: NodeSpec, file: Path, given: InputSpec | None) -> GraphSpec | None:
        try:
            real = os.path.realpath(file)
            is_open_already = node.graph is None and real in map(os.path.realpath, scope.files)
            if len(scope.files) > MAX_NESTING or is_open_already:
                chain = " → ".join(path.name for path in (*scope.files, file))
                self.problems.add(node.use_place, f"a graph that contains itself: {chain}")
                return None
            if node.graph is not None:
                return node.graph
            if not os.path.exists(real):
                place = given.default.place if given and given.default else node.key_places["file"]
                hint = nearest(file.name, os.listdir(file.parent)) if file.parent.is_dir() else ""
                self.problems.add(place, f"there is no file {file}", hint)
                return None
            if given is not None and given.filled is not None:
                return given.filled
            if real not in self.read:
                self.read[real] = read_spec(file)
            return self.read[real]
        except GraphError as error:
            self.problems.extend(error.problems)
        except ValueError:  # half a surrogate pair in the name
            self.problems.add(node.use_place, "this is not the name of a file")
        return None

    def _generator(self, scope: Scope, node: NodeSpec) -> InputSpec | None:
        given = scope.spec.inputs.get(node.generator or "")
        if given is not None and given.interface is not None:
            scope.used.add(given.name)
            return given
        openings = [name for name, spec in scope.spec.inputs.items() if spec.interface is not None]
        self.problems.add(
            node.use_place,
            f"${node.generator} is not an open graph",
            nearest(str(node.generator), openings)
            or "declare it under inputs: {graph: {inputs: […], outputs: […]}}",
        )
        return None

    def _generator_file(self, given: InputSpec) -> Path | None:
        if given.default is None:
            return None
        if not isinstance(given.default.value, str) or not given.default.value:
            what = f"{given.name!r} is an open graph; {given.default.kind} is not a file"
            self.problems.add(given.default.place, what, f"{given.name}=graph.yaml")
            return None
        return Path(given.default.value)

    def _check_interface(self, given: InputSpec, spec: GraphSpec, node: NodeSpec) -> None:
        assert given.interface is not None
        for kind, wanted, there in (
            ("input", given.interface.inputs, list(spec.inputs)),
            ("output", given.interface.outputs, list(spec.outputs)),
        ):
            for name in wanted:
                if name not in there:
                    self.problems.add(
                        given.default.place if given.default else node.use_place,
                        f"{spec.place.file} can't stand for ${given.name}: it has no {kind} {name!r}",
                        nearest(name, there) or f"it has no {kind}s",
                    )
