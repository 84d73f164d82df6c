"""The port types that the language itself knows: plain data, as graph files and tables hold it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from .port_type import PortType as PortType

_INTEGERS = range(-(1 << 63), 1 << 63)
#: Made once: ``json.dumps`` with options of its own sets up an encoder a call.
_to_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


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

    def _handed(self, value: Any) -> str:
        """NaN is how tables of programs mark absent texts: it is no text of three letters."""
        if isinstance(value, float) and math.isnan(value):
            raise ValueError("expected text, and this is absent (NaN)")
        return str(super()._handed(value))

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

    def _handed(self, value: Any) -> Any:
        return float(value) if isinstance(value, bool) else super()._handed(value)

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
        or (isinstance(port, NumberType) and isinstance(offered, (NumberType, IntegerType, BooleanType)))
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
