"""Every metric on features that are simulated: who knows the truth can tell how often an interval covers it.

Features are Gaussian and, in clusters, alike within a prompt. What an interval is for is known, or is the
mean over all replicates where it is for sets of the same size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mezzotint.evaluation import (
    AttributeVotes,
    Authenticity,
    DensityCoverage,
    Diversity,
    Embeddings,
    InceptionScore,
    KernelReference,
    PointSet,
    PrecisionRecall,
    PromptDiversity,
    Statistics,
    Vendi,
    frechet_distance,
)
from mezzotint.evaluation.measures.cmmd import SCALE, gaussian_kernel
from mezzotint.evaluation.measures.kernel_distance import polynomial_kernel
from mezzotint.evaluation.measures.moments import unit_rows
from mezzotint.evaluation.uncertainty import (
    entropy_influence,
    neighbour_estimates,
    skew_influence,
    spread_influence,
)
from mezzotint.evaluation.uncertainty.clusters import clustered_estimate
from mezzotint.evaluation.uncertainty.cmmd_influence import cmmd_estimate
from mezzotint.evaluation.uncertainty.estimate import Estimate
from mezzotint.evaluation.uncertainty.frechet_influence import frechet_estimate
from mezzotint.evaluation.uncertainty.kernel_influence import kernel_estimate
from mezzotint.evaluation.uncertainty.means import mean_estimate, task_mean_estimate

Rows = npt.NDArray[np.float64]

DIMENSION = 8
RATIOS = (2, 4, 8, 32)
REFERENCE = 500
TASKS = 2
#: The features of the second of two models are as those of the first, times this.
LARGER = 1.1


@dataclass(frozen=True)
class Design:
    """How pictures are drawn: so many of each prompt, and what shares of a variance prompt and seed make."""

    name: str
    per_prompt: int
    of_prompt: float = 0.0
    of_seed: float = 0.0

    def noise(self, random: np.random.Generator, count: int, shape: tuple[int, ...]) -> Rows:
        """Standard Gaussian ``[count, *shape]``, prompt by prompt; seed k of one prompt is that of all."""
        prompts, seeds = count // self.per_prompt, self.per_prompt
        parts = [
            (self.of_prompt, (prompts, 1)),
            (self.of_seed, (1, seeds)),
            (1 - self.of_prompt - self.of_seed, (prompts, seeds)),
        ]
        drawn = sum(sqrt(share) * random.normal(size=(*size, *shape)) for share, size in parts if share)
        return np.broadcast_to(drawn, (prompts, seeds, *shape)).reshape(count, *shape).copy()

    def units(self, count: int) -> list[str]:
        return [f"prompt {index // self.per_prompt}" for index in range(count)]


ALONE = Design("one a prompt", 1)
NESTED = Design("four a prompt", 4, of_prompt=0.5)
CROSSED = Design("four a prompt, seeds crossed", 4, of_prompt=0.45, of_seed=0.1)
DESIGNS = (ALONE, NESTED, CROSSED)


class World:
    """The distribution that pictures' features come from, and a reference from another."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self.scales = np.linspace(0.6, 1.4, DIMENSION)
        self.shift = 0.5
        self.reference = random.normal(size=(REFERENCE, DIMENSION))
        self.classes = 1.5 * random.normal(size=(DIMENSION, 6))
        self.attributes = random.normal(size=(3, DIMENSION))

    def features(self, noise: Rows) -> Rows:
        return noise * self.scales + self.shift

    def distance_of(self, scale: float) -> float:
        """The Fréchet distance of ever more pictures, of features times a scale."""
        mean, covariance = np.full(DIMENSION, scale * self.shift), np.diag((scale * self.scales) ** 2)
        return frechet_distance(Statistics(mean, covariance), self.statistics)

    @cached_property
    def statistics(self) -> Statistics:
        return Statistics.of_features(self.reference)

    @cached_property
    def kernel_reference(self) -> KernelReference:
        return KernelReference(self.reference)

    @cached_property
    def embeddings(self) -> Embeddings:
        return Embeddings.of(self.reference)

    @cached_property
    def points(self) -> PointSet:
        return PointSet.of(self.reference)

    def limit_of_kernel(self, kernel: Callable[[Rows, Rows], Rows], within: float) -> float:
        """What a kernel distance tends to, from 400,000 pictures."""
        random, found = np.random.default_rng(1), []
        for _ in range(200):
            rows = self.features(random.normal(size=(2000, DIMENSION)))
            among = kernel(rows, rows)
            mean = (among.sum() - np.trace(among)) / (len(rows) * (len(rows) - 1))
            found.append(mean - 2 * kernel(rows, self.reference).mean())
        return float(np.mean(found)) + within


class Sample(NamedTuple):
    """One replicate: noise ``[n, d]`` and features of it, the unit of each picture, and further noise."""

    noise: Rows
    rows: Rows
    units: list[str]
    other_noise: Rows

    @classmethod
    def drawn(cls, world: World, design: Design, random: np.random.Generator, count: int) -> Sample:
        noise, other = (design.noise(random, count, (DIMENSION,)) for _ in range(2))
        return cls(noise, world.features(noise), design.units(count), other)


@dataclass(frozen=True)
class Metric:
    """What is estimated, and of what the interval is; None for the mean over sets of the same size."""

    estimate: Callable[[World, Sample], Estimate]
    limit: Callable[[World], float] | None = None
    designs: Sequence[Design] = DESIGNS
    ratios: Sequence[int] = RATIOS


def fed(metric: Any, *inputs: Any) -> Any:
    metric.update(*inputs)
    return metric


def task_means(world: World, sample: Sample) -> Estimate:
    tasks = [f"task {int(unit.split()[1]) % TASKS}" for unit in sample.units]
    return task_mean_estimate(sample.noise[:, 0], tasks, sample.units)


def two_models(
    of: Callable[[World, Sample], Estimate],
) -> Callable[[World, Sample], Estimate]:
    """The difference of two models on the same prompts, with 0.7 of their noise in common."""

    def difference(world: World, sample: Sample) -> Estimate:
        noise = sqrt(0.7) * sample.noise + sqrt(0.3) * sample.other_noise
        rows = LARGER * world.features(noise)
        first, second = of(world, sample), of(world, sample._replace(noise=noise, rows=rows))
        assert first.influence is not None
        assert second.influence is not None
        centres = [float(each) if each.corrected is None else each.corrected for each in (first, second)]
        return clustered_estimate(
            centres[1] - centres[0], second.influence - first.influence, sample.units, method="paired"
        )

    return difference


def spread(part: str) -> Callable[[World, Sample], Estimate]:
    def estimate(world: World, sample: Sample) -> Estimate:
        metric = fed(PromptDiversity(), sample.rows, sample.units)
        found = spread_influence.prompt_diversity_estimate(metric, sample.rows, sample.units, sample.units)
        return getattr(found, part)

    return estimate


def of_metric(
    make: Callable[[World], Any], estimate: Callable[..., Any], part: str = ""
) -> Callable[[World, Sample], Estimate]:
    """An estimate of what a metric has gathered; ``part`` names one of several."""

    def estimated(world: World, sample: Sample) -> Estimate:
        found = estimate(fed(make(world), sample.rows), sample.rows, sample.units)
        return getattr(found, part) if part else found

    return estimated


def inception(world: World, sample: Sample) -> Estimate:
    logits = sample.rows @ world.classes
    return entropy_influence.inception_score_estimate(fed(InceptionScore(), logits), logits, sample.units)


def frechet(world: World, sample: Sample) -> Estimate:
    return frechet_estimate(sample.rows, sample.units, world.statistics)


def scaled_gaussian(x: Rows, y: Rows) -> Rows:
    return SCALE * gaussian_kernel(unit_rows(x), unit_rows(y))


METRICS: Mapping[str, Metric] = {
    "mean": Metric(lambda world, s: mean_estimate(s.noise[:, 0], s.units), lambda world: 0.0),
    "mean of two tasks": Metric(task_means, lambda world: 0.0),
    "Fréchet distance": Metric(frechet, lambda world: world.distance_of(1.0)),
    "kernel distance": Metric(
        lambda world, s: kernel_estimate(s.rows, s.units, world.kernel_reference),
        lambda world: world.limit_of_kernel(polynomial_kernel, world.kernel_reference.within),
    ),
    "CMMD": Metric(
        lambda world, s: cmmd_estimate(s.rows, s.units, world.embeddings),
        lambda world: world.limit_of_kernel(scaled_gaussian, SCALE * world.embeddings.kernel_mean),
    ),
    "Inception Score": Metric(inception),
    "Vendi score": Metric(of_metric(lambda world: Vendi(), entropy_influence.vendi_estimate)),
    "diversity": Metric(of_metric(lambda world: Diversity(), spread_influence.diversity_estimate)),
    "diversity within prompts": Metric(spread("within"), designs=(NESTED, CROSSED)),
    "diversity across prompts": Metric(spread("across"), designs=(NESTED, CROSSED)),
    "precision": Metric(
        of_metric(
            lambda world: PrecisionRecall(world.points),
            neighbour_estimates.precision_recall_estimate,
            "precision",
        )
    ),
    "density": Metric(
        of_metric(
            lambda world: DensityCoverage(world.points),
            neighbour_estimates.density_coverage_estimate,
            "density",
        )
    ),
    "coverage": Metric(
        of_metric(
            lambda world: DensityCoverage(world.points),
            neighbour_estimates.density_coverage_estimate,
            "coverage",
        )
    ),
    "authenticity": Metric(
        of_metric(lambda world: Authenticity(world.points), neighbour_estimates.authenticity_estimate)
    ),
    "skew": Metric(
        of_metric(
            lambda world: AttributeVotes(("one", "two", "three"), world.attributes),
            skew_influence.skew_estimate,
            "skew",
        )
    ),
    "two models: means": Metric(
        two_models(lambda world, s: mean_estimate(s.rows[:, 0], s.units)),
        lambda world: (LARGER - 1) * world.shift,
        designs=(ALONE, NESTED),
    ),
    "two models: Fréchet distances": Metric(
        two_models(frechet),
        lambda world: world.distance_of(LARGER) - world.distance_of(1.0),
        designs=(ALONE, NESTED),
    ),
}
