"""Many tests at once: the more are made, the likelier one of them is a false alarm."""

from __future__ import annotations

from collections.abc import Sequence


def holm(values: Sequence[float | None]) -> list[float | None]:
    """p-values, in their order, so adjusted that all below α together are false with probability at most α.

    The step-down method of Holm, "A simple sequentially rejective multiple test procedure", 1979, which
    holds however the tests depend on each other. None, where there was no test, stays None and counts for
    nothing.
    """
    tested = sorted((value, place) for place, value in enumerate(values) if value is not None)
    adjusted: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (value, place) in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * value))
        adjusted[place] = highest
    return adjusted
