"""What stands for a value of a graph that is being built in code, in fields and inside text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

from ..problem import GraphError, Problem, nearest, show
from .caller import caller

_serials = count(1)
# A handle inside text is written ``${name}`` behind marks that nobody sees or types: a word joiner, and the
# number of its graph in four invisible signs. So the very same text typed by hand stays what it is, text.
_MARK, _DIGITS = "\u2060", "\u2061\u2062\u2063\u2064"
_MARKED = re.compile(rf"{_MARK}([{_DIGITS}]+)\$\{{(\w+)(?:\.([^{{}}]+))?\}}")


class NoSuchOutput(GraphError, AttributeError):  # noqa: N818 - it names what isn't there
    """A node has no output of that name; an AttributeError too, so that ``hasattr`` says no."""


class Handle:
    """A value of a graph that is being built: what an input holds, or what a node makes.

    It goes where the value goes: ``g.add("upscale", images=image)``. ``handle.name`` or ``handle["name"]`` is
    one of several outputs of a node, or a column of an input of records. Inside text, as in
    ``f"{prompt} on white"``, it makes a template.
    """

    __slots__ = ("_attribute", "_graph", "_is_open", "_name", "_offers")
    __iter__ = None  # or `for` would ask for column 0

    def __init__(
        self,
        graph: int,
        name: str,
        offers: Sequence[str] | None = None,
        attribute: str | None = None,
        *,
        is_open: bool = False,
    ) -> None:
        self._graph = graph
        self._name = name
        self._offers = offers
        self._attribute = attribute
        self._is_open = is_open

    def __getattr__(self, name: str) -> Handle:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Handle:
        what, hint = "", ""
        if self._attribute is not None or self._is_open:
            what = f"{self!r} has no parts, so no {show(name)}"
        elif self._offers is not None and name not in self._offers:
            what, hint = f"{self._name!r} has no output {show(name)}", nearest(str(name), self._offers)
        if what:
            raise NoSuchOutput([Problem(caller(), what, hint)])
        return Handle(self._graph, self._name, self._offers, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(self._offers or ())] if self._attribute is None else []

    def __repr__(self) -> str:
        return f"<${as_bare_text(self)}>"

    def __str__(self) -> str:
        number, digits = self._graph, ""
        while number:
            number, digit = divmod(number, len(_DIGITS))
            digits += _DIGITS[digit]
        return f"{_MARK}{digits}${{{as_bare_text(self)}}}"

    def __format__(self, format_spec: str) -> str:
        if format_spec:
            raise ValueError(f"{self!r} is known only in a run, so {format_spec!r} can't lay it out")
        return str(self)


def new_serial() -> int:
    """A number that no other graph of this process has."""
    return next(_serials)


def as_bare_text(value: str | Handle) -> str:
    """How a file names a value where it expects names: ``prompt``, ``row.prompt``, ``${a} ${b}``."""
    if isinstance(value, Handle):
        return f"{value._name}.{value._attribute}" if value._attribute else value._name
    return _MARKED.sub(lambda found: found.group().lstrip(_MARK + _DIGITS), value)


def handles_in(text: str) -> list[Handle]:
    """The handles that were put into text."""
    found = []
    for digits, name, attribute in _MARKED.findall(text):
        number = sum(_DIGITS.index(digit) * len(_DIGITS) ** power for power, digit in enumerate(digits))
        found.append(Handle(number, name, None, attribute or None))
    return found


def written(text: str) -> str:
    """Text as the field of a node says it: handles as references, every other dollar sign as ``$$``."""
    pieces, end = [], 0
    for found in _MARKED.finditer(text):
        pieces += [text[end : found.start()].replace("$", "$$"), as_bare_text(found.group())]
        end = found.end()
    return "".join([*pieces, text[end:].replace("$", "$$")])
