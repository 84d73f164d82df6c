"""Whether two scores may be compared at all."""

from __future__ import annotations

from typing import Any

from ..results.protocols import protocol_differences
from ..results.scores import Score

#: Why prompts don't tell whether a difference in what pictures cost would be there again.
SHARED_MACHINE = "all pictures of a run share its machine, whose load may be why; only runs made in turn tell"
#: The value of a set depends on its size; sets whose sizes differ by less are of one size.
_SAME_SIZE = 0.01


def unlike(a: Score, b: Score) -> dict[str, tuple[Any, Any]]:
    """The fields of the protocols that differ, with both values.

    How many members a set should have is one of them: most values of sets are biased by an amount that
    depends on it.
    """
    found = protocol_differences(a, b)
    if a.kind == b.kind == "set":
        planned = a.estimate.n + a.missing, b.estimate.n + b.missing
        if not _of_one_size(*planned):
            found["pictures"] = planned
    return found


def lost_too_many(a: Score, b: Score) -> str:
    """Why two sets planned alike can't be compared after what failed; nothing where they can.

    Values less their bias stand whatever the sizes.
    """
    if a.kind != "set" or (a.estimate.corrected is not None and b.estimate.corrected is not None):
        return ""
    sizes = a.estimate.n, b.estimate.n
    if _of_one_size(*sizes) or not _of_one_size(sizes[0] + a.missing, sizes[1] + b.missing):
        return ""
    return f"one is of {sizes[0]:,} pictures, the other of {sizes[1]:,}, and its value depends on how many"


def _of_one_size(one: int, other: int) -> bool:
    return abs(one - other) <= _SAME_SIZE * max(one, other)
