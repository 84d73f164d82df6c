"""The difference of one score between two runs, taken within each prompt, so that what all pictures of a
prompt share cancels.

Of means and shares only what both runs have is compared: the same prompt and seed, or, where they share no
seed, the same prompt. Of a set the difference is that of the two values without their bias, and its error is
made of the differences of what each unit adds to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from ..results.score import Score
from ..uncertainty.clusters import ROUNDING, t_interval
from .share_interval import share_interval
from .sign_flips import MOST, sign_flip_test

FloatArray = npt.NDArray[np.float64]


class NotComparedError(Exception):
    """Two scores can't be compared; the message says why."""


@dataclass(frozen=True)
class UnitDifferences:
    """A difference b − a by unit: ``parts`` ``[G]`` sum to it, ``weights`` ``[G]`` to 1.

    A unit's weight is its share of the pictures. ``pictures`` are compared in all; ``matched`` says what is
    paired.
    """

    parts: FloatArray
    weights: FloatArray
    pictures: int
    matched: str

    @property
    def value(self) -> float:
        return float(self.parts.sum())

    @property
    def influence(self) -> FloatArray:
        """What each unit adds to the error of the difference, ``[G]``, summing to 0."""
        return self.parts - self.weights * self.value

    @property
    def units(self) -> int:
        return len(self.parts)

    @property
    def effective_units(self) -> float:
        """How many units of equal size tell as much (Kish 1965)."""
        return float(1 / (self.weights @ self.weights))

    @property
    def vary(self) -> bool:
        """Whether more than rounding lies between the units."""
        scale = float(np.abs(self.parts).sum())
        return float(np.abs(self.influence).sum()) > ROUNDING * scale

    @property
    def standard_error(self) -> float:
        """By the variance between units; 0 where they don't vary."""
        influence = self.influence
        return sqrt(float(influence @ influence) * self.units / (self.units - 1)) if self.vary else 0.0

    def chance(self, value: float) -> float:
        """How often a difference as far from 0 as ``value`` arises where a and b are alike: the p-value.

        Signs flipped at the toss of a coin, exactly, for up to 30 units that differ; Student's t for more.
        """
        shifted = self.parts + self.weights * (value - self.value)
        if np.count_nonzero(shifted) <= MOST:
            return sign_flip_test(shifted)
        if not self.vary:
            return 0.5 ** (self.units - 1)
        return float(2 * special.stdtr(self.effective_units - 1, -abs(value) / self.standard_error))


@dataclass(frozen=True)
class Paired:
    """A difference b − a with what is known of it; ``reason`` says why something isn't.

    ``higher``, ``lower`` and ``ties`` count the units where b has more, less and as much; None for sets.
    """

    difference: float
    units: UnitDifferences | None
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    higher: int | None = None
    lower: int | None = None
    ties: int | None = None
    #: Whether the bias of both values was taken away, so that it isn't their difference as they stand.
    less_bias: bool = False
    #: Whether both are equal at every place, as the same pictures would be.
    identical: bool = False
    method: str = ""
    reason: str = ""


def paired(a: Score, b: Score) -> Paired:
    """The difference b − a of two scores of one metric. NotComparedError where there is none to tell."""
    if (a.kind == "set") != (b.kind == "set"):
        raise NotComparedError("one is taken of single pictures, the other of a set")
    return _of_sets(a, b) if a.kind == "set" else _of_cells(a, b)


def _of_cells(a: Score, b: Score) -> Paired:
    differences, matched, pictures = _cell_differences(a, b)
    units = _unit_differences(differences, pictures, matched)
    means = np.array([np.mean(found) for found in differences.values()])
    tied = np.abs(means) <= ROUNDING * max(abs(a.estimate), abs(b.estimate))
    found = Paired(
        units.value,
        units,
        higher=int((~tied & (means > 0)).sum()),
        lower=int((~tied & (means < 0)).sum()),
        ties=int(tied.sum()),
        identical=all(value == 0 for values in differences.values() for value in values),
        method=f"paired by {matched}",
    )
    return _judged(found, is_share=a.kind == "share")


def _cell_differences(a: Score, b: Score) -> tuple[Mapping[str, list[float]], str, int]:
    """Differences by unit, what is paired, and of how many pictures each side."""
    shared = [place for place in a.cells if place in b.cells]
    by_unit: dict[str, list[float]] = {}
    for place in shared:
        by_unit.setdefault(place[0], []).append(b.cells[place] - a.cells[place])
    one, other = _values_by_unit(a), _values_by_unit(b)
    both = [unit for unit in one if unit in other]
    if not both:
        raise NotComparedError("they share no prompt")
    # Where seeds overlap for some prompts only, what is paired closest would leave prompts out.
    if len(by_unit) == len(both):
        has_seeds = any(seed for _, seed in shared)
        return by_unit, "prompt and seed" if has_seeds else "prompt", len(shared)
    means = {unit: [float(np.mean(other[unit]) - np.mean(one[unit]))] for unit in both}
    return means, "prompt", sum(min(len(one[unit]), len(other[unit])) for unit in both)


def _values_by_unit(score: Score) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for (unit, _), value in score.cells.items():
        found.setdefault(unit, []).append(value)
    return found


def _unit_differences(differences: Mapping[str, list[float]], pictures: int, matched: str) -> UnitDifferences:
    sizes = np.array([len(found) for found in differences.values()], dtype=np.float64)
    sums = np.array([sum(found) for found in differences.values()])
    return UnitDifferences(sums / sizes.sum(), sizes / sizes.sum(), pictures, matched)


def _of_sets(a: Score, b: Score) -> Paired:
    plain = float(b.estimate) - float(a.estimate)
    corrected = a.estimate.corrected is not None and b.estimate.corrected is not None
    difference = _less_bias(b) - _less_bias(a) if corrected else plain
    for score in (a, b):
        if not score.contributions:
            why = score.estimate.reason or "what each picture adds to it isn't known"
            return Paired(difference, None, reason=why)
    units = _set_differences(a, b, difference)
    identical = plain == 0 and a.contributions == b.contributions
    method = f"paired by {units.matched}"
    found = _judged(Paired(difference, units, less_bias=corrected, identical=identical, method=method))
    if found.p is not None and corrected:
        # The noise of splitting comes on top of what the influence tells: by itself this p would be below
        # 5 % in up to 11 % of comparisons of equal models. The plain difference holds that level, for all its
        # bias, which the first one lacks.
        found = replace(found, p=max(found.p, units.chance(plain)))
    withheld = next((s.estimate.reason for s in (a, b) if s.estimate.interval is None), None)
    if found.interval is not None and withheld and not identical:
        found = replace(found, interval=None, reason=withheld)
    return found


def _less_bias(score: Score) -> float:
    corrected = score.estimate.corrected
    return float(score.estimate) if corrected is None else corrected


def _set_differences(a: Score, b: Score, difference: float) -> UnitDifferences:
    shared = [unit for unit in a.contributions if unit in b.contributions]
    if not shared:
        raise NotComparedError("they share no prompt")
    every = list(dict.fromkeys((*a.contributions, *b.contributions)))
    sizes = Counter(a.units.each()) + Counter(b.units.each())
    weights = np.array([sizes[unit] for unit in every], dtype=np.float64)
    weights /= weights.sum()
    influence = np.array([b.contributions.get(unit, 0.0) - a.contributions.get(unit, 0.0) for unit in every])
    pictures = min(len(a.units), len(b.units))
    return UnitDifferences(influence + weights * difference, weights, pictures, "prompt")


def _judged(found: Paired, *, is_share: bool = False) -> Paired:
    """With standard error, interval and p, as far as the units tell them."""
    units = found.units
    assert units is not None
    if units.units < 2:
        reason = "one prompt: what it does to one picture more than to another can't be told from chance"
        return replace(found, reason=reason)
    p = units.chance(found.difference)
    if is_share:
        ends = share_interval(units.parts, units.weights, units.pictures / units.units, units.effective_units)
        return replace(found, standard_error=units.standard_error, interval=ends, p=p)
    if found.identical:
        return replace(found, standard_error=0.0, interval=(0.0, 0.0), p=1.0)
    if not units.vary:
        reason = f"all {units.units} prompts differ by the same, so how much others might isn't seen"
        return replace(found, p=p, reason=reason)
    error = units.standard_error
    ends = t_interval(found.difference, error, units.effective_units)
    return replace(found, standard_error=error, interval=ends, p=p)
