"""Names become things: nested graphs are inlined, and every field of every node gets its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import Any

from .agreement import check_agreement
from .draft import Draft, Linked, Output, Source, Unset
from .grammar import (
    Each,
    Expression,
    GraphSpec,
    InputSpec,
    Literal,
    NodeSpec,
    Reference,
    References,
    Template,
)
from .lookup import Lookup
from .nesting import Scope, open_graphs
from .node_type import FIELD, NodeType, Port
from .problem import GraphError, Place, Problem, Problems, fail, nearest, show
from .registry import Registry
from .tables import read_axis
from .template import template
from .through import feed
from .types import INPUT_TYPES, AnyType
from .values import Along, Axis, Column, Constant, Given, Joined, PerSeed

#: How many wrong values of one input or field are reported.
MAX_REPORTS = 5


class _DanglingError(Exception):
    """A reference could not be resolved; its problem is already noted."""


def link(spec: GraphSpec, registry: Registry) -> Linked:
    """Flatten a graph; names that lead nowhere are noted in ``problems``, and the rest goes on."""
    try:
        return _Linker(registry).link(spec)
    except RecursionError:
        raise fail(spec.place, "names lead through too many nested graphs") from None


class _Linker:
    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.problems = Problems()
        self.warnings = Problems()
        self.lookup = Lookup(registry, self.problems, self.warnings)
        self.unset: dict[str, Problem] = {}
        self.axes: dict[str, Axis] = {}
        self.drafts: dict[str, Draft] = {}
        #: By prefix and name: an option set from outside and an inner input may be called the same.
        self.inputs: dict[tuple[str, str], Source | None] = {}
        self.resolving: dict[tuple[str, str, str], str] = {}

    def link(self, spec: GraphSpec) -> Linked:
        root = open_graphs(spec, self.problems)
        outputs = self._collect(root)
        feed(self.drafts, self.registry, self.problems)
        check_agreement(self.drafts, self.problems)
        used = {scope.prefix + name for scope in root.all() for name in scope.used}
        for scope in root.all():
            for name, given in scope.spec.inputs.items():
                if name not in scope.used:
                    self.warnings.add(given.place, f"input {name!r} is never used")
        known = {
            prefix + name: source
            for (prefix, name), source in self.inputs.items()
            if source is not None and not isinstance(source, Output) and prefix + name in used
        }
        return Linked(
            self.drafts,
            {name: axis for name, axis in self.axes.items() if name in used},
            outputs,
            {name: reference.place for name, reference in spec.outputs.items()},
            known,
            [problem for name, problem in self.unset.items() if name in used],
            self.warnings.sorted(),
            self.problems.sorted(),
        )

    def _wrong(self, place: Place, message: str, hint: str = "") -> _DanglingError:
        self.problems.add(place, message, hint)
        return _DanglingError()

    # Steps

    def _collect(self, scope: Scope) -> dict[str, Source]:
        """Resolve all that a graph says, so that all that is wrong with it is found; its outputs."""
        for name in scope.spec.inputs:  # axes stand in the order of the inputs
            if scope.spec.inputs[name].interface is None:
                with suppress(_DanglingError):
                    self._input(scope, name)
        for node in scope.spec.nodes.values():
            inner = scope.inner.get(node.name)
            if inner is None:
                self._draft(scope, node)
                continue
            for key, expression in node.fields.items():
                if key not in inner.spec.inputs:
                    with suppress(_DanglingError):
                        self._field(scope, expression, f"{inner.prefix}{key}")
            self._collect(inner)
        outputs: dict[str, Source] = {}
        for name, reference in scope.spec.outputs.items():
            with suppress(_DanglingError):
                outputs[name] = self._reference(scope, reference)
        return outputs

    def _draft(self, scope: Scope, node: NodeSpec) -> None:
        name = f"{scope.prefix}{node.name}"
        node_type: NodeType | None = None
        with suppress(_DanglingError):
            node_type, node = self._typed(scope, node)
        fields: dict[str, Source | tuple[Source, ...]] = {}
        for key, expression in node.fields.items():
            try:
                fields[key] = self._field(scope, expression, f"{name}.{key}")
            except _DanglingError:
                fields[key] = Unset(key, expression.place)
        over = [self._over(scope, entry, place) for entry, place in node.over]
        by = None if node.by is None else self._by(scope, node.by)
        if node_type is None:
            return
        _use_in_file_names(scope, node_type, fields)
        self.drafts[name] = Draft(
            name,
            node.place,
            node_type,
            fields,
            dict(node.key_places),
            over,
            "over" in node.key_places,
            by,
            "by" in node.key_places,
            node.keep,
            node.timeout,
            node.generator is not None,
        )

    def _typed(self, scope: Scope, node: NodeSpec) -> tuple[NodeType, NodeSpec]:
        """The node type that a node uses, and the node as it is written for the version that is here."""
        if node.generator is not None:
            return self._open_type(scope, node.generator), node
        if node.file is not None:
            raise _DanglingError  # the graph could not be read; its problem is noted
        found = self.lookup.find(node)
        if found is None:
            raise _DanglingError
        return found

    def _open_type(self, scope: Scope, generator: str) -> NodeType:
        """An open graph that nobody has filled, as a node type of its own."""
        given = scope.spec.inputs.get(generator)
        if given is None or given.interface is None or given.default is not None:
            raise _DanglingError
        name = scope.prefix + generator
        self.unset[name] = Problem(
            given.place, f"the open graph {name!r} is not given", f"give it: --set {name}=graph.yaml"
        )
        ports = tuple(Port(key, AnyType(), default=None) for key in given.interface.inputs)
        outputs = {key: AnyType() for key in given.interface.outputs}
        return NodeType(generator, 1, _never, ports, (), outputs, "An open graph.")

    def _over(self, scope: Scope, name: str, place: Place) -> tuple[str, Source | None, Place]:
        """An entry of ``over``: an input, an input of a nested graph, or an axis that a ``by`` made."""
        inside, rest = scope, name
        while rest not in inside.spec.inputs and rest.partition(".")[0] in inside.inner:
            node, _, rest = rest.partition(".")
            inside = inside.inner[node]
        if rest not in inside.spec.inputs or inside.spec.inputs[rest].interface is not None:
            return scope.prefix + name, None, place
        inside.used.add(rest)
        try:
            return name, self._input(inside, rest), place
        except _DanglingError:
            return name, Unset(name, place), place

    def _by(self, scope: Scope, reference: Reference) -> tuple[str, Given, Place] | None:
        try:
            source = self._reference(scope, reference)
        except _DanglingError:
            return None
        if isinstance(source, Output):
            hint = "split by an input or a column of one"
            self._wrong(reference.place, f"by: {reference} is a node's output", hint)
            return None
        return scope.prefix + str(reference).removeprefix("$"), source, reference.place

    # Fields

    def _field(self, scope: Scope, expression: Expression, name: str) -> Source | tuple[Source, ...]:
        if isinstance(expression, References):
            return tuple(self._all(scope, expression.items))
        return self._source(scope, expression, name)

    def _all(self, scope: Scope, references: tuple[Reference, ...]) -> list[Source]:
        """Several references, with every wrong one among them noted."""
        found = []
        for reference in references:
            with suppress(_DanglingError):
                found.append(self._reference(scope, reference))
        if len(found) < len(references):
            raise _DanglingError
        return found

    def _source(self, scope: Scope, expression: Expression, name: str) -> Source:
        if isinstance(expression, Literal):
            return Constant(expression.value, expression.place)
        if isinstance(expression, Reference):
            return self._reference(scope, expression)
        if isinstance(expression, References):
            raise self._wrong(expression.place, "a list of references can't be handed to a nested graph")
        return self._template(scope, expression, name)

    def _template(self, scope: Scope, expression: Template, name: str) -> Source:
        references = tuple(part for part in expression.parts if not isinstance(part, str))
        found = iter(self._all(scope, references))
        parts = [part if isinstance(part, str) else next(found) for part in expression.parts]
        if not any(isinstance(part, Output) for part in parts):
            joined = Joined(tuple(part for part in parts if not isinstance(part, Output)), expression.place)
            unset = next((part for part in parts if isinstance(part, Unset)), None)
            return joined if unset is None else Unset(unset.name, expression.place, joined.axes)
        pattern, values = [""], []
        for part in parts:
            if isinstance(part, str):
                pattern[-1] += part
            else:
                values.append(part)
                pattern.append("")
        self.drafts[name] = Draft(
            name,
            expression.place,
            template.node_type,  # type: ignore[attr-defined]
            {"values": tuple(values), "pattern": Constant(pattern, expression.place)},
            {"values": expression.place, "pattern": expression.place},
        )
        return Output(name, "text")

    def _reference(self, scope: Scope, reference: Reference) -> Source:
        if reference.name in scope.spec.inputs:
            scope.used.add(reference.name)
            source = self._input(scope, reference.name, reference.place)
            if reference.attribute is None or isinstance(source, Unset):
                return source
            if isinstance(source, Output):
                raise self._wrong(reference.place, f"{reference}: only records from inputs have columns")
            return Column(source, reference.attribute, reference.place)
        if reference.name in scope.spec.nodes:
            return self._output(scope, scope.spec.nodes[reference.name], reference)
        if reference.name in scope.spec.broken:
            raise _DanglingError
        raise self._wrong(
            reference.place,
            f"there is no input or node {show(reference.name)}",
            nearest(reference.name, chain(scope.spec.inputs, scope.spec.nodes)),
        )

    def _output(self, scope: Scope, node: NodeSpec, reference: Reference) -> Source:
        inner = scope.inner.get(node.name)
        outputs = list(self._typed(scope, node)[0].outputs) if inner is None else inner.outputs()
        attribute = reference.attribute
        if inner is not None and attribute not in outputs and (inner.spec.problems or inner.lacks_outputs()):
            raise _DanglingError  # an output of it that is absent or can't be understood is noted already
        if attribute is None:
            if len(outputs) != 1:
                raise self._wrong(
                    reference.place,
                    f"{reference} has {len(outputs)} outputs: {', '.join(outputs)}",
                    f"write ${reference.name}.{outputs[0]}" if outputs else "give that graph an output",
                )
            attribute = outputs[0]
        elif attribute not in outputs:
            what = f"{reference.name!r} has no output {show(attribute)}"
            raise self._wrong(reference.place, what, nearest(attribute, outputs))
        if inner is None:
            return Output(f"{scope.prefix}{node.name}", attribute)
        with self._resolving("output", inner.prefix, attribute, reference.place):
            return self._reference(inner, inner.spec.outputs[attribute])

    # Inputs

    def _input(self, scope: Scope, name: str, place: Place | None = None) -> Source:
        spec = scope.spec.inputs[name]
        if spec.interface is not None:
            hint = f"use it as a node: use: ${name}"
            raise self._wrong(place or spec.place, f"{name!r} is an open graph, not a value", hint)
        key = (scope.prefix, name)
        if key not in self.inputs:
            with self._resolving("input", scope.prefix, name, spec.place):
                self.inputs[key] = self._resolve_input(scope, spec)
        found = self.inputs[key]
        if found is None:
            raise _DanglingError
        return found

    def _resolve_input(self, scope: Scope, spec: InputSpec) -> Source | None:
        full = scope.prefix + spec.name
        try:
            if scope.outer is not None and spec.name in scope.bindings:
                source = self._source(scope.outer, scope.bindings[spec.name], full)
                if not isinstance(source, Output):
                    self._check_input(spec, source)
                return source
            return self._own_input(scope, spec, full)
        except _DanglingError:
            return None

    def _own_input(self, scope: Scope, spec: InputSpec, full: str) -> Source:
        source: Given
        if spec.each is not None:
            source = Along(self._axis(full, spec.each))
        elif spec.default is not None:
            source = Constant(spec.default.plain(), spec.default.place)
        else:
            self.unset[full] = Problem(
                spec.place,
                f"input {full!r} has no value",
                f"give it: --set {full}=… or --each {full}=…,…; from Python {full}=…",
            )
            source = Unset(full, spec.place)
        self._check_input(spec, source)
        return source if spec.per is None or spec.each is None else self._per(scope, spec, source)

    def _axis(self, name: str, each: Each) -> Axis:
        try:
            self.axes[name] = read_axis(name, each)
        except GraphError as error:
            self.problems.extend(error.problems)
            raise _DanglingError from None
        return self.axes[name]

    def _per(self, scope: Scope, spec: InputSpec, seed: Given) -> Source:
        """Seeds of its own for every value of an input, of a column, or of text made of them."""
        assert spec.per is not None
        if isinstance(spec.per, Reference) and spec.per.name not in scope.spec.inputs:
            hint = nearest(spec.per.name, scope.spec.inputs)
            raise self._wrong(spec.per.place, f"per: there is no input {show(spec.per.name)}", hint)
        per = self._source(scope, spec.per, f"{scope.prefix}{spec.name}.per")
        if isinstance(per, Output):
            what = f"per: {spec.name!r} would need a node's output, so its seeds can't be planned"
            raise self._wrong(spec.per.place, what)
        return PerSeed(seed, per)

    def _check_input(self, spec: InputSpec, source: Given) -> None:
        """The ``type`` and bounds that an input declares for itself."""
        if spec.type is None and spec.minimum is None and spec.maximum is None:
            return
        port_type = INPUT_TYPES[spec.type or "number"]
        low = float("-inf") if spec.minimum is None else spec.minimum
        high = float("inf") if spec.maximum is None else spec.maximum
        span = f"at least {low:g}" if spec.maximum is None else f"at most {high:g}"
        if spec.minimum is not None and spec.maximum is not None:
            span = f"from {low:g} to {high:g}"
        try:
            for place, problem in islice(_misfits(source, port_type.parse, low, high, span), MAX_REPORTS):
                self.problems.add(place, f"input {spec.name!r} {problem}")
        except GraphError as error:
            self.problems.extend(error.problems)
            raise _DanglingError from None

    @contextmanager
    def _resolving(self, kind: str, prefix: str, name: str, place: Place) -> Iterator[None]:
        """Notices when resolving a name leads back to itself through nested graphs."""
        key, label = (kind, prefix, name), prefix + name
        if key in self.resolving:
            keys = list(self.resolving)
            path = [self.resolving[other] for other in keys[keys.index(key) :]]
            hint = "a node can't be made of its own result"
            raise self._wrong(place, f"a cycle: {' → '.join([*path, label])}", hint)
        self.resolving[key] = label
        try:
            yield
        finally:
            del self.resolving[key]


def _misfits(source: Given, parse: Any, low: float, high: float, span: str) -> Iterator[tuple[Place, str]]:
    for value, place in source.samples():
        try:
            item = parse(value)
        except ValueError as error:
            yield place, f"is {show(value)}; {error}"
            continue
        if isinstance(item, (int, float)) and not low <= item <= high:
            yield place, f"is {show(value)}; it must be {span}"


def _use_in_file_names(scope: Scope, node_type: NodeType, fields: Mapping[str, Any]) -> None:
    """Mark inputs as used that stand in a pattern of file names, of this graph or of one around it."""
    for option in node_type.options:
        given = fields.get(option.name)
        if option.file_name is None or not isinstance(given, Constant):
            continue
        for field in FIELD.findall(str(given.value)):
            name, holder = field.strip().split(".")[0], scope
            while name not in holder.spec.inputs and holder.outer is not None:
                holder = holder.outer
            if name in holder.spec.inputs:
                holder.used.add(name)


def _never(**_: Any) -> None:
    raise AssertionError("an open graph is never called")
