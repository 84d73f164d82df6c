"""What attributes may be asked for; told without NumPy, so that checking a graph imports none."""

from __future__ import annotations

from collections.abc import Sequence


def check_attributes(attributes: Sequence[str], expected: Sequence[float] | None) -> None:
    """Raise ValueError for attributes that can't be told apart, and for expected shares that are none."""
    if len(set(attributes)) < 2 or len(set(attributes)) < len(attributes):
        raise ValueError("expected at least 2 attributes, each of them once")
    if expected is None:
        return
    if len(expected) != len(attributes):
        raise ValueError(f"{len(attributes)} attributes have {len(expected)} expected shares")
    if min(expected) < 0 or not abs(sum(expected) - 1) < 1e-6:
        raise ValueError(f"expected shares are from 0 to 1 and sum to 1, and these to {sum(expected):g}")
