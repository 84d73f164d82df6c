"""The difference of one score between two runs, taken within each prompt, so that what all pictures of a
prompt share cancels.

Of means and shares only what both runs have is compared: the same prompt and seed, or, of a prompt whose
seeds they don't share, the means of its pictures. Of a set the difference is that of the two values without
their bias, and its error is made of the differences of what each unit adds to them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import sqrt
from typing import NamedTuple

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

    ``values`` are those of a and b over what is compared, so that they differ by the ``difference``.
    ``higher``, ``lower`` and ``ties`` count the units where b has more, less and as much; None for sets.
    """

    values: tuple[float, float]
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
    #: Whether so much of the bias may be left that the two may differ in that alone.
    bias_left: bool = False
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
    pairs, matched = _pairs(a, b)
    pictures = np.array([pair.pictures for pair in pairs], dtype=np.float64)
    sides = np.array([[pair.a.mean(), pair.b.mean()] for pair in pairs])
    means = sides[:, 1] - sides[:, 0]
    weights = pictures / pictures.sum()
    units = UnitDifferences(weights * means, weights, int(pictures.sum()), matched)
    tied = np.abs(means) <= ROUNDING * max(abs(a.estimate), abs(b.estimate))
    one, other = (float(value) for value in weights @ sides)
    found = Paired(
        (one, other),
        units.value,
        units,
        higher=int((~tied & (means > 0)).sum()),
        lower=int((~tied & (means < 0)).sum()),
        ties=int(tied.sum()),
        identical=all(np.array_equal(pair.a, pair.b) for pair in pairs),
        method=f"paired by {matched}",
    )
    every = np.concatenate([side for pair in pairs for side in (pair.a, pair.b)])
    # Zeros and ones, such as those of blank pictures, are shares too.
    is_share = a.kind == "share" or bool(np.isin(every, (0.0, 1.0)).all())
    return _judged(found, a.unit, largest_share=max(1.0, float(every.max())) if is_share else None)


class _Pair(NamedTuple):
    """What two scores have of a unit: values of a and of b, which count as so many ``pictures``."""

    a: FloatArray
    b: FloatArray
    pictures: int


def _pairs(a: Score, b: Score) -> tuple[list[_Pair], str]:
    """What is compared of each shared unit, and what is paired: of each unit as closely as it can be."""
    one, other = _values_by_unit(a), _values_by_unit(b)
    found: list[_Pair] = []
    by_seed = 0
    for unit in one:
        if unit not in other:
            continue
        shared = [seed for seed in one[unit] if seed in other[unit]]
        here, there = shared or list(one[unit]), shared or list(other[unit])
        by_seed += any(shared)
        sides = np.array([one[unit][seed] for seed in here]), np.array([other[unit][seed] for seed in there])
        found.append(_Pair(*sides, min(len(here), len(there))))
    if not found:
        raise NotComparedError(f"they share no {_called(a)}")
    if by_seed in (0, len(found)):
        return found, f"{_called(a)} and seed" if by_seed else _called(a)
    return found, f"{_called(a)}, and by seed where one is shared"


def _values_by_unit(score: Score) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for (unit, seed), value in score.cells.items():
        found.setdefault(unit, {})[seed] = value
    return found


def _called(score: Score) -> str:
    """What a unit of a score is called."""
    return score.unit or "unit"


def _of_sets(a: Score, b: Score) -> Paired:
    plain = float(b.estimate) - float(a.estimate)
    corrected = a.estimate.corrected is not None and b.estimate.corrected is not None
    values = (_less_bias(a), _less_bias(b)) if corrected else (float(a.estimate), float(b.estimate))
    difference = values[1] - values[0]
    for score in (a, b):
        if not score.contributions:
            why = score.estimate.reason or "what each picture adds to it isn't known"
            return Paired(values, difference, None, reason=why)
    units = _set_differences(a, b, difference)
    identical = plain == 0 and a.contributions == b.contributions
    method = f"paired by {units.matched}"
    found = Paired(values, difference, units, less_bias=corrected, identical=identical, method=method)
    found = _judged(found, a.unit)
    if found.p is not None and corrected:
        # The noise of splitting comes on top of what the influence tells: by itself this p would be below
        # 5 % in up to 11 % of comparisons of equal models. The plain difference holds that level, for all its
        # bias, which the first one lacks.
        found = replace(found, p=max(found.p, units.chance(plain)))
    withheld = next((s.estimate.reason for s in (a, b) if s.estimate.interval is None), None)
    if withheld and not identical:
        reason = withheld if found.p is not None else found.reason
        found = replace(found, interval=None, bias_left=True, reason=reason)
    return found


def _less_bias(score: Score) -> float:
    corrected = score.estimate.corrected
    return float(score.estimate) if corrected is None else corrected


def _set_differences(a: Score, b: Score, difference: float) -> UnitDifferences:
    if not a.contributions.keys() & b.contributions.keys():
        raise NotComparedError(f"they share no {_called(a)}")
    every = list(dict.fromkeys((*a.contributions, *b.contributions)))
    sizes = Counter(a.units.each()) + Counter(b.units.each())
    weights = np.array([sizes[unit] for unit in every], dtype=np.float64)
    weights /= weights.sum()
    influence = np.array([b.contributions.get(unit, 0.0) - a.contributions.get(unit, 0.0) for unit in every])
    pictures = min(len(a.units), len(b.units))
    return UnitDifferences(influence + weights * difference, weights, pictures, _called(a))


def _judged(found: Paired, unit: str, *, largest_share: float | None = None) -> Paired:
    """With standard error, interval and p, as far as the units tell them.

    ``unit`` is what a unit is called. Of shares, ``largest_share`` is the most that one can be.
    """
    units = found.units
    assert units is not None
    word = unit or "unit"
    if units.units < 2:
        reason = f"one {word}: what it does to one picture more than to another can't be told from chance"
        return replace(found, reason=reason)
    p = units.chance(found.difference)
    if largest_share is not None:
        pictures = units.pictures / units.units
        ends = share_interval(
            units.parts, units.weights, pictures, units.effective_units, largest=largest_share
        )
        return replace(found, standard_error=units.standard_error, interval=ends, p=p)
    if found.identical:
        return replace(found, standard_error=0.0, interval=(0.0, 0.0), p=1.0)
    if not units.vary:
        reason = f"all {units.units} {word}s differ by the same, so how much others might isn't seen"
        return replace(found, p=p, reason=reason)
    error = units.standard_error
    ends = t_interval(found.difference, error, units.effective_units)
    return replace(found, standard_error=error, interval=ends, p=p)
