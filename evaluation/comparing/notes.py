"""What is to be said of a comparison as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isclose
from typing import TYPE_CHECKING

from .contenders import Contender

if TYPE_CHECKING:
    from .comparison import Row


def notes(sides: Sequence[Contender], names: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """Sentences on what was compared of the scores with these ``names``, and on what that rests."""
    for side in sides:
        if not side.complete:
            yield f"the run of {side.label} isn't finished: what is there is compared"
    if any(_is_partial(row) for row in rows):
        yield (
            "the runs have only some of their prompts and seeds in common: means and shares are over these, "
            "and differ from those of whole runs"
        )
    keys = [{score.key for score in side.scores if score.name in names} for side in sides]
    for side, here in zip(sides, keys, strict=True):
        alone = sum(all(key not in other for other in keys if other is not here) for key in here)
        if alone:
            yield f"{side.label} has {alone:,} {'score' if alone == 1 else 'scores'} that no other has"
    seeds = frozenset().union(*(side.seeds for side in sides))
    crossed = sorted(seeds & {axis for row in rows if row.p is not None for axis in row.conditional_on})
    if crossed:
        named = " and ".join(crossed)
        yield f"all prompts share the values of {named}: with others the differences may be others"


def _is_partial(row: Row) -> bool:
    """Whether what is compared is less than what the runs hold, to be seen in their values."""
    sides = ((row.value_a, row.whole_a), (row.value_b, row.whole_b))
    return not row.less_bias and any(
        value is not None and whole is not None and not isclose(value, whole, rel_tol=1e-9, abs_tol=1e-12)
        for value, whole in sides
    )
