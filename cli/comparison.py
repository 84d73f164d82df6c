"""Two settings compared over the same prompts: a table of scores, and one sentence that claims no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

#: A difference that chance alone would make more often than this is not called one.
_CHANCE = 0.05


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
        from ..evaluation.comparing.sign_flips import sign_flip_test

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


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
