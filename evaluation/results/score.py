"""``Score``: one number of a run, what it is of, how sure it is, and what each unit adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ...graphs.values import canonical
from .places import Labels

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from ..uncertainty.estimate import Estimate

#: Pairs the scores of two runs: the output's name, and settings and categories as text.
Key = tuple[str, str]


@dataclass(frozen=True)
class Score:
    """One number of a run.

    ``at`` are the settings and categories that it is for. Its ``kind`` is the mean of numbers, the share of
    what is true, or the result of a reduction of a set. ``missing`` are the members that it lacks, through
    failure or since the run was stopped. ``units`` and ``seeds`` say for each of its ``n`` members which it
    is of; ``unit`` is what a unit is called, such as prompt. ``values``, float64 ``[n]``, are those of a mean
    or share.
    """

    name: str
    at: Mapping[str, Any]
    kind: Literal["mean", "share", "set"]
    better: Literal["higher", "lower"] | None
    estimate: Estimate
    missing: int
    protocol: Mapping[str, Any]
    units: Labels = field(repr=False, compare=False)
    seeds: Labels = field(repr=False, compare=False)
    unit: str = ""
    values: npt.NDArray[numpy.float64] | None = field(default=None, repr=False, compare=False)

    @property
    def key(self) -> Key:
        """What pairs it with the score of another run."""
        return self.name, canonical(dict(self.at))

    @cached_property
    def contributions(self) -> Mapping[str, float]:
        """The sum of the influence by unit: what each adds to the value's error. Empty where none is
        known."""
        influence = self.estimate.influence
        return {} if influence is None else self.units.sums(influence)

    @cached_property
    def cells(self) -> Mapping[tuple[str, str], float]:
        """The value by unit and seed, of a mean or share; what occurs more than once with its mean."""
        if self.values is None:
            return {}
        places = list(zip(self.units.each(), self.seeds.each(), strict=True))
        values = self.values.tolist()
        cells = dict(zip(places, values, strict=True))
        if len(cells) < len(places):
            several: dict[tuple[str, str], list[float]] = {}
            for place, value in zip(places, values, strict=True):
                several.setdefault(place, []).append(value)
            cells = {place: sum(found) / len(found) for place, found in several.items()}
        return cells


@dataclass(frozen=True)
class Absence:
    """A number that a run should have and has not, and why."""

    name: str
    at: Mapping[str, Any]
    missing: int
    reason: str
