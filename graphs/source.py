"""YAML text as a tree in which every value knows its line and column.

Reads YAML 1.2's core schema by way of PyYAML's event stream, so that ``no``, ``12:30`` and ``2024-01-01``
are text, and so that depth, size and aliases are bounded before anything is built. Nothing is ever
constructed from a tag.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_VALUES = 100_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True)
class Place:
    """Where something stands: a file (or ``--set``), and line and column counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a graph: where, what was found, and what to write instead."""

    place: Place | None
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}\n    {self.hint}" if self.hint else text


class GraphError(Exception):
    """A graph can't be used; ``problems`` lists everything found wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


def fail(place: Place | None, message: str, hint: str = "") -> GraphError:
    """A graph error of one problem, to be raised."""
    return GraphError([Problem(place, message, hint)])


@dataclass(frozen=True)
class Tree:
    """A YAML value: a scalar, a list of trees, or a mapping of text to trees."""

    value: Any
    place: Place
    key_places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)

    @property
    def kind(self) -> str:
        """What this is, in words for a message."""
        if self.is_mapping:
            return "a mapping"
        if self.is_list:
            return "a list"
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return f"the text {shorten(self.value)!r}"
        return shorten(str(self.value).lower() if isinstance(self.value, bool) else str(self.value))

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: entry.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [entry.plain() for entry in self.value]
        return self.value

    @staticmethod
    def of(value: Any, place: Place) -> Tree:
        """A tree of plain data that comes from Python or the command line, all at one place."""
        if isinstance(value, Mapping):
            return Tree({str(key): Tree.of(entry, place) for key, entry in value.items()}, place)
        if isinstance(value, (list, tuple)):
            return Tree([Tree.of(entry, place) for entry in value], place)
        return Tree(value, place)


def shorten(text: str, limit: int = 60) -> str:
    """Text short enough for a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def nearest(name: str, candidates: Iterable[str]) -> str:
    """A hint that names the candidate most like ``name``, or lists them all when none is like it."""
    names = sorted(set(candidates))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(names[:20])}{', …' if len(names) > 20 else ''}" if names else ""


def read_file(path: Path) -> Tree:
    """The tree of a YAML file; GraphError for one that is missing, too large, binary or malformed."""
    place = Place(str(path))
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise fail(
                place,
                f"the file has {size / 1e6:.1f} MB; a graph file has at most {MAX_BYTES / 1e6:.0f} MB",
                "put long lists in a file of their own: each: {file: prompts.txt}",
            )
        data = path.read_bytes()
    except IsADirectoryError:
        raise fail(place, "this is a folder, not a graph file") from None
    except FileNotFoundError:
        raise fail(place, "no such file", _neighbours(path)) from None
    except OSError as error:
        raise fail(place, f"can't be read: {error.strerror}") from None
    return read_text(_decode(data, place), str(path))


def _neighbours(path: Path) -> str:
    folder = path.parent
    names = [entry.name for entry in folder.iterdir() if entry.is_file()] if folder.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {folder / close[0]}?" if close else ""


def _decode(data: bytes, place: Place) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fail(
            Place(place.file, line),
            f"not a text file: byte 0x{data[error.start]:02x} is not UTF-8",
            "a graph is YAML text in UTF-8",
        ) from None


def read_text(text: str, file: str) -> Tree:
    """The tree of YAML text; ``file`` names it in messages."""
    try:
        tree = _Builder(file).build(yaml.parse(text, Loader=_Loader))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = error.character if isinstance(error.character, int) else ord(error.character)
        raise fail(Place(file, line), f"not a text file: it holds the character U+{code:04X}") from None
    except yaml.MarkedYAMLError as error:
        raise GraphError([_syntax_problem(error, text, file)]) from None
    except yaml.YAMLError as error:
        raise fail(Place(file), f"not YAML: {error}") from None
    if tree is None:
        raise fail(Place(file), "the file is empty", "a graph has nodes: and outputs:")
    return tree


def read_scalar(text: str, place: Place) -> Tree:
    """A value typed on a command line: a YAML flow list, mapping or quoted text, else a plain scalar."""
    if text[:1] in ("[", "{", '"', "'"):
        tree = read_text(text, place.file)
        return Tree.of(tree.plain(), place)
    return Tree(resolve_scalar(text), place)


def resolve_scalar(text: str) -> Any:
    """A plain (unquoted) scalar by YAML 1.2's core schema."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) > 300:  # beyond any number that means something here
        return text
    if _INTEGER.fullmatch(text):
        bases = {"0o": 8, "0x": 16}
        return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_A_NUMBER.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line if mark else 0
    place = Place(file, line + 1, (mark.column if mark else 0) + 1)
    lines = text.splitlines()
    here = lines[line] if line < len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return Problem(place, "a tab in the indentation", "indent with spaces")
    message = str(error.problem or "malformed YAML")
    opened = error.context_mark
    if opened and error.context and "flow" in error.context:
        bracket = "[" if "sequence" in error.context else "{"
        return Problem(
            place,
            f"the '{bracket}' opened at line {opened.line + 1}, column {opened.column + 1} is not closed here",
            f"YAML: {message}",
        )
    return Problem(place, f"not YAML: {message}", f"{error.context}" if error.context else "")


class _Builder:
    """Builds a tree from events without recursion, counting as it goes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self.anchors: dict[str, tuple[Tree, int]] = {}
        self.problems: list[Problem] = []

    def build(self, events: Iterator[Any]) -> Tree | None:
        root: Tree | None = None
        documents = 0
        # One frame an open collection: what it holds so far, its start event, the count when it opened.
        open_frames: list[tuple[list[Tree], Any, int]] = []
        for event in events:
            place = self._place(event)
            done: Tree | None = None
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise fail(place, "a second document starts here; a graph file holds one")
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._refuse_tag(event, place)
                self._count(place)
                open_frames.append(([], event, self.count))
                if len(open_frames) > MAX_DEPTH:
                    raise fail(place, f"nested more than {MAX_DEPTH} levels deep")
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                entries, start, counted = open_frames.pop()
                done = self._close(entries, start)
                if start.anchor:
                    self.anchors[start.anchor] = (done, self.count - counted)
            elif isinstance(event, yaml.ScalarEvent):
                self._refuse_tag(event, place)
                self._count(place)
                done = Tree(resolve_scalar(event.value) if event.implicit[0] else event.value, place)
                if event.anchor:
                    self.anchors[event.anchor] = (done, 1)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.anchors:
                    raise fail(place, f"the alias *{event.anchor} has no anchor before it")
                done, weight = self.anchors[event.anchor]
                self._count(place, weight)
            if done is None:
                continue
            if open_frames:
                open_frames[-1][0].append(done)
            else:
                root = done
        if self.problems:
            raise GraphError(self.problems)
        return None if root is None or root.value is None else root

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _count(self, place: Place, weight: int = 1) -> None:
        self.count += weight
        if self.count > MAX_VALUES:
            raise fail(place, f"more than {MAX_VALUES:,} values, aliases followed")

    def _refuse_tag(self, event: Any, place: Place) -> None:
        if event.tag not in (None, "!"):
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self.problems.append(
                Problem(
                    place, f"the tag {tag} is not allowed", "a graph is plain data; quote text that needs it"
                )
            )

    def _close(self, entries: list[Tree], start: Any) -> Tree:
        place = self._place(start)
        if isinstance(start, yaml.SequenceStartEvent):
            return Tree(entries, place)
        mapping: dict[str, Tree] = {}
        key_places: dict[str, Place] = {}
        for key, value in zip(entries[::2], entries[1::2], strict=True):
            if key.is_mapping or key.is_list:
                self.problems.append(Problem(key.place, f"a key is {key.kind}; keys are text"))
                continue
            name = str(key.value)
            if name in mapping:
                first = key_places[name]
                self.problems.append(
                    Problem(
                        key.place,
                        f"the key {name!r} stands twice",
                        f"it was first given at line {first.line}",
                    )
                )
                continue
            mapping[name], key_places[name] = value, key.place
        return Tree(mapping, place, key_places)
