"""How a Python program hands over the items of a port, and how it gets such items back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeAlias

#: Makes of items, and whether they are a single one, what a program gets: that one by itself, or a batch.
Giver: TypeAlias = Callable[[Sequence[Any], bool], Any]

#: What graph files and tables hold, which port types parse.
PLAIN_DATA = (str, int, float, bool, dict, PurePath)


@dataclass(frozen=True)
class Taken:
    """The items in what a program handed over.

    ``single`` says that it was one by itself, not a batch; ``give`` makes of other items of the type what
    the program gets: pictures come back as PIL images where they went in so.
    """

    items: list[Any]
    single: bool
    give: Giver


def listed(value: Any) -> list[Any] | None:
    """The entries of a list, a tuple, a range, or an array of numbers; None for what is one thing."""
    if isinstance(value, (list, tuple, range)):
        return list(value)
    if not hasattr(value, "tolist"):
        return None
    entries: Any = value.tolist()
    return entries if isinstance(entries, list) else None
