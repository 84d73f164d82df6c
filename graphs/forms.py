"""How a Python program hands over the items of a port, and how it gets such items back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView, Sequence, ValuesView
from contextlib import contextmanager
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


def at_once(value: Any) -> Any:
    """The entries of a generator or of a dictionary's keys or values as a list; anything else as it is."""
    return list(value) if isinstance(value, (Iterator, KeysView, ValuesView)) else value


def listed(value: Any) -> list[Any] | None:
    """The entries of a list, a tuple, a range, or an array of numbers; None for what is one thing."""
    if isinstance(value, (list, tuple, range)):
        return list(value)
    if not hasattr(value, "tolist"):
        return None
    entries: Any = value.tolist()
    return entries if isinstance(entries, list) else None


@contextmanager
def telling_entry(index: int, count: int, value: object) -> Iterator[None]:
    """Say of a ValueError which entry of a list it is about, and of what kind that is."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{error} (entry {index + 1} of {count}, {type(value).__name__})") from error
