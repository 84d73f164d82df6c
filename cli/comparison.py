"""Two settings compared over the same prompts: a table of scores, and one sentence that claims no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

#: A difference that chance alone would make more often than this is not called one.
_CHANCE = 0.05
#: All signs of the differences are tried, so that the test is exact; beyond this many it would take long.
MOST_PAIRS = 20


@dataclass(frozen=True)
class Comparison:
    """Scores by setting, then by prompt. ``setting`` and ``score`` are what they are called."""

    setting: str
    score: str
    scores: Mapping[Any, Mapping[str, float]]

    def table(self) -> Table:
        """A line for each setting."""
        from .summary import show_number
        from .terminal import table

        numbers = (f"mean {self.score}", "lowest", "highest", "prompts")
        lines = table(self.setting, *numbers, numbers=numbers)
        for value, scores in self.scores.items():
            found = list(scores.values())
            shown = (f"{number:.1f}" for number in (fmean(found), min(found), max(found)))
            lines.add_row(show_number(value), *(shown if found else ("", "", "")), f"{len(found)}")
        return lines

    def sentence(self) -> str:
        """What the numbers say of the two settings, paired by prompt."""
        (low, before), (high, after) = self.scores.items()
        both = [prompt for prompt in before if prompt in after]
        if len(both) < 2:
            return f"Too few prompts have a {self.score} in both settings to compare them."
        differences = [after[prompt] - before[prompt] for prompt in both]
        mean = fmean(differences)
        better, worse = (high, low) if mean >= 0 else (low, high)
        wins = sum((difference > 0) == (mean >= 0) for difference in differences if difference)
        chance = sign_flip_test(differences)
        if chance > _CHANCE:
            return (
                f"These {len(both)} prompts can't tell {self.setting} {low} from {high}: the {self.score} "
                f"differs by {abs(mean):.1f} on average, and chance alone makes a mean differ as much in "
                f"{_percent(chance)} of such comparisons."
            )
        return (
            f"By this score the pictures fit their prompts better with {self.setting} {better} than with "
            f"{worse}: more for {wins} of {len(both)} prompts, and {abs(mean):.1f} more on average "
            f"(chance alone makes a mean differ as much in {_percent(chance)} of such comparisons)."
        )


def sign_flip_test(differences: Sequence[float]) -> float:
    """How often a mean difference this large arises when each pair's sign is a coin's toss.

    The exact permutation test of paired values (Fisher, "The Design of Experiments", 1935), two-sided.
    Raises ValueError for more than 20 pairs.
    """
    if len(differences) > MOST_PAIRS:
        raise ValueError(f"{len(differences)} pairs are too many to try all signs of")
    seen = abs(sum(differences)) - 1e-9
    sums = [
        abs(sum(sign * difference for sign, difference in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(total >= seen for total in sums) / len(sums)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
