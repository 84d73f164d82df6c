"""Text made of values that only a run knows; a graph file writes it as ``"a ${node} in a field"``."""

from __future__ import annotations

from .node import node
from .types import AnyValue, Text, format_scalar


@node(version=1, batch=4096)
def template(values: list[AnyValue], *, pattern: list[str]) -> Text:
    """Join values into text.

    Args:
        values: the values, in the order in which they stand in the text
        pattern: the pieces of text before, between and after them; one more than there are values
    """
    rows = zip(*values, strict=True)
    return [
        pattern[0]
        + "".join(format_scalar(value) + piece for value, piece in zip(row, pattern[1:], strict=True))
        for row in rows
    ]
