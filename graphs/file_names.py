"""Names of the files in a run folder: by the indices of their point, or by a pattern of the graph's own.

A pattern is text with fields: ``{prompt}-{seed}.webp``. Values are made into plain words, so that nothing in
a prompt can lead out of the folder.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path, PurePosixPath
from typing import Any

from .check import CheckedGraph, Step
from .draft import Output
from .marks import FileName
from .node_type import FIELD
from .problem import Place, Problems, nearest
from .types import format_scalar
from .values import Along, Column, Constant, Given, PerSeed

#: The field that stands for the indices of a point, as in ``0003-1``.
INDEX = "index"
#: Letters of one value, and bytes of one part of a path, at most.
LONGEST_VALUE, LONGEST_PART = 60, 240
#: Names of more files than this are not compared before a run.
MAX_COMPARED = 10_000_000

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\<>:"|?*{}]')


@dataclass(frozen=True)
class _Field:
    """A field of a pattern: what it is called, over which axes it varies, and its text at a point."""

    name: str
    axes: tuple[str, ...]
    text: Callable[[Mapping[str, int]], str]
    given: Given | None = None

    def values(self) -> Iterator[Any]:
        """The values that it is made of."""
        return iter(()) if self.given is None else (value for value, _ in self.given.samples())


def indices(point: Mapping[str, int], lengths: Mapping[str, int]) -> str:
    """The indices of a point, so that names sort as the points do: ``0003-1``."""
    return "-".join(f"{index:0{len(str(lengths[axis] - 1))}d}" for axis, index in point.items()) or "0"


def as_words(text: str) -> str:
    """Text as letters, digits and hyphens, of any script."""
    return re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", text))


def slug(text: str) -> str:
    """Text as one word of a file's name: letters, digits and hyphens, not too many."""
    words = as_words(text).strip("-_")
    return words[:LONGEST_VALUE].strip("-_") or "_"


class FileNames:
    """The names of the files of one step's outputs; what is wrong with them is told by :meth:`check`."""

    def __init__(self, graph: CheckedGraph, step: Step) -> None:
        self.graph = graph
        self.step = step
        self._lengths = {name: len(axis) for name, axis in graph.axes.items()}
        option = next(option for option in step.type.options if option.file_name is not None)
        self.option = option.name
        given = step.options[option.name]
        self._problems = Problems()
        self._place: Place = given.place if isinstance(given, Constant) else step.place
        self._parts: list[str | _Field] = []
        if given.axes:
            what = f"a pattern of file names is one for all, and this varies over {', '.join(given.axes)}"
            self._wrong(what, "use that input as a field of the pattern")
        else:
            assert option.file_name is not None
            self._parse(str(given.at({})), option.file_name)

    def at(self, point: Mapping[str, int]) -> str:
        """The name of the file of a point, a path below the output's folder."""
        return "".join(part if isinstance(part, str) else part.text(point) for part in self._parts)

    def written(self, field: Callable[[str, str], str]) -> str:
        """The pattern, with ``field`` of the name of every input in it and of what follows that name."""
        return "".join(
            part if isinstance(part, str) else self._written(part.name, field) for part in self._parts
        )

    def _written(self, name: str, field: Callable[[str, str], str]) -> str:
        words = name.split(".")
        for count in range(len(words), 0, -1):
            base = ".".join(words[:count])
            if base in self.graph.inputs and name != INDEX:
                return field(base, name[len(base) :])
        return f"{{{name}}}"

    def check(self) -> None:
        """Raise GraphError for a pattern that can't work, or by which two points would have the same file."""
        self._problems.raise_if_any()
        fields = [part for part in self._parts if isinstance(part, _Field)]
        for part in fields:
            if any(_text(value) is None for value in part.values()):
                self._wrong(
                    f"{{{part.name}}} is no plain value", f"pick a column of it: {{{part.name}.column}}"
                )
        self._problems.raise_if_any()
        used = {axis for part in fields for axis in part.axes}
        absent = [axis for axis in self.step.axes if axis not in used and self._lengths[axis] > 1]
        if absent:
            what = f"pictures that differ in {', '.join(absent)} would have the same file"
            self._wrong(
                what, f"put {' and '.join(f'{{{axis}}}' for axis in absent)} or {{index}} into the pattern"
            )
        elif not any(part.name == INDEX for part in fields):
            self._compare()
        self._problems.raise_if_any()

    def _compare(self) -> None:
        lengths = [self._lengths[axis] for axis in self.step.axes]
        if prod(lengths) > MAX_COMPARED:
            self._wrong(f"{prod(lengths):,} names are too many to compare", "put {index} into the pattern")
            return
        seen: dict[str, tuple[int, ...]] = {}
        for numbers in product(*map(range, lengths)):
            name = self.at(dict(zip(self.step.axes, numbers, strict=True)))
            # Some file systems don't tell capitals apart.
            other = seen.setdefault(name.casefold(), numbers)
            if other != numbers:
                differing = next(
                    axis for axis, a, b in zip(self.step.axes, other, numbers, strict=True) if a != b
                )
                what = f"two pictures would have the file {name!r}: those at {other} and {numbers}"
                self._wrong(what, f"put {{{differing}.index}} or {{index}} into the pattern")
                return
            longest = max(len(part.encode()) for part in name.split("/"))
            if longest > LONGEST_PART:
                self._wrong(f"the name {name[:40]!r}… is too long for a file", "use fewer fields")
                return

    def _wrong(self, message: str, hint: str) -> None:
        name = f"{self.step.type.name}.{self.option}"
        self._problems.add(self._place, f"{name}: {message}", hint)

    # Reading a pattern

    def _parse(self, text: str, mark: FileName) -> None:
        plain = FIELD.sub("x", text)
        endings = ", ".join(mark.endings)
        if PurePosixPath(plain).suffix.lower() not in mark.endings:
            self._wrong(f"{text!r} has no ending that says what kind of file it is", f"one of {endings}")
        elif _FORBIDDEN.search(plain):
            self._wrong(
                f"{text!r} can't name a file", 'write letters, digits and fields: "{prompt}-{seed}.png"'
            )
        elif any(part.startswith(".") or not part.strip() for part in plain.split("/")):
            self._wrong(
                f"{text!r} leads out of the run folder", "write a path below it, such as {prompt}/{seed}.png"
            )
        for position, part in enumerate(FIELD.split(text)):
            if position % 2 == 0:
                self._parts.append(part)
                continue
            # In a nested graph first what is called so there.
            scopes = self.step.name.split(".")[:-1]
            names = [".".join([*scopes[:depth], part.strip()]) for depth in range(len(scopes), -1, -1)]
            known = (name for name in names if self._given(name.removesuffix(".index")) is not None)
            found = self._field(part.strip() if part.strip() == INDEX else next(known, part.strip()))
            if found is not None:
                self._parts.append(found)

    def _field(self, name: str) -> _Field | None:
        if name == INDEX:
            axes, lengths = self.step.axes, self._lengths
            return _Field(name, axes, lambda point: indices({axis: point[axis] for axis in axes}, lengths))
        given = self._given(name)
        base = name.removesuffix(".index")
        if base != name and (owner := self._given(base)) is not None:
            return self._number(name, owner)
        if given is None:
            known = [*self.graph.axes, *self.graph.inputs, INDEX]
            self._wrong(f"there is no input {name!r} for {{{name}}}", nearest(name, known))
            return None
        absent = [axis for axis in given.axes if axis not in self.step.axes]
        if absent:
            what = f"{{{name}}} varies over {', '.join(absent)}, and these pictures don't"
            self._wrong(what, f"they vary over {', '.join(self.step.axes) or 'nothing'}")
            return None
        return _Field(name, given.axes, lambda point: str(_text(given.at(point))), given)

    def _number(self, name: str, owner: Given) -> _Field | None:
        if len(owner.axes) > 1 or any(axis not in self.step.axes for axis in owner.axes):
            self._wrong(f"{{{name}}} has no one number here", "name an axis of these pictures")
            return None
        if not owner.axes:  # an axis once, in the graph that a picture carries a single value
            return _Field(name, (), lambda point: "0")
        (axis,) = owner.axes
        return _Field(name, owner.axes, lambda point: indices({axis: point[axis]}, self._lengths))

    def _given(self, name: str) -> Given | None:
        """The values of an axis, of an input, or of a column of one."""
        if name in self.graph.axes:
            return Along(self.graph.axes[name])
        found = self.graph.inputs.get(name)
        if isinstance(
            found, PerSeed
        ):  # what the items table shows, too: the seed before it is made a prompt's own
            return found.seed
        if found is not None:
            return found
        base, _, column = name.rpartition(".")
        records = self.graph.inputs.get(base) if base else None
        return None if records is None or column == INDEX else Column(records, column, self._place)


def file_names(graph: CheckedGraph) -> dict[str, FileNames]:
    """By output of the graph, the names of its files where a pattern gives them."""
    found = {}
    for name, source in graph.outputs.items():
        step = graph.steps[source.step] if isinstance(source, Output) else None
        if step is not None and any(option.file_name is not None for option in step.type.options):
            found[name] = FileNames(graph, step)
    return found


def _text(value: Any) -> str | None:
    """A value as a part of a file's name; None for one that is no plain value."""
    if isinstance(value, Mapping) and isinstance(value.get("image"), Path):
        value = value["image"]  # of a folder of pictures
    if isinstance(value, Path):
        return slug(value.stem)
    if isinstance(value, str):
        return slug(value)
    return format_scalar(value) if isinstance(value, (bool, int, float)) else None
