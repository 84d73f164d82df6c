"""Several values for one input, given in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .handles import Handle, as_bare_text


@dataclass(frozen=True)
class EachValues:
    """Several values for one input; made by :func:`each`."""

    content: Mapping[str, Any]


def each(*values: Any, per: str | Handle | None = None, **source: Any) -> EachValues:
    """Give an input each of several values, so that it becomes an axis.

    ``each("a red circle", "two stars")``, ``each(range(4))``, ``each(["a", "b"])``, or a source by name as
    in a graph file: ``each(file="prompts.csv", column="text", limit=10)``, ``each(folder="photos")``.
    ``per`` names an input that has seeds of its own for each of its values.
    """
    if bool(values) == bool(source):
        raise TypeError("each takes values, or one source by name (file=, folder=, zip=), not both")
    listed: Any = source
    if values:
        listed = list(values)
        (first, *others) = values
        if not others and isinstance(first, range) and first == range(len(first)):
            listed = {"range": len(first)}
        elif not others and not isinstance(first, (str, Mapping)) and hasattr(first, "__iter__"):
            listed = list(first)
    return EachValues({"each": listed, **({"per": as_bare_text(per)} if per is not None else {})})
