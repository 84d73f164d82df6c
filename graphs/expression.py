"""Reads what one field of a node says: a reference, text with references in it, or a plain value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .grammar import Expression, Literal, Reference, References, Template
from .problem import Place, Problems
from .source import Tree

REFERENCE = re.compile(r"\$([A-Za-z_]\w*)(?:\.([\w-]+))?")
_IN_TEMPLATE = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)(?:\.([^{}]+))?\}|\$")


class ExpressionReader:
    """What is wrong is gathered in ``problems``."""

    def __init__(self, problems: Problems) -> None:
        self.wrong = problems.add

    def expression(self, tree: Tree) -> Expression:
        if isinstance(tree.value, str):
            return self._parse_text(tree.value, tree.place)
        if tree.is_list:
            items = [self.expression(entry) for entry in tree.value]
            references = tuple(item for item in items if isinstance(item, Reference))
            if references and len(references) == len(items):
                return References(references, tree.place)
            for item in items:
                if not isinstance(item, Literal):
                    self.wrong(item.place, "a list is either all references or all plain values")
            return Literal([item.value for item in items if isinstance(item, Literal)], tree.place)
        if tree.is_mapping:
            values = {key: self.expression(entry) for key, entry in tree.value.items()}
            for item in values.values():
                if not isinstance(item, Literal):
                    self.wrong(item.place, "a reference can't stand inside a mapping")
            return Literal({k: v.value for k, v in values.items() if isinstance(v, Literal)}, tree.place)
        return Literal(tree.value, tree.place)

    def _parse_text(self, text: str, place: Place) -> Expression:
        whole = REFERENCE.fullmatch(text)
        if whole:
            return Reference(whole.group(1), whole.group(2), place)
        parts: list[str | Reference] = []
        end = 0
        lone: int | None = None
        for match in _IN_TEMPLATE.finditer(text):
            parts.append(text[end : match.start()])
            end = match.end()
            if match.group() == "$$":
                parts.append("$")
            elif match.group(1):
                parts.append(Reference(match.group(1), match.group(2), place))
            else:
                lone = match.start() if lone is None else lone
        if lone is not None:
            self._lone_dollar(text, lone, place)
        parts.append(text[end:])
        if not any(isinstance(part, Reference) for part in parts):
            return Literal("".join(str(part) for part in parts), place)
        return Template(tuple(part for part in parts if part != ""), place)

    def _lone_dollar(self, text: str, at: int, place: Place) -> None:
        word = re.match(r"\$\{?\s*([A-Za-z_]\w*(?:\.\w+)?)", text[at : at + 200])
        hint = "write $$ for a dollar sign"
        if word:
            hint = f"write ${{{word.group(1)}}} for a reference inside text, $$ for a dollar sign"
        around = text if len(text) <= 60 else f"…{text[max(at - 25, 0) : at + 25]}…"
        self.wrong(place, f"a lone '$' in {around!r}", hint)


def as_written(expression: Expression) -> Any:
    """The plain data that a file says for an expression: what reads back as the same."""
    if isinstance(expression, Reference):
        return str(expression)
    if isinstance(expression, References):
        return [str(item) for item in expression.items]
    if isinstance(expression, Literal):
        return escape(expression.value)
    return "".join(
        escape(part) if isinstance(part, str) else f"${{{str(part)[1:]}}}" for part in expression.parts
    )


def escape(value: Any) -> Any:
    """Plain data as a field of a node says it, dollar signs doubled."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, (list, tuple)):
        return [escape(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: escape(entry) for key, entry in value.items()}
    return value
