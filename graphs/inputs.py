"""Reads what a graph file says of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .entries import OPEN_HINT, EntryReader
from .grammar import Each, InputSpec, Interface, Reference, Template
from .problem import Place, nearest, show
from .source import Tree
from .types import INPUT_TYPES

_SOURCES = ("range", "file", "folder", "zip")
_EACH_HINT = "write a list, {range: n}, {file: F}, {folder: D} or {zip: {…}}"
_INPUT_KEYS = ("each", "per", "value", "type", "help", "min", "max", "graph")


class InputReader(EntryReader):
    """Reads inputs: defaults, axes and open graphs."""

    def input(self, name: str, tree: Tree, place: Place) -> InputSpec:
        if not tree.is_mapping:
            return InputSpec(name, place, default=tree)
        if tree.value and not set(tree.value) & set(_INPUT_KEYS):
            hint = "for a default that is itself a mapping write {value: {…}}"
            if set(tree.value) & set(_SOURCES):
                hint = f"for an axis write {{each: {{{next(iter(tree.value))}: …}}}}"
            close = nearest(next(iter(tree.value)), _INPUT_KEYS)
            hint = f"{close}; {hint}" if close.startswith("did") else hint
            keys = ", ".join(_INPUT_KEYS)
            self.wrong(tree.place, f"input {name!r} is {tree.kind}, which has none of {keys}", hint)
            return InputSpec(name, place)
        self.known_keys(tree, _INPUT_KEYS, f"input {name!r}")
        entries: dict[str, Tree] = tree.value
        spec = InputSpec(
            name,
            place,
            default=entries.get("value"),
            each=self.each(entries["each"]) if "each" in entries else None,
            per=self._per(entries),
            type=self.text(entries, "type"),
            help=self.text(entries, "help") or "",
            minimum=self.number(entries, "min"),
            maximum=self.number(entries, "max"),
            interface=self._interface(entries["graph"]) if "graph" in entries else None,
        )
        if "each" in entries and "value" in entries:
            self.wrong(place, f"input {name!r} has both a value and each", "give one of them")
        if "per" in entries and "each" not in entries:
            self.wrong(
                entries["per"].place, f"input {name!r} has per without each", "write {each: …, per: …}"
            )
        if spec.interface is not None:
            for key in entries:
                if key not in ("graph", "value", "help"):
                    self.wrong(
                        tree.key_places.get(key, place), f"an open graph takes no {key}:", f"remove {key}:"
                    )
            return replace(spec, default=self._graph_file(spec.default))
        return self._bounds(spec, entries)

    def _per(self, entries: Mapping[str, Tree]) -> Reference | Template | None:
        """What seeds are ``per``: an input or column by its bare name, or text made of them."""
        text = self.text(entries, "per")
        if text is None:
            return None
        place = entries["per"].place
        read = self.expression(Tree(text if "$" in text else f"${text}", place))
        if isinstance(read, (Reference, Template)):
            return read
        self.wrong(place, f"per: {show(text)} names no input", "write {each: …, per: prompt}")
        return None

    def _bounds(self, spec: InputSpec, entries: Mapping[str, Tree]) -> InputSpec:
        """The input without a type or bounds that mean nothing."""
        if spec.type is not None and spec.type not in INPUT_TYPES:
            self.wrong(entries["type"].place, f"no type {show(spec.type)}", nearest(spec.type, INPUT_TYPES))
            return replace(spec, type=None, minimum=None, maximum=None)
        bounded = spec.minimum is not None or spec.maximum is not None
        if bounded and spec.type not in (None, "integer", "number"):
            place = entries["min" if spec.minimum is not None else "max"].place
            self.wrong(place, f"input {spec.name!r} is of type {spec.type}, which has no bounds")
            return replace(spec, minimum=None, maximum=None)
        if spec.minimum is not None and spec.maximum is not None and not spec.minimum <= spec.maximum:
            self.wrong(entries["min"].place, f"min: is above max: of input {spec.name!r}, so nothing fits")
            return replace(spec, minimum=None, maximum=None)
        return spec

    def _interface(self, tree: Tree) -> Interface:
        if not tree.is_mapping:
            self.wrong(tree.place, f"graph: is {tree.kind}", OPEN_HINT)
            return Interface((), ())
        self.known_keys(tree, ("inputs", "outputs"), "an open graph")
        return Interface(self.names(tree, "inputs"), self.names(tree, "outputs"))

    def _graph_file(self, tree: Tree | None) -> Tree | None:
        """The file that fills an open graph, relative to the folder of the file that names it."""
        path = None if tree is None else self.path(tree, "value")
        return None if tree is None or path is None else Tree(str(path), tree.place)

    def each(self, tree: Tree) -> Each | None:
        """Where the values of an axis come from; None for what can't be understood."""
        place = tree.place
        if tree.is_list:
            return Each(place, values=tuple(tree.value))
        if not tree.is_mapping:
            self.wrong(place, f"each: is {tree.kind}", _EACH_HINT)
            return None
        entries: dict[str, Tree] = tree.value
        self.known_keys(tree, (*_SOURCES, "column", "match", "limit"), "each:")
        given = [source for source in _SOURCES if source in entries]
        if len(given) != 1:
            self.wrong(place, f"each: has {' and '.join(given) or 'no source'}", _EACH_HINT)
            return None
        for extra, owner in (("column", "file"), ("match", "folder")):
            if extra in entries and given[0] != owner:
                self.wrong(entries[extra].place, f"{extra}: goes with {owner}:, not with {given[0]}:")
        source = entries[given[0]]
        limit = self.count(entries, "limit")
        if given[0] == "range":
            count = self.count(entries, "range")
            return None if count is None else Each(source.place, count=count, limit=limit)
        if given[0] == "zip":
            return self._zip(source, place, limit)
        path = self.path(source, given[0])
        if path is None:
            return None
        if given[0] == "file":
            return Each(source.place, file=path, column=self.text(entries, "column"), limit=limit)
        return Each(source.place, folder=path, match=self.text(entries, "match") or "*", limit=limit)

    def _zip(self, tree: Tree, place: Place, limit: int | None) -> Each | None:
        if not tree.is_mapping or not tree.value:
            self.wrong(tree.place, f"zip: is {tree.kind}", "write {zip: {a: […], b: […]}}")
            return None
        parts = {key: self.each(entry) for key, entry in tree.value.items()}
        known = {key: part for key, part in parts.items() if part is not None}
        return Each(place, zip=known, limit=limit) if len(known) == len(parts) else None
