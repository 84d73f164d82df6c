"""Types, options and axes of a linked graph: what can be known to be wrong before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from .link import Draft, Linked, Output, Source, Unset, link
from .node import NodeType, Port
from .registry import Registry
from .source import GraphError, Place, Problem, nearest
from .spec import GraphSpec
from .types import PortType, accepts
from .values import Along, Axis, Constant, Given, PerSeed, Point, as_item, canonical, join_axes


@dataclass(frozen=True)
class Grouping:
    """The axis that ``by`` makes: the categories of a value, in first-seen order."""

    axis: Axis
    by: Given
    index: Mapping[str, int]

    def at(self, point: Point) -> int:
        """Which category a point of the split set belongs to."""
        return self.index[canonical(self.by.at(point))]


@dataclass(frozen=True)
class Step:
    """A checked node of the flat graph.

    ``domain`` are the axes that its calls (of a reducer: its members and settings) vary over, ``axes`` those
    that its result varies over. For all but reducers they are the same.
    """

    name: str
    place: Place
    type: NodeType
    ports: Mapping[str, Source | tuple[Source, ...]]
    options: Mapping[str, Given]
    domain: tuple[str, ...]
    axes: tuple[str, ...]
    over: tuple[str, ...] = ()
    grouping: Grouping | None = None
    keep: str = "disk"
    is_open: bool = False

    def inputs(self) -> list[Output]:
        """The outputs of other steps that this one takes."""
        sources: Iterable[Source] = (
            source
            for value in self.ports.values()
            for source in (value if isinstance(value, tuple) else (value,))
        )
        return [source for source in sources if isinstance(source, Output)]


@dataclass(frozen=True)
class CheckedGraph:
    """A graph found right: steps in an order in which they can run, only those that reach an output."""

    spec: GraphSpec
    axes: Mapping[str, Axis]
    steps: Mapping[str, Step]
    outputs: Mapping[str, Source]
    inputs: Mapping[str, Given]
    warnings: Sequence[Problem] = ()
    unset: Sequence[Problem] = ()

    def axes_of(self, source: Source) -> tuple[str, ...]:
        """The axes a source varies over, in the graph's order."""
        return self.steps[source.step].axes if isinstance(source, Output) else self.in_order(source.axes)

    def in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        wanted = set(names)
        return tuple(name for name in self.axes if name in wanted)

    def type_of(self, source: Source) -> PortType | None:
        """The port type of a step's output; None for a value that is known before the run."""
        return self.steps[source.step].type.outputs[source.name] if isinstance(source, Output) else None

    def require_complete(self) -> None:
        """Raise GraphError when an input has no value or an open graph was not given."""
        if self.unset:
            raise GraphError(self.unset)


def check(spec: GraphSpec, registry: Registry) -> CheckedGraph:
    """Check a graph; GraphError lists everything that is wrong with it."""
    return _Checker(spec, link(spec, registry)).check()


@dataclass
class _Checker:
    spec: GraphSpec
    linked: Linked
    steps: dict[str, Step] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.axes = dict(self.linked.axes)
        self.warnings = list(self.linked.warnings)
        self.problems = list(self.linked.problems)

    def wrong(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place, message, hint))

    def check(self) -> CheckedGraph:
        import networkx

        graph = networkx.DiGraph()
        position = {name: index for index, name in enumerate(self.linked.drafts)}
        graph.add_nodes_from(position)
        for name, draft in self.linked.drafts.items():
            graph.add_edges_from(
                (source.step, name) for source in draft.sources() if isinstance(source, Output)
            )
        try:
            order = list(networkx.lexicographical_topological_sort(graph, key=position.__getitem__))
        except networkx.NetworkXUnfeasible:
            self._report_cycle(networkx.find_cycle(graph))
            raise GraphError(sorted(self.problems, key=_position)) from None
        for name in order:
            self._step(self.linked.drafts[name])
        if self.problems:
            raise GraphError(sorted(self.problems, key=_position))
        reached = {source.step for source in self.linked.outputs.values() if isinstance(source, Output)}
        for name in tuple(reached):
            reached |= networkx.ancestors(graph, name)
        for name in order:
            if name not in reached:
                place = self.linked.drafts[name].place
                self.warnings.append(Problem(place, f"node {name!r} reaches no output, so it is not run"))
        return CheckedGraph(
            self.spec,
            self.axes,
            {name: self.steps[name] for name in order if name in reached},
            self.linked.outputs,
            self.linked.inputs,
            self.warnings,
            self.linked.unset,
        )

    def _report_cycle(self, edges: Sequence[tuple[str, str]]) -> None:
        path = [edge[0] for edge in edges]
        first = min(range(len(path)), key=lambda index: str(self.linked.drafts[path[index]].place))
        path = path[first:] + path[:first]
        place = self.linked.drafts[path[0]].place
        self.wrong(
            place, f"a cycle: {' → '.join([*path, path[0]])}", "a node can't be made of its own result"
        )

    # One step

    def _step(self, draft: Draft) -> None:
        ports = {key: value for key, value in draft.fields.items() if draft.type.port(key)}
        options = {key: value for key, value in draft.fields.items() if draft.type.option(key)}
        self._names(draft)
        for port in draft.type.ports:
            if port.name in ports:
                self._port(draft, port, ports[port.name])
            elif port.required:
                self.wrong(
                    draft.place,
                    f"node {draft.name!r} ({draft.type.name}) lacks {port.name}",
                    f"give it: {port.name}: $… ({port.type.name})",
                )
            elif port.default is not None:
                ports[port.name] = Constant(port.default, draft.place)
        settings = self._options(draft, options)
        domain = self._in_order(
            self._axes_of(source) for source in _flat([*ports.values(), *settings.values()])
        )
        over: tuple[str, ...] = ()
        grouping = None
        if draft.type.is_reducer:
            over = self._over(draft, ports, settings, domain)
            grouping = self._grouping(draft, over)
        elif draft.has_over or draft.by:
            word = "over" if draft.has_over else "by"
            self.wrong(
                draft.places[word],
                f"{draft.type.name} is not a reducer, so it takes no {word}:",
                f"remove {word}:",
            )
        axes = tuple(name for name in domain if name not in over)
        if grouping is not None:
            axes = self._in_order([(*axes, grouping.axis.name)])
        keep = draft.keep or draft.type.keep
        self.steps[draft.name] = Step(
            draft.name,
            draft.place,
            draft.type,
            ports,
            settings,
            domain,
            axes,
            over,
            grouping,
            keep,
            draft.is_open,
        )

    def _names(self, draft: Draft) -> None:
        known = [port.name for port in draft.type.ports] + [option.name for option in draft.type.options]
        for key in draft.fields:
            if key not in known:
                what = f"node type {draft.type.name!r} has no port or option {key!r}"
                self.wrong(draft.places.get(key, draft.place), what, nearest(key, known) or "it takes none")

    def _port(self, draft: Draft, port: Port, value: Source | tuple[Source, ...]) -> None:
        place = draft.places.get(port.name, draft.place)
        if isinstance(value, tuple) and not port.many:
            self.wrong(place, f"{draft.type.name}.{port.name} takes one value, not a list")
            return
        if port.many and not isinstance(value, tuple):
            self.wrong(
                place,
                f"{draft.type.name}.{port.name} takes a list of references",
                f"write {port.name}: [$a, $b]",
            )
            return
        for source in value if isinstance(value, tuple) else (value,):
            if isinstance(source, Output):
                self._edge(draft, port, source, place)
            elif not isinstance(source, Unset):
                self._known_value(draft, port, source, place)

    def _edge(self, draft: Draft, port: Port, source: Output, place: Place) -> None:
        producer = self.linked.drafts[source.step].type
        offered = producer.outputs[source.name]
        if not accepts(port.type, offered):
            fitting = [
                f"${name}" + ("" if other.type.single_output else f".{output}")
                for name, other in self.linked.drafts.items()
                for output, kind in other.type.outputs.items()
                if accepts(port.type, kind) and name != draft.name
            ]
            hint = f"{port.type.name} comes from {', '.join(fitting)}" if fitting else ""
            self.wrong(
                place,
                f"{draft.type.name}.{port.name} takes {port.type.name}; ${source.step} ({producer.name}) gives "
                f"{offered.name}",
                hint,
            )

    def _known_value(self, draft: Draft, port: Port, source: Given, place: Place) -> None:
        if port.type.reads is None and not port.type.reads_files:
            self.wrong(
                place,
                f"{draft.type.name}.{port.name} takes {port.type.name}, which can't be written as a value",
                f"give it a node's output: {port.name}: $…",
            )
            return
        try:
            for value, where in source.samples():
                try:
                    if not _is_readable_file(port.type, value):
                        as_item(port.type, value)
                except ValueError as error:
                    self.wrong(where, f"{draft.type.name}.{port.name}: {canonical(value)!r}: {error}")
                    return
        except GraphError as error:
            self.problems.extend(error.problems)
            return
        if port.name == "seed":
            self._duplicate_seeds(source)

    def _duplicate_seeds(self, source: Given) -> None:
        base = source.seed if isinstance(source, PerSeed) else source
        if not isinstance(base, Along) or isinstance(base.axis.values, range):
            return
        seen: dict[str, int] = {}
        for index, value in enumerate(base.axis.values):
            first = seen.setdefault(canonical(value), index)
            if first != index:
                place = base.axis.place_of(index)
                hint = "equal seeds draw equal pictures and would count twice in every score"
                problem = Problem(place, f"the seed {value} stands twice on axis {base.axis.name!r}", hint)
                if problem not in self.problems:
                    self.problems.append(problem)
                return

    def _options(self, draft: Draft, given: Mapping[str, Source | tuple[Source, ...]]) -> dict[str, Given]:
        settings: dict[str, Given] = {}
        for option in draft.type.options:
            place = draft.places.get(option.name, draft.place)
            if option.name not in given:
                if option.required:
                    self.wrong(
                        draft.place,
                        f"node {draft.name!r} ({draft.type.name}) lacks {option.name}",
                        f"it is {option.expected}",
                    )
                else:
                    settings[option.name] = Constant(option.default, place)
                continue
            source = given[option.name]
            if isinstance(source, (Output, tuple)):
                self.wrong(
                    place,
                    f"{draft.type.name}.{option.name} is an option: it takes a value or an input, not a node's output",
                )
                continue
            if (
                isinstance(source, Constant)
                and isinstance(source.value, list)
                and isinstance(source.value, tuple)
            ):
                continue
            settings[option.name] = source
            try:
                for value, where in source.samples():
                    try:
                        option.convert(value)
                    except ValueError as error:
                        shown = canonical(value)
                        self.wrong(where, f"{draft.type.name}.{option.name} is {shown!r}; {error}")
                        break
            except GraphError as error:
                self.problems.extend(error.problems)
        return settings

    # Axes

    def _axes_of(self, source: Source) -> tuple[str, ...]:
        return self.steps[source.step].axes if isinstance(source, Output) else source.axes

    def _own_axes(self, source: Source) -> tuple[str, ...]:
        """What ``over`` takes away when it names this: of seeds that each prompt has for itself, the seeds."""
        return source.seed.axes if isinstance(source, PerSeed) else self._axes_of(source)

    def _in_order(self, groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
        wanted = {name for group in groups for name in group}
        return tuple(name for name in self.axes if name in wanted)

    def _over(
        self,
        draft: Draft,
        ports: Mapping[str, Source | tuple[Source, ...]],
        settings: Mapping[str, Given],
        domain: tuple[str, ...],
    ) -> tuple[str, ...]:
        varies = ", ".join(domain) or "no axis"
        if not draft.has_over:
            example = domain[0] if len(domain) == 1 else f"[{', '.join(domain)}]"
            what = f"node {draft.name!r} ({draft.type.name}) is a reducer and has no over:"
            varying = f"its input varies over {varies}"
            self.wrong(draft.place, what, f"{varying}; write over: {example}" if domain else varying)
            return ()
        members = [source for key in draft.type.members for source in _flat([ports.get(key, ())])]
        member_axes = self._in_order(self._axes_of(source) for source in members)
        reduced: list[str] = []
        for name, source, place in draft.over:
            if source is None and name not in self.axes:
                self.wrong(place, f"over: there is no input {name!r}", f"the input varies over {varies}")
                continue
            axes = self._own_axes(source) if source is not None else (name,)
            absent = [axis for axis in axes if axis not in member_axes]
            if absent:
                self.wrong(
                    place,
                    f"over: {name!r} varies over {', '.join(absent)}, which what {draft.name!r} reduces does not",
                    f"that varies over {', '.join(member_axes) or 'no axis'}",
                )
            reduced.extend(axis for axis in axes if axis not in absent)
        for key, value in {**ports, **settings}.items():
            if key in draft.type.members:
                continue
            clash = [axis for source in _flat([value]) for axis in self._axes_of(source) if axis in reduced]
            if clash:
                self.wrong(
                    draft.places.get(key, draft.place),
                    f"{draft.type.name}.{key} varies over {', '.join(clash)}, which {draft.name!r} reduces",
                    "what isn't a member of the set must be free of the reduced axes",
                )
        return join_axes([axis for axis in domain if axis in reduced])

    def _grouping(self, draft: Draft, over: tuple[str, ...]) -> Grouping | None:
        if draft.by is None:
            return None
        name, by, place = draft.by
        outside = [axis for axis in by.axes if axis not in over]
        if outside or not by.axes:
            what = f"varies over {', '.join(outside)}" if outside else "has the same value everywhere"
            self.wrong(
                place, f"by: {name} {what}", f"split by a value that varies over {', '.join(over)} alone"
            )
            return None
        index: dict[str, int] = {}
        values: list[Any] = []
        try:
            for _ in by.samples():  # reports a missing column at its place
                pass
        except GraphError as error:
            self.problems.extend(error.problems)
            return None
        for indices in product(*(range(len(self.axes[axis])) for axis in by.axes)):
            value = by.at(dict(zip(by.axes, indices, strict=True)))
            if canonical(value) not in index:
                index[canonical(value)] = len(values)
                values.append(value)
        self.axes.setdefault(name, Axis(name, values, place))
        return Grouping(self.axes[name], by, index)


def _position(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def _flat(values: Iterable[Source | tuple[Source, ...]]) -> Iterable[Source]:
    for value in values:
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


def _is_readable_file(port_type: PortType, value: Any) -> bool:
    if not port_type.reads_files:
        return False
    return isinstance(value, Path) or (isinstance(value, Mapping) and isinstance(value.get("image"), Path))
