"""Where the spread of a score comes from: between prompts, and between the pictures of one prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..results.scores import Score

Place = tuple[str, str]


@dataclass(frozen=True)
class Components:
    """Variances of one picture's value: ``between`` prompts, and ``within`` them, by seed.

    ``within`` is None where no prompt has two pictures; ``between`` then holds both. They were seen in
    ``prompts`` prompts of ``seeds`` pictures each, on average.
    """

    between: float
    within: float | None
    prompts: int
    seeds: float

    def of_prompt(self, seeds: float) -> float:
        """The variance of the mean of a prompt's pictures, if it had so many."""
        return self.between + (self.within or 0.0) / seeds

    def times(self, factor: float) -> Components:
        """Those of values that vary so many times as much."""
        within = None if self.within is None else factor * self.within
        return Components(factor * self.between, within, self.prompts, self.seeds)


def member_values(score: Score) -> Mapping[Place, float]:
    """A number by unit and seed whose mean the score is, or, of a set, to first order errs as.

    That of a set is n times the influence. Empty where it isn't known.
    """
    if score.kind != "set":
        return score.cells
    influence = score.estimate.influence
    if influence is None:
        return {}
    places = zip(score.units.each(), score.seeds.each(), strict=True)
    return dict(zip(places, (len(influence) * influence).tolist(), strict=True))


def components(values: Mapping[Place, float]) -> Components | None:
    """Of numbers by unit and seed, by analysis of variance; None of fewer than two units.

    Units needn't have equally many (Searle, Casella, McCulloch, "Variance Components", 1992, section 3.6).
    An estimate of the variance between units that comes out negative is 0.
    """
    by_unit: dict[str, list[float]] = {}
    for (unit, _), value in values.items():
        by_unit.setdefault(unit, []).append(value)
    if len(by_unit) < 2:
        return None
    sizes = np.array([len(found) for found in by_unit.values()], dtype=np.float64)
    means = np.array([np.mean(found) for found in by_unit.values()])
    total, count = sizes.sum(), len(sizes)
    grand = float(sizes @ means / total)
    between_squares = float(sizes @ (means - grand) ** 2) / (count - 1)
    if total == count:
        return Components(between_squares, None, count, 1.0)
    within = sum(float(np.sum((np.array(found) - np.mean(found)) ** 2)) for found in by_unit.values())
    within /= total - count
    size = (total - float(sizes @ sizes) / total) / (count - 1)
    return Components(max(0.0, (between_squares - within) / size), within, count, total / count)


def paired_components(a: Score, b: Score) -> Components | None:
    """Of the difference b − a: of pictures that share prompt and seed, else of pictures that share the
    prompt.

    None where they share fewer than two prompts, or what a picture adds isn't known.
    """
    one, other = member_values(a), member_values(b)
    shared = [place for place in one if place in other]
    prompts = {unit for unit, _ in one} & {unit for unit, _ in other}
    if len({unit for unit, _ in shared}) == len(prompts):
        return components({place: other[place] - one[place] for place in shared})
    return _of_shared_prompts(one, other, prompts)


def _of_shared_prompts(
    one: Mapping[Place, float], other: Mapping[Place, float], prompts: set[str]
) -> Components | None:
    """Of differences of prompts' means, less the part of it that seeds have."""
    means = [_means({place: v for place, v in side.items() if place[0] in prompts}) for side in (one, other)]
    differences = components({(unit, ""): means[1][unit] - means[0][unit] for unit in sorted(prompts)})
    sides = [components({p: v for p, v in side.items() if p[0] in prompts}) for side in (one, other)]
    if differences is None or sides[0] is None or sides[1] is None:
        return None
    if sides[0].within is None or sides[1].within is None:
        return differences
    by_seed = sides[0].within / sides[0].seeds + sides[1].within / sides[1].seeds
    seeds = min(sides[0].seeds, sides[1].seeds)
    return Components(max(0.0, differences.between - by_seed), by_seed * seeds, differences.prompts, seeds)


def _means(values: Mapping[Place, float]) -> dict[str, float]:
    by_unit: dict[str, list[float]] = {}
    for (unit, _), value in values.items():
        by_unit.setdefault(unit, []).append(value)
    return {unit: float(np.mean(found)) for unit, found in by_unit.items()}
