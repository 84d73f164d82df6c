"""Running a node on a canvas: values come in, items go through the node type, values go out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ...evaluation.detections import DetectionsType
from ...graphs.node_type import NodeType
from ...graphs.program.direct import call_items
from ...graphs.types import PortType
from ...nodes.conditioning import ConditioningType
from ...nodes.device import TorchDevice
from ...nodes.latents import LatentsType
from ...nodes.model import ModelHandle, ModelType
from .conditioning import with_negative
from .inputs import Input
from .latents import origins
from .pictures import masks_out
from .progress import memory_errors, watching
from .sockets import Border, socket_of

Values = Mapping[str, Sequence[Any]]


@dataclass
class Given:
    """What came in: the items of every port, the settings of every option, and how items were grouped.

    ``groups`` are the numbers of items that shared a value, where some came in batches.
    """

    border: Border
    ports: dict[str, list[Any]] = field(default_factory=dict)
    options: dict[str, list[Any]] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Made:
    """The items that a node made, for each output a list; the values that go out; what there is to mind."""

    items: dict[str, list[Any]]
    values: tuple[Any, ...]
    warnings: tuple[str, ...]


def run_node(declared: NodeType, inputs: Mapping[str, Input], values: Values) -> Made:
    """Run a node type on the values of its inputs, each a list.

    All items of all values of an input are one list; a list of one goes with every item of the others.
    Batches come out grouped as they went in. Raises ValueError for values that don't go together, and what
    the node type raises; where memory runs out, torch's own error, for ComfyUI to make room.
    """
    given = given_in(declared, inputs, values)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        with watching(), memory_errors():
            items = _called(declared, given)
    said = dict.fromkeys(str(warning.message) for warning in caught)
    return Made(items, tuple(_given_out(declared, given, items)), tuple(said))


def given_in(declared: NodeType, inputs: Mapping[str, Input], values: Values) -> Given:
    """The items and settings in the values of inputs; ValueError names the input whose value is wrong."""
    draws = any(isinstance(kind, LatentsType) for kind in declared.outputs.values())
    given = Given(Border(declared.name, _model(declared, values), draws))
    negatives: list[Any] = []
    for name, source in inputs.items():
        read = [source.read(value) for value in values.get(name, ())]
        if source.option is not None:
            if read:
                given.options[name] = read
            continue
        if all(value is None for value in read) and not source.required:
            continue
        if not read:
            raise ValueError(f"{name}: nothing came over the wire")
        taken = [_taken(source, value, given.border) for value in read]
        items = [item for part in taken for item in part]
        if source.port is None:
            negatives = items
        elif source.port.many:
            given.ports.setdefault(source.port.name, []).append(items)
        else:
            given.ports[name] = items
            if source.sockets[0].batches and len(items) >= sum(given.groups):
                given.groups = [len(part) for part in taken]
    if negatives:
        _steer(declared, given, negatives)
    return given


def _model(declared: NodeType, values: Values) -> ModelHandle | None:
    """The model that a node is given, or else the one that its latents came from.

    Raises ValueError for several, whose latents and prompts may differ.
    """
    ports = [port.name for port in declared.ports if isinstance(port.type, ModelType)]
    models = {model for name in ports for model in values.get(name, ()) if isinstance(model, ModelHandle)}
    if not models:
        models = {origin.model for found in values.values() for origin in origins(found)}
    if len(models) > 1:
        raise ValueError(f"{declared.name} takes one model at a time, and a list of {len(models)} was given")
    return next(iter(models), None)


def _taken(source: Input, value: Any, border: Border) -> list[Any]:
    """The items of one value; of several sockets, the first that takes it."""
    if value is None:
        raise ValueError(f"{source.name}: nothing came over the wire")
    wrong: ValueError | None = None
    for socket in source.sockets:
        try:
            return socket.take(value, border)
        except ValueError as error:
            wrong = wrong or ValueError(f"{source.name}: {error}")
    assert wrong is not None
    raise wrong


def _steer(declared: NodeType, given: Given, negatives: list[Any]) -> None:
    """Let the conditioning steer away from what came in beside it."""
    name = next(port.name for port in declared.ports if isinstance(port.type, ConditioningType))
    positives = given.ports[name]
    count = max(len(positives), len(negatives))
    pairs = zip(_spread(name, positives, count), _spread("negative", negatives, count), strict=True)
    given.ports[name] = [with_negative(*pair) for pair in pairs]


def _spread(name: str, items: list[Any], count: int) -> list[Any]:
    """A list of as many as ``count``: as it is, or one for all."""
    if len(items) not in (1, count):
        raise ValueError(f"{name} has {len(items)}, and others have {count}; give as many, or one for all")
    return items * (count // len(items)) if items else items


def _called(declared: NodeType, given: Given) -> dict[str, list[Any]]:
    """The items of every output; those whose settings differ go through calls of their own."""
    device = TorchDevice()
    count = max((len(values) for values in given.options.values()), default=1)
    if count == 1:
        settings = {name: values[0] for name, values in given.options.items()}
        return call_items(declared, given.ports, settings, device)
    if declared.is_reducer:
        raise ValueError(f"{declared.name} reduces one set; an option of it is one value, not {count}")
    parts = _parts(declared, given.ports)
    count = max(count, *map(len, parts.values()), 1)
    parts = {key: _spread(key[0], items, count) for key, items in parts.items()}
    rows = [dict(zip(given.options, row, strict=True)) for row in zip(*_columns(given, count), strict=True)]
    made: dict[str, list[Any]] = {name: [] for name in declared.outputs}
    for settings, places in groupby(range(count), key=rows.__getitem__):
        alike = list(places)
        ports: dict[str, list[Any]] = {}
        for (name, position), items in parts.items():
            some = [items[place] for place in alike]
            if position is None:
                ports[name] = some
            else:
                ports.setdefault(name, []).append(some)
        for name, items in call_items(declared, ports, settings, device).items():
            made[name] += _spread(name, items, len(alike))
    return made


def _columns(given: Given, count: int) -> list[list[Any]]:
    return [_spread(name, values, count) for name, values in given.options.items()]


def _parts(declared: NodeType, ports: Mapping[str, list[Any]]) -> dict[tuple[str, int | None], list[Any]]:
    """Every list of items, by its port and, where a port takes several lists, the place among them."""
    many = {port.name for port in declared.ports if port.many}
    parts: dict[tuple[str, int | None], list[Any]] = {}
    for name, items in ports.items():
        if name in many:
            parts |= {(name, position): part for position, part in enumerate(items)}
        else:
            parts[name, None] = items
    return parts


def _given_out(declared: NodeType, given: Given, items: Mapping[str, list[Any]]) -> Iterator[Any]:
    """A value for each output: a list of them, or the one of a reducer."""
    masks = []
    for name, kind in declared.outputs.items():
        yield _value(declared, kind, items[name], given)
        if isinstance(kind, DetectionsType):
            masks.append(_masks(declared, items[name], given))
    yield from masks


def _value(declared: NodeType, kind: PortType, items: list[Any], given: Given) -> Any:
    socket = socket_of(kind)
    if declared.is_reducer:
        return socket.give(items, given.border)
    if not socket.batches:
        return [socket.give([item], given.border) for item in items]
    return [socket.give(group, given.border) for group in grouped(items, given.groups, kind)]


def _masks(declared: NodeType, items: list[Any], given: Given) -> Any:
    groups = [masks_out(group) for group in grouped(items, given.groups, None)]
    return groups[0] if declared.is_reducer else groups


def grouped(items: list[Any], groups: Sequence[int], kind: PortType | None) -> Iterator[list[Any]]:
    """Items in the groups in which others came, if those are as many; each of one shape, as a batch is.

    ``kind`` says what an item's shape is; of None it is that of the picture in which something was found.
    """
    sizes = groups if sum(groups) == len(items) else [len(items)]
    start = 0
    for size in sizes:
        group = items[start : start + size]
        start += size
        for _, alike in groupby(group, key=lambda item: _shape(kind, item)):
            yield list(alike)


def _shape(kind: PortType | None, item: Any) -> Any:
    return (item.height, item.width) if kind is None else kind.shape(item)
