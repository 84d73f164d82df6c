"""Types, options and axes of a linked graph: what can be known to be wrong before anything runs."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

from .draft import Draft, Linked, Output, Source, Unset
from .fields import Fields, check_fields, flat
from .grammar import GraphSpec
from .link import link
from .node_type import NodeType
from .problem import GraphError, Place, Problem, Problems, nearest
from .registry import Registry
from .types import PortType
from .values import Axis, Given, PerSeed, Point, canonical

MAX_AXES = 64
#: How many points `by` looks at, and how many categories it may find.
MAX_SPLIT = 10_000_000
MAX_CATEGORIES = 10_000


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
    timeout: float | None = None
    is_open: bool = False

    @property
    def takes_stored(self) -> bool:
        """Whether its items may come from the store: its own, or what an equal step keeps there."""
        return self.keep != "none"

    def inputs(self) -> list[Output]:
        """The outputs of other steps that this one takes."""
        return self._inputs

    @cached_property
    def _inputs(self) -> list[Output]:
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

    def values_at(self, point: Mapping[str, int]) -> dict[str, Any]:
        """The values of the axes at a point, which is given by their indices."""
        return {axis: self.axes[axis].values[index] for axis, index in point.items()}

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


class _Checker:
    def __init__(self, spec: GraphSpec, linked: Linked) -> None:
        self.spec = spec
        self.linked = linked
        self.steps: dict[str, Step] = {}
        #: Steps whose axes can't be told, since something that leads to them is wrong or has no value.
        self.uncertain: set[str] = set()
        self.axes = dict(linked.axes)
        self.position = {name: index for index, name in enumerate(self.axes)}
        self.warnings = Problems(linked.warnings)
        self.problems = Problems(linked.problems)
        self.wrong = self.problems.add

    def check(self) -> CheckedGraph:
        drafts = self.linked.drafts
        if len(self.axes) > MAX_AXES:
            place = list(self.axes.values())[MAX_AXES].place
            self.wrong(place, f"more than {MAX_AXES} axes", "several values at each point are a zip")
        fields = {name: check_fields(draft, drafts, self.problems) for name, draft in drafts.items()}
        precursors = {
            name: {step for step in draft.precursors() if step in drafts} for name, draft in drafts.items()
        }
        order = _topological(precursors)
        if len(order) < len(drafts):
            self._report_cycles(precursors, set(order))
        for name in order:
            if len(self.axes) <= MAX_AXES:
                self._step(drafts[name], fields[name])
        self._check_outputs()
        self.problems.raise_if_any()
        reached = _reached(
            precursors,
            (source.step for source in self.linked.outputs.values() if isinstance(source, Output)),
        )
        self._warn_unreached(reached)
        return CheckedGraph(
            self.spec,
            self.axes,
            {name: self.steps[name] for name in order if name in reached},
            self.linked.outputs,
            self.linked.inputs,
            self.warnings.sorted(),
            self.linked.unset,
        )

    def _report_cycles(self, precursors: Mapping[str, set[str]], fine: set[str]) -> None:
        """One cycle of each knot of nodes that wait for each other."""
        import networkx

        graph = networkx.DiGraph()
        rest = [name for name in precursors if name not in fine]
        graph.add_edges_from((step, name) for name in rest for step in precursors[name] if step not in fine)
        for knot in networkx.strongly_connected_components(graph):
            part = graph.subgraph(knot)
            if part.number_of_edges() == 0:
                continue
            path = [edge[0] for edge in networkx.find_cycle(part)]
            places = [self.linked.drafts[name].place for name in path]
            first = min(range(len(path)), key=lambda index: Problem(places[index], "").order)
            path = path[first:] + path[:first]
            shown = path if len(path) <= 12 else [*path[:6], "…", *path[-5:]]
            hint = "a node can't be made of its own result"
            self.wrong(places[first], f"a cycle: {' → '.join([*shown, path[0]])}", hint)

    def _check_outputs(self) -> None:
        for name, source in self.linked.outputs.items():
            if not isinstance(source, Output):
                try:
                    for _ in source.samples():  # raises for a missing column
                        pass
                except GraphError as error:
                    self.problems.extend(error.problems)
            elif source.step not in self.linked.drafts:
                self.wrong(self.linked.output_places[name], f"output {name!r} leads nowhere")

    def _warn_unreached(self, reached: set[str]) -> None:
        """Nodes of this file that no output needs; a nested graph may well offer more than is taken."""
        whole = {name.partition(".")[0] for name in reached}
        for name in dict.fromkeys(name.partition(".")[0] for name in self.linked.drafts):
            if name not in whole:
                self.warnings.add(
                    self.spec.nodes[name].place, f"node {name!r} reaches no output, so it is not run"
                )

    # One step

    def _step(self, draft: Draft, fields: Fields) -> None:
        ports, options = fields.ports, fields.options
        before = set(draft.precursors())
        if fields.is_uncertain or not before <= self.steps.keys() or before & self.uncertain:
            self.uncertain.add(draft.name)
        domain = self._in_order(
            self._axes_of(source) for source in flat([*ports.values(), *options.values()])
        )
        over: tuple[str, ...] = ()
        grouping = None
        if draft.type.is_reducer:
            over = self._over(draft, fields, domain)
            grouping = self._grouping(draft, over)
        else:
            for word, given in (("over", draft.has_over), ("by", draft.has_by)):
                if given:
                    what = f"{draft.type.name} is not a reducer, so it takes no {word}:"
                    self.wrong(draft.places[word], what, f"remove {word}:")
        axes = tuple(name for name in domain if name not in over)
        if grouping is not None:
            axes = self._in_order([(*axes, grouping.axis.name)])
        self.steps[draft.name] = Step(
            draft.name,
            draft.place,
            draft.type,
            ports,
            options,
            domain,
            axes,
            over,
            grouping,
            draft.keep or draft.type.keep,
            draft.timeout,
            draft.is_open,
        )

    # Axes

    def _axes_of(self, source: Source) -> tuple[str, ...]:
        if isinstance(source, Output):
            return self.steps[source.step].axes if source.step in self.steps else ()
        return source.axes

    def _own_axes(self, source: Source) -> tuple[str, ...]:
        """What ``over`` takes away by this name: of seeds that each prompt has for itself, the seeds."""
        return source.seed.axes if isinstance(source, PerSeed) else self._axes_of(source)

    def _in_order(self, groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
        wanted = {name for group in groups for name in group if name in self.position}
        return tuple(sorted(wanted, key=self.position.__getitem__))

    def _over(self, draft: Draft, fields: Fields, domain: tuple[str, ...]) -> tuple[str, ...]:
        if not draft.has_over:
            example = domain[0] if len(domain) == 1 else f"[{', '.join(domain)}]"
            what = f"node {draft.name!r} ({draft.type.name}) is a reducer and has no over:"
            varying = f"its input varies over {_listed(domain)}"
            self.wrong(draft.place, what, f"{varying}; write over: {example}" if domain else varying)
            return ()
        members = flat(value for key, value in fields.ports.items() if key in draft.type.members)
        member_axes = self._in_order(self._axes_of(source) for source in members)
        varies = f"what {draft.name!r} reduces varies over {_listed(member_axes)}"
        reduced: set[str] = set()
        for name, source, place in draft.over:
            if source is None and name not in self.axes:
                what = f"is a node; {name!r} names no axis" if name in self.linked.drafts else ""
                close = nearest(name, self.axes)
                hint = f"{close}; {varies}" if close.startswith("did") else varies
                self.wrong(place, f"over: {name!r} {what or 'is no input, so it names no axis'}", hint)
                continue
            axes = self._own_axes(source) if source is not None else (name,)
            absent = [axis for axis in axes if axis not in member_axes]
            if absent and draft.name not in self.uncertain:
                what = (
                    f"over: {name!r} varies over {_listed(absent)}, and what {draft.name!r} reduces doesn't"
                )
                self.wrong(place, what, varies)
            reduced.update(axis for axis in axes if axis not in absent)
        for key, value in {**fields.ports, **fields.options}.items():
            clash = [axis for source in flat([value]) for axis in self._axes_of(source) if axis in reduced]
            if clash and key not in draft.type.members:
                self.wrong(
                    draft.places.get(key, draft.place),
                    f"{draft.type.name}.{key} varies over {_listed(clash)}, which {draft.name!r} reduces",
                    "what isn't a member of the set must be free of the reduced axes",
                )
        return tuple(axis for axis in domain if axis in reduced)

    def _grouping(self, draft: Draft, over: tuple[str, ...]) -> Grouping | None:
        if draft.by is None or not draft.has_over:
            return None
        name, by, place = draft.by
        if isinstance(by, Unset) or draft.name in self.uncertain:
            return None
        outside = [axis for axis in by.axes if axis not in over]
        if outside or not by.axes:
            what = f"varies over {_listed(outside)}" if outside else "has the same value everywhere"
            self.wrong(
                place, f"by: {name} {what}", f"split by a value that varies over {_listed(over)} alone"
            )
            return None
        if name in self.linked.axes:
            hint = f"leave {name} out of over:, and there is a result for each of its values"
            self.wrong(place, f"by: {name} is an axis already", hint)
            return None
        try:
            for _ in by.samples():  # raises for a missing column
                pass
        except GraphError as error:
            self.problems.extend(error.problems)
            return None
        lengths = [len(self.axes[axis]) for axis in by.axes]
        if prod(lengths) > MAX_SPLIT:
            self.wrong(place, f"by: {name} has {prod(lengths):,} values; {MAX_SPLIT:,} are the most")
            return None
        index: dict[str, int] = {}
        values: list[Any] = []
        for indices in product(*map(range, lengths)):
            value = by.at(dict(zip(by.axes, indices, strict=True)))
            category = canonical(value)
            if category not in index:
                index[category] = len(values)
                values.append(value)
                if len(values) > MAX_CATEGORIES:
                    self.wrong(place, f"by: {name} makes more than {MAX_CATEGORIES:,} categories")
                    return None
        self.position.setdefault(name, len(self.position))
        self.axes.setdefault(name, Axis(name, values, place))
        return Grouping(self.axes[name], by, index)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "no axis"


def _topological(precursors: Mapping[str, set[str]]) -> list[str]:
    """An order in which each comes after its precursors, else that of the file; cycles are left out."""
    names = list(precursors)
    position = {name: index for index, name in enumerate(names)}
    followers: dict[str, list[str]] = defaultdict(list)
    for name, before in precursors.items():
        for step in before:
            followers[step].append(name)
    waiting = {name: len(before) for name, before in precursors.items()}
    ready = [position[name] for name in names if waiting[name] == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for follower in followers[name]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, position[follower])
    return order


def _reached(precursors: Mapping[str, set[str]], targets: Iterable[str]) -> set[str]:
    """The targets and all that leads to them."""
    reached: set[str] = set()
    pending = list(targets)
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending.extend(precursors[name])
    return reached
