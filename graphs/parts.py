"""What every step's key is made of, in words: a run notes it, so that a later plan can say what changed.

Keys themselves are digests and tell nothing. The parts tell: node type, options, values at ports, and the
steps that others are made of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .check import CheckedGraph, Step
from .draft import Output, Source
from .fields import flat
from .keys import Keys, key_text
from .located import Located
from .node_type import Option
from .problem import fail, show
from .types import PortType
from .values import Along, Axis, Column, Constant, Given, Joined, PerSeed, canonical, item_digest

#: Of longer axes the values are not noted one by one, only all of them as one digest.
_LISTED = 1000
_TEXT = 60


@dataclass(frozen=True)
class Part:
    """A value at a port or of an option, as people read it, and the axes it varies over.

    ``digest`` tells values apart where the text alone doesn't, ``step`` is the step that it comes from.
    """

    text: str
    digest: str = ""
    axes: tuple[str, ...] = ()
    step: str = ""

    def record(self) -> str | dict[str, Any]:
        """This as plain data: its text, where that is all."""
        if not self.digest:
            return self.text
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class StepParts:
    """What a step's key is made of. ``settings`` digests type and options, the content of files included;
    ``digest`` all of it, with the steps it is made of."""

    type: str
    source: str
    settings: str
    options: Mapping[str, Part]
    ports: Mapping[str, tuple[Part, ...]]
    over: tuple[str, ...]
    content: tuple[str, ...]
    digest: str

    def record(self) -> dict[str, Any]:
        """This as plain data."""
        return {
            **vars(self),
            "options": {name: part.record() for name, part in self.options.items()},
            "ports": {name: [part.record() for part in parts] for name, parts in self.ports.items()},
        }


@dataclass(frozen=True)
class Parts:
    """The parts of every step of a graph, and the values of its axes as text."""

    steps: Mapping[str, StepParts]
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The parts as plain data."""
        steps = {name: step.record() for name, step in self.steps.items()}
        return {"mezzotint": 1, "axes": dict(self.axes), "steps": steps}

    @classmethod
    def read(cls, path: Path) -> Parts:
        """What a run noted in a file; GraphError where it isn't that."""
        try:
            data = json.loads(path.read_text("utf-8"))
            return cls(
                {name: _step(entry) for name, entry in data["steps"].items()},
                {name: tuple(map(str, values)) for name, values in data["axes"].items()},
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            what = getattr(error, "strerror", None) or "it is damaged, or of another release"
            raise fail(None, f"{path} can't be read: {what}", "run the graph once more") from None


def _step(entry: Mapping[str, Any]) -> StepParts:
    return StepParts(
        **{
            **entry,
            "options": {name: _part(part) for name, part in entry["options"].items()},
            "ports": {name: tuple(map(_part, parts)) for name, parts in entry["ports"].items()},
            "over": tuple(entry["over"]),
            "content": tuple(entry["content"]),
        }
    )


def _part(entry: str | Mapping[str, Any]) -> Part:
    if isinstance(entry, str):
        return Part(entry)
    return Part(**{**entry, "axes": tuple(entry.get("axes", ()))})


def parts_of(graph: CheckedGraph, keys: Keys) -> Parts:
    """The parts of every step's key; reads no values but those that keys read too."""
    return _Reader(graph, keys).read()


class _Reader:
    def __init__(self, graph: CheckedGraph, keys: Keys) -> None:
        self.graph = graph
        self.keys = keys
        self.axes: dict[str, str] = {}
        self.found: dict[str, StepParts] = {}

    def read(self) -> Parts:
        for name, step in self.graph.steps.items():
            self.found[name] = self._step(step)
        listed = {
            name: tuple(_short(_text(value)) for value in axis.values)
            for name, axis in self.graph.axes.items()
            if len(axis) <= _LISTED
        }
        return Parts(self.found, listed)

    def _step(self, step: Step) -> StepParts:
        options = {
            option.name: self._option(option, step.options[option.name])
            for option in step.type.options
            if not option.effort
        }
        ports = {
            port.name: tuple([self._source(port.type, source) for source in flat([step.ports[port.name]])])
            for port in step.type.ports
            if port.name in step.ports
        }
        settings = self.keys.digest_of(step).hex()
        by = () if step.grouping is None else (f"by {step.grouping.axis.name}",)
        whole = [settings, step.over, by, [[name, *[part.digest for part in ports[name]]] for name in ports]]
        return StepParts(
            step.type.qualified,
            step.type.source_digest,
            settings,
            options,
            ports,
            (*step.over, *by),
            tuple(option.name for option in step.type.options if option.content is not None),
            _digest(json.dumps(whole)),
        )

    def _option(self, option: Option, given: Given) -> Part:
        if given.axes:
            return self._given(given)
        text = key_text(option, option.setting(given.at({})))
        return Part(text) if len(text) <= _TEXT else Part(_short(text), _digest(text))

    def _source(self, kind: PortType, source: Source) -> Part:
        if isinstance(source, Output):
            digest = f"{self.found[source.step].digest}.{source.name}"
            return Part(f"${source.step}", digest, (), source.step)
        if isinstance(source, Constant):  # as keys take it: a path at a port counts by what it leads to
            return Part(_short(_text(source.value)), item_digest(kind, source.value).hex())
        if isinstance(source, Located):
            digests = [item_digest(kind, value).hex() for value, _ in source.samples()]
            return replace(self._given(source), digest=_digest(json.dumps(digests)))
        return self._given(source)

    def _given(self, given: Given) -> Part:
        axes = self.graph.in_order(given.axes)
        first = _short(_text(given.at(dict.fromkeys(given.axes, 0))))
        return Part(f"{first}{', …' if axes else ''}", self._digest(given), axes)

    def _digest(self, given: Given) -> str:
        """One digest of all values, without going through the points of several axes."""
        if isinstance(given, Constant):
            return _digest(canonical(_whole(given.value)))
        if isinstance(given, Along):
            return self._axis(given.axis)
        if isinstance(given, Located):
            return self._digest(given.source)
        if isinstance(given, Column):
            return _digest(f"{self._digest(given.records)}.{given.name}")
        if isinstance(given, PerSeed):
            return _digest(f"{self._digest(given.seed)} per {self._digest(given.per)}")
        assert isinstance(given, Joined)
        pieces = [part if isinstance(part, str) else [self._digest(part)] for part in given.parts]
        return _digest(json.dumps(pieces))

    def _axis(self, axis: Axis) -> str:
        if axis.name not in self.axes:
            values = axis.values
            text = (
                repr(values)
                if isinstance(values, range) and len(values) > _LISTED
                else json.dumps([canonical(_whole(value)) for value in values])  # 0, 1, 2 is {range: 3}
            )
            self.axes[axis.name] = _digest(text)
        return self.axes[axis.name]


def _short(text: str) -> str:
    """Text short enough for a line; the end of a path tells more than its middle."""
    return text if len(text) <= _TEXT else f"{text[: _TEXT // 3]}…{text[-(_TEXT - _TEXT // 3) :]}"


def _text(value: Any) -> str:
    if isinstance(value, Path):
        return value.name
    return repr(value) if isinstance(value, str) else show(value)


def _whole(value: Any) -> Any:
    """7.0 as 7: equal numbers are one value."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
