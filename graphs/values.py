"""Values that are known before anything runs: what inputs hold, along which axes, and what is made of them.

A value that varies is an object that can be asked for its value at a point; the points themselves are never
listed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from .digest import file_digest
from .problem import Place, fail, nearest, show
from .source import read_file
from .types import IntegerType, PortType, accepts, format_scalar

Point = Mapping[str, int]

#: Bytes of every digest that keys are made of.
DIGEST_SIZE = 20


@dataclass(frozen=True)
class Axis:
    """The values of an input that was given each of several. ``places[i]`` is where value i was read."""

    name: str
    values: Sequence[Any]
    place: Place
    places: Sequence[Place] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def place_of(self, index: int) -> Place:
        return self.places[index] if self.places else self.place


class Given(Protocol):
    """A value known before anything runs."""

    @property
    def axes(self) -> tuple[str, ...]: ...

    def at(self, point: Point) -> Any:
        """The plain value at a point that covers at least :attr:`axes`."""
        ...

    def samples(self) -> Iterator[tuple[Any, Place]]:
        """Every distinct kind of value this can take, with its place: what type checks look at."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same value everywhere."""

    value: Any
    place: Place
    axes: tuple[str, ...] = ()

    def at(self, point: Point) -> Any:
        return self.value

    def samples(self) -> Iterator[tuple[Any, Place]]:
        yield self.value, self.place


@dataclass(frozen=True)
class Along:
    """The values of one axis."""

    axis: Axis

    @property
    def axes(self) -> tuple[str, ...]:
        return (self.axis.name,)

    def at(self, point: Point) -> Any:
        return self.axis.values[point[self.axis.name]]

    def samples(self) -> Iterator[tuple[Any, Place]]:
        indices: Iterable[int] = range(len(self.axis))
        if isinstance(self.axis.values, range):  # whole numbers without a gap: the ends tell it all
            indices = (0, len(self.axis) - 1)
        for index in indices:
            yield self.axis.values[index], self.axis.place_of(index)


@dataclass(frozen=True)
class Column:
    """One column of records; ``place`` is where the graph asks for it."""

    records: Given
    name: str
    place: Place

    @property
    def axes(self) -> tuple[str, ...]:
        return self.records.axes

    def at(self, point: Point) -> Any:
        return self.records.at(point)[self.name]

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for record, place in self.records.samples():
            if not isinstance(record, Mapping):
                raise fail(
                    self.place,
                    f"{show(record)} (at {place}) is not a record, so it has no column {show(self.name)}",
                    "leave the column out",
                )
            if self.name not in record:
                raise fail(
                    self.place,
                    f"the record at {place} has no column {show(self.name)}",
                    nearest(self.name, map(str, record)),
                )
            yield record[self.name], place


@dataclass(frozen=True)
class PerSeed:
    """Seeds of its own for every value of another input: 53 bits of blake2b(text, seed).

    53 bits survive every JSON reader and canvas; inserting a prompt changes no other prompt's seeds.
    """

    seed: Given
    per: Given

    @property
    def axes(self) -> tuple[str, ...]:
        return join_axes(self.per.axes, self.seed.axes)

    def at(self, point: Point) -> int:
        text, seed = canonical(self.per.at(point)), IntegerType().parse(self.seed.at(point))
        digest = hashlib.blake2b(f"{text}\0{seed}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 11

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for _ in self.per.samples():  # raises for a missing column
            pass
        for value, place in self.seed.samples():
            try:
                yield IntegerType().parse(value), place
            except ValueError as error:
                hint = "`per` makes seeds of whole numbers"
                raise fail(place, f"the seed is {show(value)}; {error}", hint) from None


@dataclass(frozen=True)
class Joined:
    """A template whose references are all known."""

    parts: tuple[str | Given, ...]
    place: Place

    @property
    def axes(self) -> tuple[str, ...]:
        return join_axes(*(part.axes for part in self.parts if not isinstance(part, str)))

    def at(self, point: Point) -> str:
        return "".join(
            part if isinstance(part, str) else format_scalar(part.at(point)) for part in self.parts
        )

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for part in self.parts:
            if isinstance(part, str):
                continue
            for value, place in part.samples():
                if not isinstance(value, (str, int, float, bool)):
                    raise fail(
                        place, f"{show(value)} can't stand inside text", "pick a column: ${row.column}"
                    )
        yield "text", self.place


@dataclass(frozen=True, eq=False)
class Item:
    """An item that a program gives where a file gives plain data: a picture, a model."""

    kind: PortType
    value: Any = field(repr=False)

    @cached_property
    def digest(self) -> bytes:
        """What names it in keys."""
        return self.kind.digest(self.value)

    def __str__(self) -> str:
        return f"a value of type {self.kind.name}"


def join_axes(*groups: Sequence[str]) -> tuple[str, ...]:
    """The union of several groups of axes, in first-seen order."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def canonical(value: Any) -> str:
    """Text that is equal for equal values: text as it is, files by content, the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, (Path, Item)):
        return _named(value)
    return _to_json(value)


def _named(value: Path | Item) -> str:
    return file_digest(value) if isinstance(value, Path) else value.digest.hex()


def _as_data(value: Any) -> Any:
    if isinstance(value, (Path, Item)):
        return _named(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} is not plain data")


_to_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=_as_data).encode


def image_of(value: Any) -> Any:
    """The file that a record of a folder of images stands for; any other value as it is."""
    if isinstance(value, Mapping) and isinstance(value.get("image"), (str, Path)):
        return value["image"]
    return value


def _read_by(port_type: PortType, value: Any) -> Any:
    """What a port makes of a value: of a record of a folder of images, its file where it reads files.

    A path is text to a port where files have names among others.
    """
    if isinstance(value, Path) and port_type.names_files and not port_type.reads_files:
        return str(value)
    found = image_of(value) if port_type.reads_files else value
    return value if found is value else Path(found)


def as_item(port_type: PortType, value: Any) -> Any:
    """A known value as an item of a port's type; ValueError when it can't be one."""
    if isinstance(value, Item):
        if not accepts(port_type, value.kind):
            raise ValueError(f"expected {port_type.name}")
        return value.value
    value = _read_by(port_type, value)
    if isinstance(value, Path) and not port_type.reads_files:
        raise ValueError(f"a file can't be read as {port_type.name}")
    return port_type.parse(value)


def item_digest(port_type: PortType, value: Any) -> bytes:
    """What names a known value in keys, without loading files: ``DIGEST_SIZE`` bytes."""
    value = _read_by(port_type, value)
    if isinstance(value, Item):
        content = value.digest
    elif isinstance(value, Path):
        content = file_digest(value).encode()
    elif isinstance(value, Mapping):  # a record may name files
        content = canonical(value).encode()
    else:
        content = port_type.digest(port_type.parse(value))
    named = b"value\0" + port_type.name.encode() + b"\0" + content
    return hashlib.blake2b(named, digest_size=DIGEST_SIZE).digest()


def read_inputs_file(path: Path) -> Mapping[str, Any]:
    """The mapping of input names to trees in an ``--inputs`` file."""
    tree = read_file(path)
    if not tree.is_mapping:
        raise fail(tree.place, f"an inputs file is a mapping of names; this is {tree.kind}")
    entries: Mapping[str, Any] = tree.value
    return entries
