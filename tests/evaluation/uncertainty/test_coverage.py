"""Do intervals that say 95 % cover? A small version of `benchmarks/coverage.py`, with bounds to match."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
REPLICATES = 200
#: Of 200 replicates at 95 %, fewer than one run in 10,000 is below.
LEAST = 0.885
#: By name what the interval is for; None for the mean over sets of the same size.
METRICS = {
    "mean": 0.0,
    "mean of two tasks": 0.0,
    "Fréchet distance": "limit",
    "kernel distance": None,
    "CMMD": None,
    "Inception Score": None,
    "Vendi score": None,
    "diversity": None,
    "diversity within prompts": None,
    "diversity across prompts": None,
    "precision": None,
    "density": None,
    "coverage": None,
    "authenticity": None,
    "two models: means": "limit",
}


@pytest.fixture(scope="module")
def simulated() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        return importlib.import_module("simulated_metrics")


def intervals_of(simulated: ModuleType, name: str, design: str, ratio: int) -> tuple[np.ndarray, np.ndarray]:
    """Intervals ``[r, 2]`` and standard errors ``[r]`` of replicates of a metric."""
    world, drawn = simulated.World(), getattr(simulated, design)
    random = np.random.default_rng([ratio, *name.encode()])
    samples = (
        simulated.Sample.drawn(world, drawn, random, ratio * simulated.DIMENSION) for _ in range(REPLICATES)
    )
    estimates = [simulated.METRICS[name].estimate(world, sample) for sample in samples]
    return (
        np.array([each.interval for each in estimates]),
        np.array([each.standard_error for each in estimates]),
    )


@pytest.mark.parametrize("name", METRICS)
def test_intervals_of_clustered_pictures_cover_what_they_are_for(simulated, name):
    intervals, errors = intervals_of(simulated, name, "NESTED", 16)
    centres = intervals.mean(axis=1)
    target = METRICS[name]
    if target == "limit":
        target = simulated.METRICS[name].limit(simulated.World())
    elif target is None:
        target = centres.mean()
    inside = (intervals[:, 0] <= target) & (target <= intervals[:, 1])
    assert inside.mean() > LEAST
    assert 0.8 < np.sqrt((errors**2).mean()) / centres.std() < 1.5


def test_with_seeds_that_all_prompts_share_the_interval_is_for_those_alone(simulated):
    intervals, errors = intervals_of(simulated, "mean", "CROSSED", 32)
    inside = (intervals[:, 0] <= 0) & (intervals[:, 1] >= 0)
    assert inside.mean() < 0.85
    assert np.sqrt((errors**2).mean()) < 0.7 * intervals.mean(axis=1).std()
