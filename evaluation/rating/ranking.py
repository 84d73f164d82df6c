"""How strong contestants are and which ranks are open to them, with intervals over fresh prompts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from ..uncertainty.clusters import LEVEL, effective_units, one_unit, t_quantile
from ..uncertainty.estimate import Estimate, Uncertainty
from .bradley_terry import PairedVotes, Strengths, bradley_terry


class Ranking:
    """Contestants ranked by rows of first, second, outcome for the first, and prompt.

    An outcome is 1 for a win, 0 for a loss, 0.5 for a tie; contestants are numbers of ``names``.
    """

    def __init__(self, rows: Sequence[tuple[int, int, float, str]], names: Sequence[str]) -> None:
        self.names = names
        self._prompts = [prompt for *_, prompt in rows]
        numbers = {prompt: number for number, prompt in enumerate(dict.fromkeys(self._prompts))}
        self.votes = PairedVotes.of(
            (first, second, result, numbers[prompt]) for first, second, result, prompt in rows
        )

    @cached_property
    def strengths(self) -> Strengths | None:
        """None where votes leave contestants unconnected."""
        if len(self.votes.groups(len(self.names), connection="weak")) > 1:
            return None
        return bradley_terry(self.votes, len(self.names))

    def strength(self, one: int) -> Estimate | None:
        """The log-strength of one, 0 on average over all."""
        return self._estimate({one: 1.0})

    def difference(self, one: int, other: int) -> Estimate | None:
        """By how much one is stronger than another: the logarithm of its odds where a vote decides."""
        return self._estimate({one: 1.0, other: -1.0})

    def ranks(self, one: int) -> tuple[int, int] | None:
        """The best and the worst rank of one that its differences from all others leave open, at 95 %
        together.

        M. Mogstad, J. P. Romano, A. M. Shaikh and D. Wilhelm, Inference for ranks with applications, Review
        of Economic Studies 91 (2024); here with Bonferroni's bound.
        """
        others = [other for other in range(len(self.names)) if other != one]
        level = 1 - (1 - LEVEL) / len(others)
        intervals = [
            None if estimate is None else estimate.interval
            for estimate in (self._estimate({one: 1.0, other: -1.0}, level) for other in others)
        ]
        if None in intervals:
            return None
        ends = [ends for ends in intervals if ends is not None]
        return 1 + sum(high < 0 for _, high in ends), len(self.names) - sum(low > 0 for low, _ in ends)

    def notes(self) -> list[str]:
        """What must be said beside the numbers."""
        apart = self.votes.groups(len(self.names), connection="weak")
        if len(apart) > 1:
            return [f"no vote connects {self._named(apart)}: strengths and ranks aren't known"]
        notes = []
        one_way = self.votes.groups(len(self.names), connection="strong")
        if len(one_way) > 1:
            notes.append(
                f"every vote between {self._named(one_way)} went one way: their votes set no bound to the "
                "difference, which is that of one imaginary prompt more with split votes"
            )
        if self.votes.prompts < 2:
            notes.append("all votes are on one prompt, so how much prompts differ isn't seen")
        return notes

    def _estimate(self, weights: dict[int, float], level: float = LEVEL) -> Estimate | None:
        if self.strengths is None:
            return None
        contrast = np.zeros(len(self.names))
        contrast[list(weights)] = list(weights.values())
        value, standard_error = self.strengths.combined(contrast)
        known = Uncertainty(
            n=len(self.votes),
            clusters=self.votes.prompts,
            method="Bradley–Terry with Davidson's ties, clustered by prompt",
            conditional_on=("raters",),
        )
        if self.votes.prompts < 2:
            return Estimate(value, known).with_(reason=one_unit(len(self.votes)))
        reach = t_quantile(effective_units(self._prompts), level) * standard_error
        interval = value - reach, value + reach
        return Estimate(value, known).with_(standard_error=standard_error, interval=interval)

    def _named(self, groups: Iterable[set[int]]) -> str:
        return " | ".join(", ".join(self.names[number] for number in sorted(group)) for group in groups)
