"""Which node types are metrics of pictures, told by what they declare, whoever wrote them.

A metric takes pictures, with or without a text for each and a reference, and nothing else that must be given;
it makes numbers or truth values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..graphs.node_type import NodeType
from ..graphs.registry import Registry
from ..graphs.types import BooleanType, NumberType, PlainType, PortType, TextType
from ..nodes.pictures import ImagesType
from .references import ReferenceType


@dataclass(frozen=True)
class MetricType:
    """A node type with the ports that pictures, their texts and a reference go to, and its scores.

    A reducer makes one value of a set of pictures, any other metric one of each.
    """

    node_type: NodeType
    images: str
    text: str | None
    reference: str | None
    scores: Mapping[str, PortType]

    @property
    def needs_text(self) -> bool:
        return self.text is not None and self._required(self.text)

    @property
    def needs_reference(self) -> bool:
        return self.reference is not None and self._required(self.reference)

    @property
    def needed_options(self) -> tuple[str, ...]:
        """Options without a default."""
        return tuple(option.name for option in self.node_type.options if option.required)

    def obstacle(self, settings: Mapping[str, Any], *, fetch: bool) -> str:
        """Why it can't be used here with these options: weights or a package that are missing; or nothing.

        ``fetch`` allows the download of weights that are named. Values that no option takes are left to the
        check of the graph.
        """
        try:
            values = {
                option.name: option.setting(settings.get(option.name, option.default))
                for option in self.node_type.options
            }
        except ValueError:
            return ""
        try:
            if self.node_type.check is not None:
                self.node_type.check(values)
            for option in self.node_type.options:
                if option.content is not None and values[option.name] is not None:
                    option.content.resolve(values[option.name], values, fetch)
        except ValueError as error:
            return str(error)
        return ""

    def _required(self, name: str) -> bool:
        port = self.node_type.port(name)
        return port is not None and port.required


def metrics_in(registry: Registry) -> dict[str, MetricType]:
    """The metrics among the node types of a registry, by name."""
    found = ((name, metric_of(registry[name])) for name in registry.names())
    return {name: metric for name, metric in found if metric is not None}


def metric_of(declared: NodeType) -> MetricType | None:
    """What a node type is as a metric of pictures; None for what is none."""
    ports: dict[type[PortType], str] = {}
    for port in sorted(declared.ports, key=lambda port: not port.required):
        kind = _one_of(port.takes, (ImagesType, TextType, ReferenceType))
        if kind is not None and kind not in ports and not port.many:
            ports[kind] = port.name
        elif port.required:
            return None
    scores = {
        name: kind
        for name, kind in declared.outputs.items()
        if isinstance(kind, (NumberType, BooleanType))  # whole numbers count or name things
    }
    plain = all(isinstance(kind, PlainType) for kind in declared.outputs.values())
    if ImagesType not in ports or not scores or not plain:
        return None
    return MetricType(declared, ports[ImagesType], ports.get(TextType), ports.get(ReferenceType), scores)


def _one_of(kind: PortType, types: Iterable[type[PortType]]) -> type[PortType] | None:
    return next((each for each in types if isinstance(kind, each)), None)
