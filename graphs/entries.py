"""Reads entries of mappings: text, numbers, names, paths; whatever is something else becomes a problem."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from .expression import ExpressionReader
from .problem import Place, Problems, nearest, show
from .source import Tree

MAX_AXIS = 10_000_000
OPEN_HINT = "write {graph: {inputs: [prompt, seed], outputs: [images]}}"
_NAME = re.compile(r"[A-Za-z_]\w{0,99}")


class EntryReader:
    """``folder`` is what relative paths are relative to; what is wrong is gathered in ``problems``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems = Problems()
        self.wrong = self.problems.add
        self.expression = ExpressionReader(self.problems).expression

    def is_name(self, name: str, place: Place) -> bool:
        if _NAME.fullmatch(name):
            return True
        rule = "a name is at most 100 letters, digits and _, and doesn't start with a digit"
        self.wrong(place, f"{show(name)} is not a name", rule)
        return False

    def known_keys(self, tree: Tree, known: tuple[str, ...], what: str) -> None:
        for key in tree.value:
            if key not in known:
                self.wrong(
                    tree.key_places.get(key, tree.place), f"{what} has no {show(key)}", nearest(key, known)
                )

    def names(self, tree: Tree, key: str) -> tuple[str, ...]:
        part = tree.value.get(key)
        if part is None or not part.is_list or not all(isinstance(entry.value, str) for entry in part.value):
            self.wrong((part or tree).place, f"{key} of an open graph is a list of names", OPEN_HINT)
            return ()
        return tuple(entry.value for entry in part.value if self.is_name(entry.value, entry.place))

    def path(self, tree: Tree, key: str) -> Path | None:
        name = str(tree.value) if isinstance(tree.value, PurePath) else tree.value
        if not isinstance(name, str) or not name:
            self.wrong(tree.place, f"{key}: is {tree.kind}; it is a path")
            return None
        if "\0" in name:
            self.wrong(tree.place, f"{key}: {show(name)} is not the name of a file")
            return None
        return self.folder / name

    def text(self, entries: Mapping[str, Tree], key: str) -> str | None:
        text: str | None = self.typed(entries, key, str, "text")
        return text

    def number(self, entries: Mapping[str, Tree], key: str) -> float | None:
        number: float | None = self.typed(entries, key, (int, float), "a number")
        return number

    def count(self, entries: Mapping[str, Tree], key: str) -> int | None:
        count: int | None = self.typed(entries, key, int, "a whole number")
        if count is not None and not 1 <= count <= MAX_AXIS:
            self.wrong(entries[key].place, f"{key}: is {show(count)}; it goes from 1 to {MAX_AXIS:,}")
            return None
        return count

    def typed(self, entries: Mapping[str, Tree], key: str, kind: Any, words: str) -> Any:
        tree = entries.get(key)
        if tree is None:
            return None
        if not isinstance(tree.value, kind) or isinstance(tree.value, bool):
            self.wrong(tree.place, f"{key}: is {tree.kind}; it is {words}")
            return None
        return tree.value
