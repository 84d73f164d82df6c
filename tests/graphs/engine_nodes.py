"""Node types for the tests of the engine: whole numbers throughout, so that no result depends on an order.

``CALLS`` counts the calls of each node type and ``ITEMS`` the items those calls held.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, NamedTuple

from mezzotint.graphs.node import Content, Effort, node
from mezzotint.graphs.types import AnyValue, Integer, Number, Points, PortType, Text

CALLS: Counter[str] = Counter()
ITEMS: Counter[str] = Counter()
#: What a digest stands for in the tests of options that name something outside the graph.
CONTENTS: dict[str, str] = {}

PRIME = 2_147_483_647


def _count(name: str, items: int) -> None:
    CALLS[name] += 1
    ITEMS[name] += items


def mangle(*parts: Any) -> int:
    """A whole number that depends on all parts."""
    text = json.dumps(parts, sort_keys=True)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") % PRIME


class Tool:
    """What a handle stands for."""

    def __init__(self, source: str) -> None:
        self.source = source


class ToolType(PortType):
    """A value that doesn't stack: a micro-batch shares it."""

    name = "Tool"

    def encode(self, item: Tool) -> bytes:
        return item.source.encode()

    def decode(self, data: bytes) -> Tool:
        return Tool(data.decode())

    def cell(self, item: Tool) -> str:
        return item.source


class PictureType(PortType):
    """Stands for a picture: text, written to a file of its own with its metadata."""

    name = "Picture"
    stacks = True
    suffix = ".pic"
    folder = "pictures"

    def shape(self, item: str) -> Hashable:
        return len(item) % 2

    def stack(self, items: Any) -> list[str]:
        return list(items)

    def split(self, batch: Any, count: int) -> list[str]:
        if len(batch) != count:
            raise ValueError(f"{count} items went in and {len(batch)} came out")
        return list(batch)

    def encode(self, item: str) -> bytes:
        return item.encode()

    def decode(self, data: bytes) -> str:
        return data.decode()

    def nbytes(self, item: str) -> int:
        return 1000

    def flags(self, item: str) -> tuple[str, ...]:
        return ("blank",) if "blank" in item else ()

    def export(self, item: str, metadata: Mapping[str, str]) -> bytes:
        return json.dumps({"picture": item, **metadata}).encode()


AnyTool = Annotated[Tool, ToolType()]
Picture = Annotated[list[str], PictureType()]


class Halves(NamedTuple):
    low: Integer
    high: Integer


@node(version=1, keep="memory")
def tool(*, source: str = "saw", device: Annotated[str, Effort()] = "auto") -> AnyTool:
    """Make a handle."""
    _count("tool", 1)
    return Tool(source)


@node(version=1)
def measure(text: Text, *, factor: int = 1) -> Integer:
    """A number for a text."""
    _count("measure", len(text))
    return [mangle("measure", entry, factor) for entry in text]


@node(version=1)
def mix(left: Integer, right: Integer, *, factor: float = 1.0) -> Integer:
    """A number for two numbers, in order."""
    _count("mix", len(left))
    return [mangle("mix", a, b, float(factor)) for a, b in zip(left, right, strict=True)]


@node(version=1)
def halves(number: Integer) -> Halves:
    """Two numbers made of one."""
    _count("halves", len(number))
    return Halves([entry % 1009 for entry in number], [entry // 1009 for entry in number])


@node(version=1)
def total(numbers: list[Integer]) -> Integer:
    """The sum of several numbers."""
    _count("total", len(numbers[0]))
    return [sum(row) % PRIME for row in zip(*numbers, strict=True)]


@node(version=1)
def work(tool: AnyTool, number: Integer) -> Integer:
    """A number made with a handle."""
    _count("work", len(number))
    return [mangle("work", tool.source, entry) for entry in number]


@node(version=1)
def guard(number: Integer, *, modulus: int = 3) -> Integer:
    """Hand numbers through, but raise for multiples of ``modulus``."""
    _count("guard", len(number))
    for entry in number:
        if entry % modulus == 0:
            raise ValueError(f"{entry} is a multiple of {modulus}")
    return number


@node(version=1)
def name(number: Integer, text: Text) -> Text:
    """A text made of a number and a text."""
    _count("name", len(number))
    return [f"{entry}:{number % 97}" for number, entry in zip(number, text, strict=True)]


@node(version=1)
def paint(text: Text) -> Picture:
    """A picture of a text."""
    _count("paint", len(text))
    return [f"<{entry}>" for entry in text]


class SumState:
    def __init__(self, tool: Tool | None = None, power: int = 1) -> None:
        self.source, self.power = tool.source if tool else "", power
        self.sum, self.count = 0, 0

    def update(self, number: Integer) -> None:
        _count("gather", len(number))
        self.sum += sum(mangle("member", entry, self.power) for entry in number)
        self.count += len(number)

    def merge(self, other: SumState) -> None:
        self.sum += other.sum
        self.count += other.count

    def compute(self) -> int:
        return mangle("gather", self.source, self.sum, self.count)


@node(version=1)
def gather(*, power: int = 1) -> SumState:
    """One number for a set of numbers."""
    return SumState(None, power)


@node(version=1)
def gather_with(tool: AnyTool, *, power: int = 1) -> SumState:
    """One number for a set of numbers and a handle."""
    return SumState(tool, power)


class PickyState(SumState):
    def compute(self) -> int:
        made = super().compute()
        if made % 3 == 0:
            raise ArithmeticError("a multiple of three")
        return made


@node(version=1)
def picky() -> PickyState:
    """One number for a set, or an error."""
    return PickyState()


class LargestState:
    def __init__(self) -> None:
        self.members: list[tuple[int, str]] = []

    def update(self, number: Integer, points: Points) -> None:
        _count("largest", len(number))
        self.members += [
            (entry, json.dumps({axis: index for axis, (index, _) in sorted(point.items())}))
            for entry, point in zip(number, points, strict=True)
        ]

    def merge(self, other: LargestState) -> None:
        self.members += other.members

    def compute(self) -> str:
        number, place = max(self.members)
        return f"{number} at {place}"


@node(version=1)
def largest() -> LargestState:
    """The largest number of a set, and where it stands."""
    return LargestState()


def _content(value: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    CALLS["resolve"] += 1
    if value.startswith("no "):
        raise ValueError(f"there is no {value[3:]}")
    if value.startswith("far "):
        return f"fetched {value}" if fetch else None
    return CONTENTS.get(value, f"what {value} holds") + f" at {options.get('revision')}"


@node(version=1, keep="memory")
def open_tool(
    *, source: Annotated[str, Content(_content)], revision: Annotated[str | None, Effort()] = None
) -> AnyTool:
    """A handle to something outside the graph."""
    _count("open_tool", 1)
    return Tool(f"{source} {revision}")


@node(version=1)
def faulty(number: Integer, *, how: str = "") -> Integer:
    """Return what it must not.

    Args:
        how: none, short, text, or anything else for the number itself
    """
    _count("faulty", len(number))
    wrong: dict[str, Any] = {"none": None, "short": number[1:], "text": ["x" for _ in number]}
    made: list[int] = wrong.get(how, number)
    return made


@node(version=1)
def faulty_halves(number: Integer) -> Halves:
    """Return nothing where two outputs were promised."""
    _count("faulty_halves", len(number))
    return None  # type: ignore[return-value]


@node(version=1)
def divide(number: Number, *, divisor: float = 1.0) -> Number:
    """A quotient; infinite by 0."""
    _count("divide", len(number))
    return [entry / divisor if entry else float("nan") for entry in number]


@node(version=1)
def large(number: Integer, *, size: int = 40_000) -> Text:
    """A text that is too long for the store's database."""
    _count("large", len(number))
    return [str(entry).zfill(size) for entry in number]


@node(version=1)
def remark(text: Text) -> Text:
    """Hand text through, with a warning."""
    import warnings

    warnings.warn("this may look odd", UserWarning, stacklevel=1)
    _count("remark", len(text))
    return text


@node(version=1)
def as_text(value: AnyValue) -> Text:
    """Any value as text."""
    _count("as_text", len(value))
    return [json.dumps(entry) for entry in value]
