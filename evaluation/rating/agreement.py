"""How much raters agree who judged the same pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """``share`` of the ``comparisons`` of two raters on one pair in which they chose the same.

    ``alpha`` is Krippendorff's: 1 for full agreement, 0 for what chance would give; None where all choices
    are the same, and chance would give that too.
    """

    share: float
    comparisons: int
    alpha: float | None


def agreement(judgements: Iterable[Sequence[Hashable]]) -> Agreement | None:
    """Of the choices of each pair's raters; None where no pair has two. Every pair counts by its raters
    less one.

    K. Krippendorff, Content Analysis, ch. 11, for nominal data and any number of raters.
    """
    counts = [Counter(choices) for choices in judgements if len(choices) > 1]
    if not counts:
        return None
    comparisons = sum(n * (n - 1) // 2 for n in map(Counter.total, counts))
    same = sum(count * (count - 1) // 2 for choices in counts for count in choices.values())
    # Krippendorff's coincidences give each pair the weight of its raters, whatever the number of their
    # comparisons.
    observed = sum(
        sum(count * (choices.total() - count) for count in choices.values()) / (choices.total() - 1)
        for choices in counts
    )
    total: Counter[Hashable] = sum(counts, Counter())
    n = total.total()
    expected = sum(count * (n - count) for count in total.values()) / (n - 1)
    return Agreement(same / comparisons, comparisons, 1 - observed / expected if expected else None)
