"""Keys: the digest that names an item, from node type, options and input keys; never from names or nesting.

Needs no values, loads no model, and uses the network only where asked to fetch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import PurePosixPath
from typing import Any

from .check import CheckedGraph, Step
from .draft import Output, Source
from .node_type import Option
from .problem import Place, fail
from .roles import Sampling
from .types import PortType
from .values import DIGEST_SIZE, Constant, canonical, item_digest
from .walk import Box, Walk, strides_of

#: Key of a point whose model is unknown until it is fetched.
UNKNOWN = b""


@dataclass
class MemberSet:
    """The set that one reduction reduces: digest of its settings, how many members, and their digests' sum.

    A sum, since a set has no order, and since members that turn out missing can be taken off again.
    """

    settings: bytes
    count: int = 0
    total: int = 0
    unknown: bool = False

    def add(self, member: bytes) -> None:
        self.count += 1
        self.total += int.from_bytes(member, "big")
        self.unknown |= member == UNKNOWN

    def without(self, missing: Sequence[bytes]) -> MemberSet:
        gone = sum(int.from_bytes(member, "big") for member in missing)
        return MemberSet(self.settings, self.count - len(missing), self.total - gone, self.unknown)

    @property
    def key(self) -> bytes:
        """The key of the reduction of these members."""
        if self.settings == UNKNOWN or self.unknown:
            return UNKNOWN
        return _digest(self.settings + f"{self.count} {self.total}".encode())


#: For each result of a reducer, by its index, what it reduces.
Reduction = dict[int, MemberSet]


class Keys:
    """Keys of every step at every point of a box.

    ``reduced`` holds the keys of reducers' results, one a point of their axes, once :meth:`reduce` has found
    them; a run puts in the key of the members present where some failed.
    """

    def __init__(self, graph: CheckedGraph, *, fetch: bool = False) -> None:
        self.graph = graph
        self.fetch = fetch
        self.sampling = Sampling(graph)
        self.lengths = {name: len(axis) for name, axis in graph.axes.items()}
        self.reduced: dict[str, list[bytes]] = {}
        self._reductions: dict[str, Reduction] = {}
        self._constant_bases: dict[str, bytes] = {}
        self._contents: dict[tuple[str, str, str], str | None] = {}
        #: Digests of values of axes, as reducers are told of them.
        self._places: dict[str, dict[int, bytes]] = {}
        # Keys of the box before: most steps lack the innermost axes, so many boxes share their points.
        self._recent: dict[str, tuple[list[range], Sequence[bytes]]] = {}

    def of_box(self, walk: Walk, box: Box) -> dict[str, Sequence[bytes]]:
        """Keys over ``box.points(step.axes)`` of each step of a walk, and of each reducer it takes from."""
        found: dict[str, Sequence[bytes]] = {}
        for step in (*walk.taken, *walk.steps):
            ranges = [box.ranges[axis] for axis in step.axes]
            recent = self._recent.get(step.name)
            if recent is None or recent[0] != ranges:
                keys = self._results(step, box) if step.type.is_reducer else self._keys(step, box, found)
                self._recent[step.name] = recent = (ranges, keys)
            found[step.name] = recent[1]
        return found

    def of_output(self, name: str, box: Box, found: Mapping[str, Sequence[bytes]]) -> dict[int, bytes]:
        """The keys of an output of the graph over the box, by index over its axes, in order."""
        source = self.graph.outputs[name]
        assert isinstance(source, Output)
        step = self.graph.steps[source.step]
        part = None if step.type.single_output else source.name
        indices = box.global_indices(step.axes, self.lengths)
        return {index: output_key(key, part) for index, key in zip(indices, found[step.name], strict=True)}

    def count(self, step: Step) -> int:
        """How many points a step's result has."""
        return prod(self.lengths[axis] for axis in step.axes)

    def _results(self, step: Step, box: Box) -> list[bytes]:
        keys = self.reduced[step.name]
        return [keys[index] for index in box.global_indices(step.axes, self.lengths)]

    def _keys(self, step: Step, box: Box, found: Mapping[str, Sequence[bytes]]) -> Sequence[bytes]:
        columns = self._port_columns(step, list(step.ports), box, found)
        return _joined([self._bases(step, box), *columns])

    # Reductions

    def members_in_box(
        self, step: Step, box: Box, found: Mapping[str, Sequence[bytes]]
    ) -> list[tuple[int, bytes, bytes]]:
        """For each member in the box: (index of its result, digest of the reducer's settings, its digest)."""
        names = [name for name in step.ports if name in step.type.members]
        columns = self._port_columns(step, names, box, found)
        if step.type.takes_points:
            columns.append(self._place_digests(step, box))
        free = [name for name in step.ports if name not in step.type.members]
        settings = _joined([self._bases(step, box), *self._port_columns(step, free, box, found)])
        return list(zip(self.result_indices(step, box), settings, _joined(columns), strict=True))

    def _place_digests(self, step: Step, box: Box) -> list[bytes]:
        """What a reducer that asks for its members' places is told of each: index and value on each axis.

        Which of these are the unit, and what units share, is the same for all members.
        """
        told = ""
        if step.type.members_port:
            told = json.dumps([self.sampling.unit_axis(step), self.sampling.crossed(step)])
        start, over = told.encode(), [(axis, self._places.setdefault(axis, {})) for axis in step.over]
        digests = []
        for point in box.points(step.domain):
            for axis, known in over:
                if point[axis] not in known:
                    known[point[axis]] = self._value_digest(axis, point[axis])
            digests.append(_digest(b"".join([start, *(known[point[axis]] for axis, known in over)])))
        return digests

    def _value_digest(self, axis: str, index: int) -> bytes:
        value = canonical(self.graph.axes[axis].values[index])
        return _digest(json.dumps([axis, index, value, self.sampling.label(axis, index)]).encode())

    def result_indices(self, step: Step, box: Box) -> list[int]:
        """For each point of a reducer's domain in the box the index of the result it goes into."""
        strides = strides_of(step.axes, self.lengths)
        kept = [axis for axis in step.domain if axis in strides]
        offsets = box.offsets(kept, strides)
        indices = [offsets[local] for local in box.project(step.domain, kept)]
        if step.grouping is None:
            return indices
        by, stride = step.grouping, strides[step.grouping.axis.name]
        axes = self.graph.in_order(by.by.axes)
        shifts = [stride * by.at(point) for point in box.points(axes)]
        return [
            index + shifts[local]
            for index, local in zip(indices, box.project(step.domain, axes), strict=True)
        ]

    def reduce(self, walk: Walk) -> dict[str, Reduction]:
        """What the walk's reducers reduce; their keys, all members taken to be present, go to ``reduced``."""
        if not {step.name for step in walk.reducers} <= self._reductions.keys():
            self._reductions.update(self._reduce(walk))
        reductions = {step.name: self._reductions[step.name] for step in walk.reducers}
        for step in walk.reducers:
            keys = [reductions[step.name][index].key for index in range(self.count(step))]
            if self.reduced.get(step.name) != keys:
                self.reduced[step.name] = keys
                self._recent.clear()
        return reductions

    def _reduce(self, walk: Walk) -> dict[str, Reduction]:
        reductions: dict[str, Reduction] = {step.name: {} for step in walk.reducers}
        for box in walk.boxes():
            here = [step for step in walk.reducers if box.is_first(step.domain)]
            if not here:
                continue
            found = self.of_box(walk, box)
            for step in here:
                reduction = reductions[step.name]
                for result, settings, member in self.members_in_box(step, box, found):
                    if result not in reduction:
                        reduction[result] = MemberSet(settings)
                    reduction[result].add(member)
        return reductions

    def settle(self, step: str, result: int, key: bytes) -> None:
        """Name a result by the members that were present; what is made of it gets other keys too."""
        if self.reduced[step][result] != key:
            self.reduced[step][result] = key
            self._reductions.clear()
            self._recent.clear()

    # Options

    def digest_of(self, step: Step) -> bytes:
        """One digest of the node type and of all values of its options, contents included."""
        axes = self._option_axes(step)
        if not axes:
            return self._constant_base(step)
        whole = Box({axis: range(self.lengths[axis]) for axis in axes}, {})
        return _digest(b"".join(self._base(step, point) for point in whole.points(axes)))

    def _bases(self, step: Step, box: Box) -> Sequence[bytes]:
        """For each point of the domain the digest of the node type and of its options there."""
        axes = self._option_axes(step)
        if not axes:
            return [self._constant_base(step)] * box.count(step.domain)
        bases = [self._base(step, point) for point in box.points(axes)]
        return [bases[local] for local in box.project(step.domain, axes)]

    def _option_axes(self, step: Step) -> tuple[str, ...]:
        return self.graph.in_order({axis for given in step.options.values() for axis in given.axes})

    def _constant_base(self, step: Step) -> bytes:
        """The digest of a node type and of options that vary over nothing."""
        if step.name not in self._constant_bases:
            self._constant_bases[step.name] = self._base(step, {})
        return self._constant_bases[step.name]

    def _base(self, step: Step, point: Mapping[str, int]) -> bytes:
        values = {
            option.name: option.setting(step.options[option.name].at(point)) for option in step.type.options
        }
        texts: dict[str, str] = {}
        for option in step.type.options:
            if option.effort or _is_at_default(option, values[option.name]):
                continue
            value = values[option.name]
            text = self._content(step, option, values) if option.content else key_text(option, value)
            if text is None:
                return UNKNOWN
            texts[option.name] = text
        # Which ports are given, and how many values each holds: with it, digests in a row say it all.
        ports = {
            name: len(value) if isinstance(value, tuple) else None
            for name, value in sorted(step.ports.items())
        }
        named = json.dumps([step.type.qualified, step.type.source_digest, texts, ports], sort_keys=True)
        return _digest(named.encode())

    def content_of(self, step: Step, option: Option) -> str | None:
        """The digest of what an option that is the same everywhere names outside the graph."""
        values = {
            each.name: each.setting(given.at({}))
            for each in step.type.options
            if not (given := step.options[each.name]).axes
        }
        return self._content(step, option, values)

    def _content(self, step: Step, option: Option, values: Mapping[str, Any]) -> str | None:
        """The digest of what an option names outside the graph; None where that is unknown until fetched."""
        value = values[option.name]
        if value is None or option.content is None:
            return option_text(value)
        cached = (step.name, option.name, option_text(values))
        if cached not in self._contents:
            given = step.options[option.name]
            place: Place = given.place if isinstance(given, Constant) else step.place
            try:
                found = option.content.resolve(value, values, self.fetch)
            except ValueError as error:
                raise fail(place, f"{step.type.name}.{option.name}: {error}") from None
            if found is None and self.fetch:
                raise fail(place, f"{step.type.name}.{option.name}: {value!r} could not be fetched")
            self._contents[cached] = found
        return self._contents[cached]

    # Ports

    def _port_columns(
        self, step: Step, names: Sequence[str], box: Box, found: Mapping[str, Sequence[bytes]]
    ) -> list[Sequence[bytes]]:
        columns: list[Sequence[bytes]] = []
        for name in sorted(names):
            port = step.type.port(name)
            assert port is not None
            value = step.ports[name]
            for source in value if isinstance(value, tuple) else (value,):
                axes, digests = self._source_digests(port.type, source, box, found)
                if axes != step.domain:
                    digests = [digests[local] for local in box.project(step.domain, axes)]
                columns.append(digests)
        return columns

    def _source_digests(
        self, port_type: PortType, source: Source, box: Box, found: Mapping[str, Sequence[bytes]]
    ) -> tuple[tuple[str, ...], Sequence[bytes]]:
        if isinstance(source, Output):
            producer = self.graph.steps[source.step]
            if producer.type.single_output is not None:
                return producer.axes, found[producer.name]
            return producer.axes, [output_key(key, source.name) for key in found[producer.name]]
        axes = self.graph.in_order(source.axes)
        return axes, [item_digest(port_type, source.at(point)) for point in box.points(axes)]


def output_key(key: bytes, name: str | None) -> bytes:
    """The key of one output of a step that has several; of a single output it is the step's own."""
    return key if name is None or key == UNKNOWN else _digest(key + name.encode())


def _is_at_default(option: Option, value: Any) -> bool:
    """Whether an option says nothing of its own: a node type can gain options and its items keep their keys.

    What names something outside the graph enters keys all the same, since that can change.
    """
    if option.required or option.file_name is not None or (option.content is not None and value is not None):
        return False
    return option_text(value) == option_text(option.default)


def key_text(option: Option, value: Any) -> str:
    """What of an option's value enters keys; of a file's name only the ending: it says how it is encoded."""
    return option_text(value) if option.file_name is None else PurePosixPath(value).suffix.lower()


def option_text(value: Any) -> str:
    """Text that is equal for equal values of an option, and only for those: 7 and 7.0, but not "7"."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (list, tuple)):
        return [_whole(entry) for entry in value]
    return {key: _whole(entry) for key, entry in value.items()} if isinstance(value, Mapping) else value


def _joined(columns: Sequence[Sequence[bytes]]) -> Sequence[bytes]:
    """Row by row one digest of several; UNKNOWN where one of them is. All of them are of one size."""
    if len(columns) == 1:
        return columns[0]
    rows = zip(*columns, strict=True)
    if any(UNKNOWN in column for column in columns):
        return [UNKNOWN if UNKNOWN in row else _digest(b"".join(row)) for row in rows]
    return [_digest(b"".join(row)) for row in rows]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_SIZE).digest()
