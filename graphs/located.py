"""Paths among known values: looked for beside the file that they stand in, a graph file or a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from .problem import Place
from .values import Along, Axis, Column, Constant, Given, Joined, PerSeed, Point, image_of


@dataclass(frozen=True)
class Located:
    """Values that may be paths, as paths that lead to them from anywhere.

    ``words`` says whether text without a slash is a path too. A record with an ``image``, as folders of
    images yield them, stands for that file.
    """

    source: Given
    folder: Path
    words: bool

    @property
    def axes(self) -> tuple[str, ...]:
        return self.source.axes

    def at(self, point: Point) -> Any:
        return self._found(self.source.at(point))

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for value, place in _values(self.source):
            yield self._found(value), place

    def _found(self, value: Any) -> Any:
        name = image_of(value)
        if not isinstance(name, str):
            return value
        found = beside(name, self.folder, self.words)
        return Path(found) if isinstance(value, Mapping) else found

    def all_beside(self) -> bool:
        """Whether every value is a path that was found from :attr:`folder`."""
        return all(
            isinstance(name := image_of(value), str)
            and not Path(name).is_absolute()
            and beside(name, self.folder, self.words) == str((self.folder / name).absolute())
            for value, _ in _values(self.source)
        )


def locate(source: Given, *, words: bool) -> Given:
    """The same value with its paths found; text without a slash is one only if ``words`` says so."""
    located = Located(source, _folder_of(source), words)
    if isinstance(source, Constant):
        found = located.at({})
        return source if found is source.value else replace(source, value=found)
    return located


def _values(given: Given) -> Iterator[tuple[Any, Place]]:
    """Every value, also of text made of several inputs, which is otherwise checked as text alone."""
    samples = given.samples()
    if not isinstance(given, Joined):
        yield from samples
        return
    for _ in samples:  # raises for what can't stand inside text
        pass
    axes = _axes_of(given)
    for numbers in product(*(range(len(axes[name])) for name in given.axes)):
        yield given.at(dict(zip(given.axes, numbers, strict=True))), given.place


def _axes_of(given: Given) -> dict[str, Axis]:
    if isinstance(given, Along):
        return {given.axis.name: given.axis}
    parts: tuple[str | Given, ...] = ()
    if isinstance(given, Column):
        parts = (given.records,)
    elif isinstance(given, PerSeed):
        parts = (given.per, given.seed)
    elif isinstance(given, Joined):
        parts = given.parts
    found = [_axes_of(part) for part in parts if not isinstance(part, str)]
    return {name: axis for axes in found for name, axis in axes.items()}


def _folder_of(given: Given) -> Path:
    return Path(_home(given).file).parent


def _home(given: Given) -> Place:
    """Where the values of an input stand: in a graph file, or in the table that they were read from."""
    if isinstance(given, Along):
        return given.axis.place_of(0)
    if isinstance(given, Column):
        return _home(given.records)
    if isinstance(given, PerSeed):
        return _home(given.seed)
    assert isinstance(given, (Constant, Joined))
    return given.place


def beside(name: str, folder: Path, words: bool) -> str:
    """Where a name leads: below the folder, if something is there, else from the working directory.

    Without ``words`` only a name with a slash is a path.
    """
    if not name or not (words or "/" in name):
        return name
    try:
        if not Path(name).is_absolute() and (folder / name).exists():
            return str((folder / name).absolute())
        # Written with a folder before it, a name is known for a path wherever it travels.
        return str(Path(name)) if words else name
    except (OSError, ValueError):  # too long for a path, or no text of one
        return name
