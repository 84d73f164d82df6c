"""YAML text as a tree in which every value knows its line and column.

Reads YAML 1.2's core schema by way of PyYAML's event stream, so that ``no``, ``12:30`` and ``2024-01-01``
are text, and so that depth, size and aliases are bounded before anything is built. Nothing is ever
constructed from a tag.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from .problem import GraphError, Place, Problem, Problems, fail, show

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
MAX_VALUES = 100_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
#: What YAML forbids in a file: control characters, half surrogate pairs, non-characters.
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


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
        return f"the text {show(self.value)}" if isinstance(self.value, str) else show(self.value)

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
        return _tree_of(value, place, MAX_DEPTH)


def _tree_of(value: Any, place: Place, depth: int) -> Tree:
    if depth < 0:
        raise fail(place, _TOO_DEEP)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):  # a number of NumPy's or torch's
        value = value.item()
    if isinstance(value, Mapping):
        entries = {str(key): _tree_of(entry, place, depth - 1) for key, entry in value.items()}
        return Tree(entries, place, dict.fromkeys(entries, place))
    if isinstance(value, (list, tuple)):
        return Tree([_tree_of(entry, place, depth - 1) for entry in value], place)
    if isinstance(value, str) and _SURROGATE.search(value):
        raise fail(place, f"{show(value)} is not text: it holds half a surrogate pair")
    return Tree(value, place)


def open_regular(path: Path, limit: int) -> bytes:
    """The content of a file, at most one byte more than ``limit``; OSError for what can't be read."""
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):  # a device may never end
                raise OSError(0, "not a regular file")
            return file.read(limit + 1)
    except ValueError:  # a NUL byte or half a surrogate pair in the name
        raise OSError(0, "not the name of a file") from None


def read_file(path: Path, slips: Problems | None = None) -> Tree:
    """The tree of a YAML file; GraphError for one that is missing, too large, binary or malformed.

    What is wrong but leaves the rest readable (a key that stands twice, a tag) goes to ``slips`` if given.
    """
    place = Place(str(path))
    try:
        data = open_regular(path, MAX_BYTES)
        size = max(len(data), path.stat().st_size)
    except IsADirectoryError:
        raise fail(place, "this is a folder, not a graph file") from None
    except FileNotFoundError:
        raise fail(place, "no such file", _neighbours(path)) from None
    except OSError as error:
        raise fail(place, f"can't be read: {error.strerror}") from None
    if size > MAX_BYTES:
        raise fail(
            place,
            f"the file has {size / 1e6:.1f} MB; a graph file has at most {MAX_BYTES / 1e6:.0f} MB",
            "put long lists in a file of their own: each: {file: prompts.txt}",
        )
    return read_text(_decode(data, place), str(path), slips)


def _neighbours(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names[:1000], n=1)
    return f"did you mean {path.parent / close[0]}?" if close else ""


def _decode(data: bytes, place: Place) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        raise fail(
            _place_at(before, place.file),
            f"not a text file: byte 0x{data[error.start]:02x} is not UTF-8",
            "a graph is YAML text in UTF-8",
        ) from None


def _place_at(before: str, file: str) -> Place:
    """The place right after some text."""
    lines = _LINE_END.split(before)
    return Place(file, len(lines), len(lines[-1]) + 1)


def read_text(text: str, file: str, slips: Problems | None = None) -> Tree:
    """The tree of YAML text; ``file`` names it in messages, ``slips`` is as for :func:`read_file`."""
    strange = _UNPRINTABLE.search(text)
    if strange:
        place = _place_at(text[: strange.start()], file)
        raise fail(place, f"not a text file: it holds the character U+{ord(strange.group()):04X}")
    try:
        builder = _Builder(file)
        tree = builder.build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise GraphError([_syntax_problem(error, text, file)]) from None
    except (yaml.YAMLError, ValueError) as error:  # PyYAML's own slips, such as an escape beyond Unicode
        raise fail(Place(file), f"not YAML: {error}") from None
    if builder.problems and (slips is None or tree is None):
        raise GraphError(builder.problems)
    if slips is not None:
        slips.extend(builder.problems)
    if tree is None:
        raise fail(Place(file), "the file is empty", "a graph has nodes: and outputs:")
    return tree


def read_scalar(text: str, place: Place) -> Tree:
    """A value typed on a command line: a YAML flow list, mapping or quoted text, else a plain scalar.

    Nothing at all is empty text, since a shell eats the quotes of ``''``; null is written ``null``.
    """
    if text[:1] in ("[", "{", '"', "'"):
        try:
            return Tree.of(read_text(text, place.file).plain(), place)
        except GraphError as error:  # what is typed has one place, and no lines
            raise GraphError(replace(problem, place=place) for problem in error.problems) from None
    return Tree.of(resolve_scalar(text) if text else "", place)


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
    lines = _LINE_END.split(text)
    here = lines[line] if line < len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return Problem(place, "a tab in the indentation", "indent with spaces")
    message = str(error.problem or "malformed YAML")
    if "maximum nesting depth" in message:  # a parser with a bound of its own, which reads ahead
        return Problem(place, _TOO_DEEP)
    opened, context = error.context_mark, error.context or ""
    where = f"opened at line {opened.line + 1}, column {opened.column + 1} is not closed" if opened else ""
    for kind, sign in (("flow sequence", "'['"), ("flow mapping", "'{'"), ("quoted scalar", "quote")):
        if where and kind in context and ("expected ','" in message or "end of stream" in message):
            hint = 'quote text that holds ${…}, as in "${name}"' if "${" in here else f"YAML: {message}"
            return Problem(place, f"the {sign} {where} here", hint)
    hint = context
    if "mapping values are not allowed" in message:
        hint = "quote text that holds ': '; put each key on a line of its own"
    elif "cannot start any token" in message and mark:
        hint = f"quote text that starts with {here[mark.column : mark.column + 1]!r}"
    return Problem(place, f"not YAML: {message}", hint)


class _Builder:
    """Builds a tree from events without recursion, counting as it goes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        #: By anchor: the tree, how many values it holds, and the text of a scalar as it was written.
        self.anchors: dict[str, tuple[Tree, int, str]] = {}
        self.problems: list[Problem] = []

    def build(self, events: Iterator[Any]) -> Tree | None:
        root: Tree | None = None
        documents = 0
        # One frame an open collection: what it holds so far, its start event, the count when it opened.
        open_frames: list[tuple[list[tuple[Tree, str]], Any, int]] = []
        for event in events:
            place = self._place(event)
            done: Tree | None = None
            written = ""
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise fail(place, "a second document starts here; a graph file holds one")
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._refuse_tag(event, place)
                self._count(place)
                open_frames.append(([], event, self.count))
                if len(open_frames) > MAX_DEPTH:
                    raise fail(place, _TOO_DEEP)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                entries, start, counted = open_frames.pop()
                done = self._close(entries, start)
                if start.anchor:
                    self.anchors[start.anchor] = (done, self.count - counted + 1, "")
            elif isinstance(event, yaml.ScalarEvent):
                self._refuse_tag(event, place)
                self._count(place)
                done, written = self._scalar(event, place), event.value
                if event.anchor:
                    self.anchors[event.anchor] = (done, 1, written)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.anchors:
                    raise fail(place, f"the alias *{event.anchor} has no finished anchor before it")
                done, weight, written = self.anchors[event.anchor]
                self._count(place, weight)
            if done is None:
                continue
            if open_frames:
                open_frames[-1][0].append((done, written))
            else:
                root = done
        return None if root is None or root.value is None else root

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _count(self, place: Place, weight: int = 1) -> None:
        self.count += weight
        if self.count > MAX_VALUES:
            raise fail(place, f"more than {MAX_VALUES:,} values, aliases followed")

    def _scalar(self, event: Any, place: Place) -> Tree:
        value = resolve_scalar(event.value) if event.implicit[0] else event.value
        if isinstance(value, str) and _SURROGATE.search(value):  # an escape in quoted text
            raise fail(place, f"{show(value)} is not text: it holds half a surrogate pair")
        return Tree(value, place)

    def _refuse_tag(self, event: Any, place: Place) -> None:
        if event.tag not in (None, "!"):
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            hint = "a graph is plain data; quote text that needs it"
            self.problems.append(Problem(place, f"the tag {tag} is not allowed", hint))

    def _close(self, entries: list[tuple[Tree, str]], start: Any) -> Tree:
        place = self._place(start)
        if isinstance(start, yaml.SequenceStartEvent):
            return Tree([tree for tree, _ in entries], place)
        mapping: dict[str, Tree] = {}
        key_places: dict[str, Place] = {}
        # A key is the text that was written: 1, 1.0 and null are names like any other.
        for (key, name), (value, _) in zip(entries[::2], entries[1::2], strict=True):
            if key.is_mapping or key.is_list:
                self.problems.append(Problem(key.place, f"a key is {key.kind}; keys are text"))
            elif name in mapping:
                self.problems.append(
                    Problem(
                        key.place,
                        f"the key {show(name)} stands twice",
                        f"it was first given at line {key_places[name].line}",
                    )
                )
            else:
                mapping[name], key_places[name] = value, key.place
        return Tree(mapping, place, key_places)
