"""Node types that work in steps, for the tests of watching a run and of streaming its results.

``MADE`` lists the items that were finished, in order.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

from mezzotint.graphs import stepping
from mezzotint.graphs.node import node
from mezzotint.graphs.types import Integer, Text

MADE: list[str] = []


class Total:
    """Counts letters."""

    def __init__(self) -> None:
        self.letters = 0

    def update(self, text: Text) -> None:
        self.letters += sum(map(len, text))

    def merge(self, other: Total) -> None:
        self.letters += other.letters

    def compute(self) -> float:
        return self.letters


def _preview(text: str) -> Callable[[], str]:
    return lambda: f"a sketch of {text}"


@node(version=1, batch=4)
def paint(text: Text, seed: Integer, *, steps: int = 3) -> Text:
    """Paint, step by step; words that begin with "bad" can't be painted.

    Args:
        text: what
        seed: which of many
        steps: in how many steps
    """
    if any(entry.startswith("bad") for entry in text):
        raise ValueError("this can't be painted")
    for step in range(steps):
        stepping.done(step + 1, steps, _preview(text[0]))  # type: ignore[arg-type]
    painted = [f"{entry} {number}" for entry, number in zip(text, seed, strict=True)]
    MADE.extend(painted)
    return painted


@node(version=1)
def warn(text: Text) -> Text:
    """Warn of every text.

    Args:
        text: what to warn of
    """
    for entry in text:
        warnings.warn(f"mind {entry}", stacklevel=1)
    return text


@node(version=1)
def letters() -> Total:
    """Count the letters of all texts."""
    return Total()
