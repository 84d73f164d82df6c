"""Names become things: nested graphs are inlined, and every field of every node gets its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .node import NodeType, Port
from .registry import Registry
from .source import GraphError, Place, Problem, nearest
from .spec import (
    Each,
    Expression,
    GraphSpec,
    InputSpec,
    Literal,
    NodeSpec,
    Reference,
    References,
    Template,
    read_spec,
)
from .template import template
from .types import INPUT_TYPES, AnyType
from .values import Along, Axis, Column, Constant, Given, Joined, PerSeed, read_axis

MAX_NESTING = 20


@dataclass(frozen=True)
class Output:
    """An output of a step: a value that only a run knows."""

    step: str
    name: str


Source = Given | Output


@dataclass(frozen=True)
class Unset:
    """An input that has no value yet; fine to check, not to run."""

    name: str
    place: Place
    axes: tuple[str, ...] = ()

    def at(self, point: Mapping[str, int]) -> Any:
        raise LookupError(self.name)

    def samples(self) -> Iterator[tuple[Any, Place]]:
        return iter(())


@dataclass
class Draft:
    """A step whose names are resolved, before its types and axes are checked."""

    name: str
    place: Place
    type: NodeType
    fields: dict[str, Source | tuple[Source, ...]]
    places: dict[str, Place]
    over: list[tuple[str, Source | None, Place]] = field(default_factory=list)
    has_over: bool = False
    by: tuple[str, Given, Place] | None = None
    keep: str | None = None
    is_open: bool = False

    def sources(self) -> Iterator[Source]:
        for value in self.fields.values():
            yield from value if isinstance(value, tuple) else (value,)


@dataclass
class Linked:
    """A flat graph: every nested graph inlined, every name resolved."""

    drafts: dict[str, Draft]
    axes: dict[str, Axis]
    outputs: dict[str, Source]
    inputs: dict[str, Given]
    unset: list[Problem]
    warnings: list[Problem]
    problems: list[Problem]


@dataclass
class _Scope:
    spec: GraphSpec
    prefix: str
    files: tuple[Path, ...]
    outer: _Scope | None = None
    bindings: Mapping[str, Expression] = field(default_factory=dict)
    inner: dict[str, _Scope] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


class _DanglingError(Exception):
    """A reference could not be resolved; its problem is already noted."""


def link(spec: GraphSpec, registry: Registry) -> Linked:
    """Flatten a graph; names that lead nowhere are noted in ``problems``, and the rest goes on."""
    return _Linker(registry).link(spec)


class _Linker:
    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.unset: dict[str, Problem] = {}
        self.axes: dict[str, Axis] = {}
        self.drafts: dict[str, Draft] = {}
        self.inputs: dict[str, Source | None] = {}
        self.resolving: list[str] = []

    def link(self, spec: GraphSpec) -> Linked:
        self.problems.extend(spec.problems)
        scope = _Scope(spec, "", (Path(spec.place.file),))
        self._open_inner(scope)
        self._collect(scope)
        outputs: dict[str, Source] = {}
        for name, reference in spec.outputs.items():
            try:
                outputs[name] = self._reference(scope, reference)
            except _DanglingError:
                continue
        self._warn_unused(scope)
        unset = list(self.unset.values())
        known = {
            name: source
            for name, source in self.inputs.items()
            if source is not None and not isinstance(source, Output)
        }
        return Linked(self.drafts, self.axes, outputs, known, unset, self.warnings, self.problems)

    def _wrong(self, place: Place, message: str, hint: str = "") -> _DanglingError:
        problem = Problem(place, message, hint)
        if problem not in self.problems:
            self.problems.append(problem)
        return _DanglingError()

    # Nested graphs

    def _open_inner(self, scope: _Scope) -> None:
        """Read the graphs that this one uses, and theirs."""
        for node in scope.spec.nodes.values():
            file = node.file
            if node.generator is not None:
                given = scope.spec.inputs.get(node.generator)
                scope.used.add(node.generator)
                if given is None or given.interface is None:
                    self._wrong(
                        node.use_place,
                        f"${node.generator} is not an open graph",
                        "declare it under inputs: {graph: {inputs: […], outputs: […]}}",
                    )
                    continue
                file = self._generator_file(given)
            if file is None:
                continue
            if len(scope.files) > MAX_NESTING or file.resolve() in [path.resolve() for path in scope.files]:
                chain = " → ".join(path.name for path in (*scope.files, file))
                self._wrong(node.use_place, f"a graph that contains itself: {chain}")
                continue
            try:
                spec = read_spec(file)
            except GraphError as error:
                self.problems.extend(error.problems)
                continue
            self.problems.extend(spec.problems)
            inner = _Scope(spec, f"{scope.prefix}{node.name}.", (*scope.files, file), scope, node.fields)
            for key in node.fields:
                if key not in spec.inputs:
                    self._wrong(
                        node.key_places[key], f"{file.name} has no input {key!r}", nearest(key, spec.inputs)
                    )
            if node.generator is not None:
                self._check_interface(scope.spec.inputs[node.generator], spec, node.use_place)
            scope.inner[node.name] = inner
            self._open_inner(inner)

    def _generator_file(self, given: InputSpec) -> Path | None:
        if given.default is None:
            return None
        if not isinstance(given.default.value, str):
            self._wrong(
                given.default.place, f"{given.name} is an open graph; {given.default.kind} is not a file"
            )
            return None
        return Path(given.default.value)

    def _check_interface(self, given: InputSpec, spec: GraphSpec, place: Place) -> None:
        assert given.interface is not None
        for kind, wanted, there in (
            ("input", given.interface.inputs, spec.inputs),
            ("output", given.interface.outputs, spec.outputs),
        ):
            for name in wanted:
                if name not in there:
                    found = ", ".join(there) or "none"
                    self._wrong(
                        place,
                        f"{spec.place.file} can't stand for ${given.name}: it has no {kind} {name!r}",
                        f"its {kind}s: {found}",
                    )

    # Steps

    def _collect(self, scope: _Scope) -> None:
        for node in scope.spec.nodes.values():
            if node.name in scope.inner:
                self._collect(scope.inner[node.name])
                continue
            if node.file is not None:
                continue  # it could not be read; its problem is noted
            try:
                node_type, is_open = self._node_type(scope, node)
            except _DanglingError:
                continue
            draft = Draft(
                f"{scope.prefix}{node.name}", node.place, node_type, {}, dict(node.key_places), keep=node.keep
            )
            draft.is_open = is_open
            self.drafts[draft.name] = draft
            for key, expression in node.fields.items():
                try:
                    draft.fields[key] = self._field(scope, expression, f"{draft.name}.{key}")
                except _DanglingError:
                    draft.fields[key] = Unset(key, expression.place)
            draft.has_over = "over" in node.key_places
            draft.over = [self._over(scope, name, place) for name, place in node.over]
            if node.by is not None:
                draft.by = self._by(scope, node.by)

    def _node_type(self, scope: _Scope, node: NodeSpec) -> tuple[NodeType, bool]:
        if node.generator is not None:
            given = scope.spec.inputs.get(node.generator)
            if given is None or given.interface is None or given.default is not None:
                raise _DanglingError
            name = scope.prefix + node.generator
            self.unset[name] = Problem(
                given.place, f"the open graph {name!r} is not given", f"give it: --set {name}=graph.yaml"
            )
            ports = tuple(Port(key, AnyType(), default=None) for key in given.interface.inputs)
            outputs = {key: AnyType() for key in given.interface.outputs}
            opened = NodeType(node.generator, 1, _never, ports, (), outputs, "An open graph.")
            return opened, True
        if node.use not in self.registry:
            broken = "; ".join(
                f"the package {name} is broken: {why}" for name, why in self.registry.broken.items()
            )
            hint = nearest(node.use, self.registry.names())
            raise self._wrong(
                node.use_place, f"there is no node type {node.use!r}", "; ".join(filter(None, (hint, broken)))
            )
        found = self.registry[node.use]
        if node.version is not None and node.version != found.version:
            raise self._wrong(
                node.use_place,
                f"{node.use} is pinned to version {node.version}; this installation has version {found.version}",
                f"write use: {node.use}@{found.version} after checking that it still draws what you expect",
            )
        return found, False

    def _over(self, scope: _Scope, name: str, place: Place) -> tuple[str, Source | None, Place]:
        """An entry of ``over``: an input, an input of a nested graph, or an axis that a ``by`` made."""
        node, dot, rest = name.partition(".")
        try:
            if name in scope.spec.inputs:
                scope.used.add(name)
                return name, self._input(scope, name), place
            if dot and node in scope.inner and rest in scope.inner[node].spec.inputs:
                return name, self._input(scope.inner[node], rest), place
        except _DanglingError:
            pass
        return scope.prefix + name, None, place

    def _by(self, scope: _Scope, reference: Reference) -> tuple[str, Given, Place] | None:
        try:
            source = self._reference(scope, reference)
        except _DanglingError:
            return None
        if isinstance(source, Output):
            self._wrong(
                reference.place, f"by: {reference} is a node's output", "split by an input or a column of one"
            )
            return None
        return scope.prefix + str(reference).removeprefix("$"), source, reference.place

    # Fields

    def _field(self, scope: _Scope, expression: Expression, name: str) -> Source | tuple[Source, ...]:
        if isinstance(expression, References):
            return tuple(self._reference(scope, item) for item in expression.items)
        return self._source(scope, expression, name)

    def _source(self, scope: _Scope, expression: Expression, name: str) -> Source:
        if isinstance(expression, Literal):
            return Constant(expression.value, expression.place)
        if isinstance(expression, Reference):
            return self._reference(scope, expression)
        if isinstance(expression, References):
            raise self._wrong(expression.place, "a list of references can't be handed to a nested graph")
        return self._template(scope, expression, name)

    def _template(self, scope: _Scope, expression: Template, name: str) -> Source:
        parts = [part if isinstance(part, str) else self._reference(scope, part) for part in expression.parts]
        if not any(isinstance(part, Output) for part in parts):
            return Joined(tuple(part for part in parts if not isinstance(part, Output)), expression.place)
        pattern, values = [""], []
        for part in parts:
            if isinstance(part, str):
                pattern[-1] += part
            else:
                values.append(part)
                pattern.append("")
        draft = Draft(
            name,
            expression.place,
            template.node_type,  # type: ignore[attr-defined]
            {"values": tuple(values), "pattern": Constant(pattern, expression.place)},
            {"values": expression.place, "pattern": expression.place},
        )
        self.drafts[name] = draft
        return Output(name, "text")

    def _reference(self, scope: _Scope, reference: Reference) -> Source:
        if reference.name in scope.spec.inputs:
            scope.used.add(reference.name)
            source = self._input(scope, reference.name)
            if reference.attribute is None:
                return source
            if isinstance(source, Output):
                raise self._wrong(reference.place, f"{reference}: only records from inputs have columns")
            return Column(source, reference.attribute)
        if reference.name in scope.spec.nodes:
            return self._output(scope, scope.spec.nodes[reference.name], reference)
        if reference.name in scope.spec.broken:
            raise _DanglingError
        raise self._wrong(
            reference.place,
            f"there is no input or node {reference.name!r}",
            nearest(reference.name, [*scope.spec.inputs, *scope.spec.nodes]),
        )

    def _output(self, scope: _Scope, node: NodeSpec, reference: Reference) -> Source:
        inner = scope.inner.get(node.name)
        if inner is not None:
            outputs: Mapping[str, Any] = inner.spec.outputs
        else:
            if node.file is not None:
                raise _DanglingError
            outputs = self._node_type(scope, node)[0].outputs
        attribute = reference.attribute
        if attribute is None:
            if len(outputs) != 1:
                raise self._wrong(
                    reference.place,
                    f"{reference} has several outputs: {', '.join(outputs)}",
                    f"write ${reference.name}.{next(iter(outputs), 'output')}",
                )
            attribute = next(iter(outputs))
        elif attribute not in outputs:
            raise self._wrong(
                reference.place,
                f"{reference.name!r} has no output {attribute!r}",
                nearest(attribute, outputs),
            )
        if inner is None:
            return Output(f"{scope.prefix}{node.name}", attribute)
        with self._guard(f"{inner.prefix}{attribute}", reference.place):
            return self._reference(inner, inner.spec.outputs[attribute])

    def _input(self, scope: _Scope, name: str) -> Source:
        full = scope.prefix + name
        if full not in self.inputs:
            self.inputs[full] = None
            with self._guard(full, scope.spec.inputs[name].place):
                if scope.outer is not None and name in scope.bindings:
                    self.inputs[full] = self._source(scope.outer, scope.bindings[name], full)
                else:
                    self.inputs[full] = self._own_input(scope, scope.spec.inputs[name], full)
        found = self.inputs[full]
        if found is None:
            raise _DanglingError
        return found

    def _own_input(self, scope: _Scope, spec: InputSpec, full: str) -> Source:
        if spec.interface is not None:
            raise self._wrong(
                spec.place,
                f"{spec.name!r} is an open graph, not a value",
                f"use it as a node: use: ${spec.name}",
            )
        if spec.each is not None:
            source: Given = Along(self._axis(full, spec.each))
            if spec.per is not None:
                return self._per(scope, spec, source)
        elif spec.default is not None:
            source = Constant(spec.default.plain(), spec.default.place)
        else:
            problem = Problem(spec.place, f"input {full!r} has no value", f"give it: --set {full}=…")
            self.unset[full] = problem
            source = Unset(full, spec.place)
        self._check_input(spec, source)
        return source

    def _axis(self, name: str, each: Each) -> Axis:
        try:
            self.axes[name] = read_axis(name, each)
        except GraphError as error:
            self.problems.extend(error.problems)
            raise _DanglingError from None
        return self.axes[name]

    def _per(self, scope: _Scope, spec: InputSpec, seed: Given) -> Source:
        assert spec.per is not None
        if spec.per not in scope.spec.inputs:
            hint = nearest(spec.per, scope.spec.inputs)
            raise self._wrong(spec.place, f"per: there is no input {spec.per!r}", hint)
        scope.used.add(spec.per)
        per = self._input(scope, spec.per)
        if isinstance(per, Output):
            raise self._wrong(
                spec.place, f"per: {spec.per!r} is a node's output, so its seeds can't be planned"
            )
        return PerSeed(seed, per)

    def _check_input(self, spec: InputSpec, source: Given) -> None:
        """The ``type`` and bounds that an input declares for itself."""
        if spec.type is None and spec.minimum is None and spec.maximum is None:
            return
        port_type = INPUT_TYPES[spec.type or "number"]
        low = float("-inf") if spec.minimum is None else spec.minimum
        high = float("inf") if spec.maximum is None else spec.maximum
        for value, place in source.samples():
            try:
                item = port_type.parse(value)
            except ValueError as error:
                raise self._wrong(place, f"input {spec.name!r}: {value!r}: {error}") from None
            if isinstance(item, (int, float)) and not low <= item <= high:
                raise self._wrong(place, f"input {spec.name!r} is {item}; it goes from {low:g} to {high:g}")

    def _guard(self, name: str, place: Place) -> _Guard:
        return _Guard(self, name, place)

    def _warn_unused(self, scope: _Scope) -> None:
        for name, spec in scope.spec.inputs.items():
            if name not in scope.used and "." not in name:
                self.warnings.append(Problem(spec.place, f"input {name!r} is never used"))
        for inner in scope.inner.values():
            self._warn_unused(inner)


class _Guard:
    """Notices when resolving a name leads back to itself through nested graphs."""

    def __init__(self, linker: _Linker, name: str, place: Place) -> None:
        self.linker, self.name, self.place = linker, name, place

    def __enter__(self) -> None:
        stack = self.linker.resolving
        if self.name in stack:
            path = " → ".join([*stack[stack.index(self.name) :], self.name])
            stack.append(self.name)
            self.__exit__()
            raise self.linker._wrong(self.place, f"a cycle: {path}")
        stack.append(self.name)

    def __exit__(self, *_: object) -> None:
        self.linker.resolving.pop()


def _never(**_: Any) -> None:
    raise AssertionError("an open graph is never called")
