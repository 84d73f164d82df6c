"""What a call with several outputs returns: a named tuple, which travels between processes as any value."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from functools import cache
from typing import Any


def named(name: str, outputs: Iterable[str], values: Iterable[Any]) -> Any:
    """A tuple of the values, each to be had by the name of its output, too.

    >>> named("size", ["width", "height"], [64, 32]).height
    32
    """
    return _class(name, tuple(outputs))(*values)


@cache
def _class(name: str, outputs: tuple[str, ...]) -> Any:
    # An output may be called as no attribute can be; it is then `_` and its number.
    plain = namedtuple(name, outputs, rename=True)  # type: ignore[misc]

    def reduce(self: tuple[Any, ...]) -> tuple[Any, ...]:
        """Pickle looks classes up by their names, and this one is in no module."""
        return named, (name, outputs, tuple(self))

    return type(name, (plain,), {"__slots__": (), "__reduce__": reduce})
