"""How many prompts and seeds a fresh run needs to see a difference, by the spread of a run at hand.

The advice is for a fresh run of its own: going on with the run at hand until a difference shows finds one
where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from scipy import special
from scipy.optimize import brentq

from .components import Components

#: Tests are two-sided at 5 %, as comparisons make them.
LEVEL = 0.05
#: How often a difference that is there should be seen.
POWER = 0.8
#: With fewer prompts no difference can be seen: 5 coins fall alike in 6 % of all throws.
FEWEST = 6
#: Beyond so many prompts it says that there are more.
MOST = 1_000_000


def power_of(difference: float, variance: float, prompts: int) -> float:
    """How often a paired t test of ``prompts`` differences of a ``variance`` sees a difference, in [0, 1]."""
    if variance <= 0:
        return 1.0 if difference else LEVEL
    freedom = prompts - 1
    critical = special.stdtrit(freedom, 1 - LEVEL / 2)
    return float(1 - special.nctdtr(freedom, abs(difference) / sqrt(variance / prompts), critical))


def prompts_for(difference: float, variance: float, power: float = POWER) -> int | None:
    """The fewest prompts whose differences, of this ``variance``, show the difference with this ``power``.

    At least 6; None where a million aren't enough.
    """
    low, high = FEWEST - 1, FEWEST
    while power_of(difference, variance, high) < power:
        if high >= MOST:
            return None
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        if power_of(difference, variance, middle) < power:
            low = middle
        else:
            high = middle
    return high


def smallest_difference(variance: float, prompts: int, power: float = POWER) -> float:
    """The smallest difference that so many prompts show with this ``power``; infinite for fewer than 6."""
    if prompts < FEWEST:
        return float("inf")
    freedom = prompts - 1
    critical = special.stdtrit(freedom, 1 - LEVEL / 2)
    noncentrality = brentq(
        lambda value: special.nctdtr(freedom, value, critical) - (1 - power), 0.0, critical + 20.0
    )
    return float(noncentrality) * sqrt(variance / prompts)


@dataclass(frozen=True)
class Size:
    """A fresh run: so many prompts, each with so many seeds."""

    prompts: int | None
    seeds: int

    @property
    def pictures(self) -> int | None:
        return None if self.prompts is None else self.prompts * self.seeds


@dataclass(frozen=True)
class Advice:
    """What a run's spread says of one score.

    ``seen`` is the smallest difference that a comparison of two runs of the size at hand would show;
    ``sizes`` are those of fresh runs that would show ``difference``, by their seeds a prompt. ``between``
    and ``within`` are standard deviations of one picture's value: between prompts, and within them (None
    where one seed tells nothing of it). With ``paired``, they are those of differences between two runs.
    ``reason`` says why there is no advice.
    """

    name: str
    at: Mapping[str, Any]
    category: str | None
    value: float
    paired: bool
    power: float
    reason: str = ""
    prompts: int | None = None
    seeds: float | None = None
    between: float | None = None
    within: float | None = None
    seen: float | None = None
    difference: float | None = None
    sizes: Sequence[Size] = field(default_factory=tuple)

    def record(self) -> dict[str, Any]:
        """As plain data."""
        sizes = [{"prompts": s.prompts, "seeds": s.seeds, "pictures": s.pictures} for s in self.sizes]
        return {**vars(self), "at": dict(self.at), "sizes": sizes}


def sizes(
    difference: float, found: Components, power: float, seeds: Sequence[int] = (1, 2, 4, 8)
) -> tuple[Size, ...]:
    """Fresh runs that would show a difference; of runs with one seed a prompt, those with one seed alone."""
    every = seeds if found.within is not None else (1,)
    return tuple(Size(prompts_for(difference, found.of_prompt(count), power), count) for count in every)
