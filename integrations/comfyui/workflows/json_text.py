"""JSON text as a tree in which every value knows its line and column.

JSON is no YAML to a reader that refuses half surrogate pairs, and Python's own reader forgets the places.
"""

from __future__ import annotations

import json
import json.decoder
import re
from bisect import bisect_right
from typing import Any

from ....graphs.problem import GraphError, Place, fail, shorten
from ....graphs.source import Tree

MAX_DEPTH = 40
MAX_VALUES = 200_000

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z]+|.")
#: The last three are no JSON, but Python writes and reads them.
_WORDS = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
}
#: Python's own reader of a string in JSON: the text, and where it ends.
_read_string: Any = getattr(json.decoder, "scanstring")  # noqa: B009 - typeshed doesn't know it
#: Python refuses to read longer whole numbers.
_LONGEST_NUMBER = 1000


def read_json(text: str, file: str, *, places: bool = True) -> Tree:
    """The tree of JSON text. ``file`` names it in messages, without lines where ``places`` is false.

    GraphError for what isn't JSON, is nested too deep, or holds too many values.
    """
    return _Reader(text, file, places).whole()


class _Reader:
    def __init__(self, text: str, file: str, places: bool) -> None:
        self.text = text
        self.file = file
        self.at = 1 if text.startswith("\ufeff") else 0
        self.count = 0
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))] if places else []

    def place(self, at: int) -> Place:
        if not self.starts:
            return Place(self.file, 0)
        line = bisect_right(self.starts, at)
        return Place(self.file, line, at - self.starts[line - 1] + 1)

    def wrong(self, message: str, at: int, hint: str = "") -> GraphError:
        return fail(self.place(at), message, hint)

    def whole(self) -> Tree:
        self.skip()
        if self.at == len(self.text):
            raise self.wrong("the file is empty", self.at, "in ComfyUI: Workflow > Export (API)")
        tree = self.value(0)
        self.skip()
        if self.at < len(self.text):
            raise self.expected("the end of the file")
        return tree

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def expected(self, what: str) -> GraphError:
        found = shorten(self.text[self.at : self.at + 20].split("\n")[0], 20)
        return self.wrong(f"not JSON: expected {what}, found {found!r}" if found else
                          f"not JSON: expected {what}, and the text ends", self.at)  # fmt: skip

    def value(self, depth: int) -> Tree:
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.wrong(f"more than {MAX_VALUES:,} values", self.at)
        if depth > MAX_DEPTH:
            raise self.wrong(f"nested more than {MAX_DEPTH} levels deep", self.at)
        start, sign = self.at, self.text[self.at : self.at + 1]
        if sign == "{":
            return self.mapping(start, depth)
        if sign == "[":
            return self.list(start, depth)
        if sign == '"':
            return Tree(self.string(), self.place(start))
        if sign == "-" or sign.isdigit():
            return Tree(self.number(), self.place(start))
        match = _WORD.match(self.text, start)
        if match is None or match.group() not in _WORDS:
            raise self.expected("a value")
        self.at = match.end()
        return Tree(_WORDS[match.group()], self.place(start))

    def string(self) -> str:
        start = self.at
        try:
            found: str
            found, self.at = _read_string(self.text, start + 1, True)
        except json.JSONDecodeError as error:
            raise self.wrong(f"not JSON: {error.msg}", error.pos) from None
        try:
            found.encode()
        except UnicodeEncodeError:
            raise self.wrong("this is not text: it holds half a surrogate pair", start) from None
        return found

    def number(self) -> Any:
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            raise self.expected("a number")
        if len(match.group()) > _LONGEST_NUMBER:
            raise self.wrong(f"a number of {len(match.group()):,} digits", self.at)
        self.at = match.end()
        return float(match.group()) if match.group(1) or match.group(2) else int(match.group())

    def list(self, start: int, depth: int) -> Tree:
        entries: list[Tree] = []
        self.at += 1
        self.skip()
        while self.text[self.at : self.at + 1] != "]":
            if entries:
                self.take(",", "',' or ']'")
            entries.append(self.value(depth + 1))
            self.skip()
        self.at += 1
        return Tree(entries, self.place(start))

    def mapping(self, start: int, depth: int) -> Tree:
        entries: dict[str, Tree] = {}
        places: dict[str, Place] = {}
        self.at += 1
        self.skip()
        while self.text[self.at : self.at + 1] != "}":
            if entries:
                self.take(",", "',' or '}'")
            here = self.at
            if self.text[here : here + 1] != '"':
                raise self.expected("a key in double quotes")
            key = self.string()
            if key in entries:
                first = places[key]
                where = f"it was first given at line {first.line}" if first.line else ""
                raise self.wrong(f"the key {shorten(key)!r} stands twice", here, where)
            self.skip()
            self.take(":", "':'")
            entries[key], places[key] = self.value(depth + 1), self.place(here)
            self.skip()
        self.at += 1
        return Tree(entries, self.place(start), places)

    def take(self, sign: str, expected: str) -> None:
        if self.text[self.at : self.at + 1] != sign:
            raise self.expected(expected)
        self.at += 1
        self.skip()
