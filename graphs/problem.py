"""What is wrong with a graph, and where: every error that a user sees is made of these."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

#: Beyond this many names a graph is the work of a program, and guessing which one was meant takes too long.
_MAX_CANDIDATES = 1000
_MAX_NAME = 100


@dataclass(frozen=True)
class Place:
    """Where something stands: a file, and line and column counted from 1.

    Line 0 is for what has no lines, such as a picture or ``--set``.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a graph: where, what was found, and what to write instead."""

    place: Place | None
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}\n    {self.hint}" if self.hint else text

    @property
    def order(self) -> tuple[str, int, int]:
        """Sorts problems by file, then by place in it."""
        return (self.place.file, self.place.line, self.place.column) if self.place else ("", 0, 0)


class GraphError(Exception):
    """A graph can't be used; ``problems`` lists everything found wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: where Python was says nothing of what is wrong."""
        return str(self).splitlines()


class Problems:
    """Problems as they are found, each of them once."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self._found = dict.fromkeys(found)

    def add(self, place: Place | None, message: str, hint: str = "") -> None:
        self._found.setdefault(Problem(place, message, hint))

    def extend(self, found: Iterable[Problem]) -> None:
        self._found.update(dict.fromkeys(found))

    def __len__(self) -> int:
        return len(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def sorted(self) -> list[Problem]:
        """The problems by file and place."""
        return sorted(self._found, key=lambda problem: problem.order)

    def raise_if_any(self) -> None:
        if self._found:
            raise GraphError(self.sorted())


def fail(place: Place | None, message: str, hint: str = "") -> GraphError:
    """A graph error of one problem, to be raised."""
    return GraphError([Problem(place, message, hint)])


def shorten(text: str, limit: int = 60) -> str:
    """Text short enough for a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def show(value: Any) -> str:
    """A value as a message shows it: text in quotes, everything else as YAML writes it, all of it short."""
    if isinstance(value, str):
        return repr(shorten(str(value)))
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"a mapping of {shorten(', '.join(map(str, islice(value, 10)))) or 'nothing'}"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) >= 1 << 64:
        return f"a whole number of {value.bit_length()} bits"
    return shorten(str(value))


def meant(name: str, candidates: Iterable[str]) -> str:
    """A hint within a sentence: the candidate most like ``name``, or nothing where none is like it."""
    names = list(candidates)
    close = [
        *difflib.get_close_matches(name, names, n=1),
        *difflib.get_close_matches(name.lower(), names, n=1),
    ]
    return f" (did you mean {close[0]!r}?)" if close else ""


def nearest(name: str, candidates: Iterable[str]) -> str:
    """A hint that names the candidate most like ``name``, or lists them all when none is like it."""
    names = sorted(set(islice(candidates, _MAX_CANDIDATES)))
    if len(names) == _MAX_CANDIDATES:
        return ""
    if len(name) <= _MAX_NAME:
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
        if not close:  # Prompt for prompt
            close = [other for other in names if other.lower() == name.lower()]
        if close:
            return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(names[:20])}{', …' if len(names) > 20 else ''}" if names else ""
