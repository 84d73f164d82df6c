"""A graph while it is put together: inputs, nodes and outputs under names of their own, as plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Any

from ....graphs.expression import escape
from ....graphs.grammar import LANGUAGE_VERSION

_LONGEST_NAME = 60
_OTHER = re.compile(r"[^0-9A-Za-z]+")


def as_name(text: str) -> str:
    """Text as a name in a graph: letters, digits and ``_``; nothing where none are left."""
    return _OTHER.sub("_", text).strip("_").lower()[:_LONGEST_NAME].strip("_").lstrip("0123456789_")


class Draft:
    """What is added gets a free name like the one wished for, and is known by the reference handed back."""

    def __init__(self) -> None:
        self.inputs: dict[str, Any] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.outputs: dict[str, str] = {}
        self._taken: set[str] = set()

    def input(self, wished: str, value: Any) -> str:
        """Add an input with a plain value, or ``{"each": …}``."""
        name = self._take(wished)
        self.inputs[name] = {"value": value} if isinstance(value, Mapping) and "each" not in value else value
        return f"${name}"

    def node(self, wished: str, use: str, fields: Mapping[str, Any]) -> str:
        """Add a node; values of fields are references (texts that begin with ``$``) or :func:`literal`."""
        name = self._take(wished)
        self.nodes[name] = {"use": use, **fields}
        return f"${name}"

    def output(self, wished: str, reference: str) -> None:
        """Add an output; outputs have names apart from those of inputs and nodes.

        Each has a folder of its name, so they differ by more than capitals.
        """
        self.outputs[_free(wished, {name.lower() for name in self.outputs})] = reference

    def graph(self, description: str) -> dict[str, Any]:
        """All of it, as :func:`~mezzotint.graphs.yaml_text.graph_text` writes it."""
        written: dict[str, Any] = {"mezzotint": LANGUAGE_VERSION, "description": description}
        if self.inputs:
            written["inputs"] = self.inputs
        return {**written, "nodes": self.nodes, "outputs": self.outputs}

    def _take(self, wished: str) -> str:
        name = _free(wished, self._taken)
        self._taken.add(name.lower())
        return name


def _free(wished: str, taken: Set[str]) -> str:
    """A name like the one wished for that isn't taken, whatever its capitals."""
    name, number = wished, 1
    while name.lower() in taken:
        number += 1
        name = f"{wished}_{number}"
    return name


def literal(value: Any) -> Any:
    """A value as it stands in a field of a node, where ``$`` would begin a reference."""
    return escape(value)
