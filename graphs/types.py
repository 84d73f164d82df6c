"""What travels along an edge: port types, and how each one batches, stores and shows its items.

A port type is written as metadata of an annotation, so that a function's signature reads well to people
and to type checkers, and declaring it imports nothing heavy::

    Images = Annotated["torch.Tensor", ImagesType()]

An *item* is one value at one point of its axes; a *batch* is what a node function receives.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from .forms import PLAIN_DATA, Taken, listed

if TYPE_CHECKING:
    from .members import MemberColumns

_INTEGERS = range(-(1 << 63), 1 << 63)
#: Made once: ``json.dumps`` with options of its own sets up an encoder a call.
_to_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class PortType:
    """How items of one type are parsed, batched, stored and shown.

    Subclass it for a type of your own. Only ``name``, ``encode`` and ``decode`` are required; the defaults
    suit a value that is handled one at a time.
    """

    name: ClassVar[str]
    #: Whether several items can share a call. A model or a reference does not stack: a micro-batch shares it.
    stacks: ClassVar[bool] = False
    #: File name suffix when an output of this type is a file of its own in the run folder, else None.
    suffix: ClassVar[str | None] = None
    #: Folder of those files inside the run folder.
    folder: ClassVar[str] = "files"
    #: What :meth:`parse` reads, in words, when a literal in a graph file is legal here; else None.
    reads: ClassVar[str | None] = None
    #: Whether :meth:`parse` takes the :class:`~pathlib.Path` of a file, as a folder of images yields them.
    reads_files: ClassVar[bool] = False

    #: Whether a port of this type takes values of every type.
    takes_all: ClassVar[bool] = False

    #: Whether a literal may be a path: one with a slash, or any where the type reads files, is then looked
    #: for beside the graph file or the table that it stands in first.
    names_files: ClassVar[bool] = False

    #: Options that the node that makes such an item and the node that takes it must set alike, where both
    #: have them.
    alike: ClassVar[tuple[str, ...]] = ()

    #: Whether scores are scores of this: how it was made is then no part of how they were measured.
    is_judged: ClassVar[bool] = False

    #: What a result says of each member of its set: columns of the items table, see :meth:`by_member`.
    member_columns: ClassVar[tuple[str, ...]] = ()

    def parse(self, value: object) -> Any:
        """Turn plain data (from YAML, a table or Python) into an item; raise ValueError where it can't be."""
        raise ValueError(f"{self.name} can't be written as a literal; give it a node's output")

    def literal_schema(self) -> dict[str, Any] | None:
        """JSON Schema of the literals that :meth:`parse` reads in a graph file; None where none is legal."""
        return None if self.reads is None else {"description": self.reads}

    def digest(self, item: Any) -> bytes:
        """What names this item in keys when it comes from outside the graph. By default, its stored form."""
        return self.encode(item)

    def shape(self, item: Any) -> Hashable:
        """Items with equal shapes may share a batch."""
        return None

    def stack(self, items: Sequence[Any]) -> Any:
        """Make a batch of items. A type that doesn't stack hands its single item through."""
        (item,) = items
        return item

    def split(self, batch: Any, count: int) -> list[Any]:
        """Take a batch of ``count`` items apart; raise ValueError when it holds another number of them."""
        return [batch]

    def single(self, value: Any) -> Any:
        """The item in what a reducer's ``compute`` returned."""
        return self.split(value, 1)[0]

    def encode(self, item: Any) -> bytes:
        """The stored form of an item, lossless."""
        raise NotImplementedError

    def decode(self, data: bytes) -> Any:
        """The item back from its stored form, without importing torch."""
        raise NotImplementedError

    def nbytes(self, item: Any) -> int:
        """Roughly how much memory an item takes, in bytes."""
        return 256

    def is_finite(self, item: Any) -> bool:
        """False for an item that holds NaN or infinity; such an item fails."""
        return True

    def flags(self, item: Any) -> tuple[str, ...]:
        """Words about an item that is kept all the same, such as ``blank``."""
        return ()

    def cell(self, item: Any) -> str | int | float | bool | None:
        """The item as one cell of the items table."""
        return None

    def details(self, item: Any) -> Mapping[str, Any]:
        """What there is to say of a result beside its value, as plain data; stands in ``metrics.json``."""
        return {}

    def by_member(self, item: Any) -> MemberColumns | None:
        """What a reduction's result says of each of its members; None where it says nothing."""
        return None

    def is_item(self, value: Any) -> bool:
        """Whether a value is an item of this type, where that can be told from what it is."""
        return False

    def is_batch(self, value: Any) -> bool:
        """Whether a value is a batch of this type, one that :meth:`split` takes apart and ``len`` counts."""
        return False

    def take(self, value: Any) -> Taken:
        """The items in what a Python program hands over for a port of this type.

        By default one item, or a list of them; plain data is parsed. Raises ValueError for what holds none.
        """
        if not self.stacks:
            return Taken(self.split(self._handed(value), 1), True, self.give)
        if self.is_batch(value):
            return Taken(self.split(value, len(value)), False, self.give)
        entries = None if self.is_item(value) else listed(value)
        if entries is None:
            return Taken([self._handed(value)], True, self.give)
        return Taken([self._handed(entry) for entry in entries], False, self.give)

    def _handed(self, value: Any) -> Any:
        return self.parse(value) if isinstance(value, PLAIN_DATA) else value

    def give(self, items: Sequence[Any], single: bool) -> Any:
        """What a Python program gets of items, where it handed over none of this type itself."""
        return items[0] if single else list(items)

    def picture(self, item: Any) -> Any:
        """The item as a PIL image; TypeError for what is none."""
        raise TypeError(f"{self.name} is not a picture")

    def array(self, items: Sequence[Any], dtype: str | None = None) -> Any:
        """Items as one NumPy array ``[N, ...]``, of a ``dtype`` or of their natural one.

        Raises TypeError for what is no array, ValueError where shapes differ.
        """
        raise TypeError(f"{self.name} is no array")

    def tensor(self, items: Sequence[Any]) -> Any:
        """Items as one tensor ``[N, ...]``; TypeError for what is none, ValueError where shapes differ."""
        raise TypeError(f"{self.name} is no tensor")

    def export(self, item: Any, metadata: Mapping[str, str]) -> bytes:
        """The item as the content of a file with :attr:`suffix`."""
        return self.encode(item)

    def __repr__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class PlainType(PortType):
    """A JSON value; a batch is a list."""

    stacks = True
    #: What NumPy calls such values.
    dtype: ClassVar[str] = "object"

    def stack(self, items: Sequence[Any]) -> list[Any]:
        return list(items)

    def split(self, batch: Any, count: int) -> list[Any]:
        items = batch.tolist() if hasattr(batch, "tolist") else list(batch)
        if len(items) != count:
            raise ValueError(f"{count} items went in and {len(items)} came out")
        return [self.single(item) for item in items]

    def single(self, value: Any) -> Any:
        return self.parse(value.item() if hasattr(value, "item") else value)

    def _handed(self, value: Any) -> Any:
        return self.single(value)

    def encode(self, item: Any) -> bytes:
        return _to_json(item).encode()

    def decode(self, data: bytes) -> Any:
        return json.loads(data)

    def cell(self, item: Any) -> str | int | float | bool | None:
        return item if isinstance(item, (str, int, float, bool)) else json.dumps(item, ensure_ascii=False)

    def array(self, items: Sequence[Any], dtype: str | None = None) -> Any:
        import numpy

        made = numpy.empty(len(items), dtype or self.dtype)
        for index, item in enumerate(items):  # one by one, so that lists stay entries
            made[index] = item
        return made

    def tensor(self, items: Sequence[Any]) -> Any:
        raise TypeError(f"{self.name} is no tensor; of numbers torch.from_numpy(output.numpy()) makes one")


class TextType(PlainType):
    name = "Text"
    reads = "text"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]}

    def parse(self, value: object) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, (bool, int, float)):
            return format_scalar(value)
        raise ValueError("expected text")

    def nbytes(self, item: str) -> int:
        return 64 + len(item)


class IntegerType(PlainType):
    name = "Integer"
    dtype = "int64"
    reads = "a whole number"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "integer"}

    def parse(self, value: object) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("expected a whole number")
        if value not in _INTEGERS:
            raise ValueError("expected a whole number of at most 64 bits")
        return value

    def encode(self, item: int) -> bytes:
        return b"%d" % item


class NumberType(PlainType):
    name = "Number"
    dtype = "float64"
    reads = "a number"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "number"}

    def parse(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("expected a number")
        try:
            return float(value)
        except OverflowError:
            raise ValueError("expected a number below 1.8e308") from None

    def stack(self, items: Sequence[Any]) -> list[float]:
        """Raises ValueError where some are absent, as of what couldn't be measured: they are no zeros."""
        absent = sum(item is None for item in items)
        if absent:
            raise ValueError(f"{absent} of {len(items)} numbers are absent: they couldn't be measured")
        return [float(item) for item in items]

    def is_finite(self, item: float) -> bool:
        return math.isfinite(item)


class BooleanType(PlainType):
    name = "Boolean"
    dtype = "bool"
    reads = "true or false"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def parse(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError("expected true or false")
        return value


class RecordType(PlainType):
    name = "Record"
    reads = "a mapping"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "object"}

    def parse(self, value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError("expected a record (a mapping of columns)")
        return dict(value)


class AnyType(PlainType):
    """A port that takes values of every type, one of them an item; used by templates and open generators."""

    name = "Any"
    reads = "any value"
    takes_all = True

    def parse(self, value: object) -> Any:
        return value

    def single(self, value: Any) -> Any:
        return value


class PointsType(PortType):
    """Where each member of a reduction stands; filled in by the engine, never by a graph file."""

    name = "Points"
    stacks = True

    def stack(self, items: Sequence[Any]) -> list[Any]:
        return list(items)


#: A batch of texts.
Text = Annotated[list[str], TextType()]
#: A batch of whole numbers.
Integer = Annotated[list[int], IntegerType()]
#: A batch of numbers.
Number = Annotated[list[float], NumberType()]
#: A batch of truth values.
Boolean = Annotated[list[bool], BooleanType()]
#: A batch of records.
Record = Annotated[list[dict[str, Any]], RecordType()]
#: A batch of values of one unknown type.
AnyValue = Annotated[list[Any], AnyType()]
#: For a reducer's ``update``: a batch of ``{axis: (index, value)}``, one a member, over the reduced axes.
Points = Annotated[list[dict[str, tuple[int, Any]]], PointsType()]

#: Plain Python annotations that stand for a port type, as in ``compute(self) -> float``.
PLAIN: dict[type, PortType] = {
    str: TextType(),
    int: IntegerType(),
    float: NumberType(),
    bool: BooleanType(),
    dict: RecordType(),
}

#: Names an input may give as its ``type``.
INPUT_TYPES: dict[str, PortType] = {
    "text": TextType(),
    "integer": IntegerType(),
    "number": NumberType(),
    "boolean": BooleanType(),
    "record": RecordType(),
}


def accepts(port: PortType, offered: PortType) -> bool:
    """Whether a value of type ``offered`` may go into ``port``.

    A truth value counts as the number 1 or 0 there, so that the mean of verdicts is the share of true ones.
    """
    return (
        port == offered
        or port.takes_all
        or isinstance(offered, AnyType)
        or (isinstance(port, NumberType) and isinstance(offered, (IntegerType, BooleanType)))
        or isinstance(offered, type(port))
    )


def told_apart(one: PortType, other: PortType) -> tuple[str, str]:
    """The names of two types, with their classes where two packages call theirs the same."""
    if one.name != other.name:
        return one.name, other.name
    first, second = (f"{kind.name} ({type(kind).__module__}.{type(kind).__name__})" for kind in (one, other))
    return first, second


def format_scalar(value: str | bool | int | float) -> str:
    """A scalar as text, the way a template and a YAML author would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
