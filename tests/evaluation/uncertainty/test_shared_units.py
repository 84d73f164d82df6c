"""Distances from a reference of the set's own prompts: a prompt that is drawn brings pictures to both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mezzotint.evaluation import Embeddings, KernelReference, Statistics
from mezzotint.evaluation.references.feature_sets import FeatureSet
from mezzotint.evaluation.uncertainty.cmmd_influence import cmmd_estimate
from mezzotint.evaluation.uncertainty.estimate import Estimate
from mezzotint.evaluation.uncertainty.frechet_influence import frechet_estimate
from mezzotint.evaluation.uncertainty.kernel_influence import kernel_estimate

DIMENSION, OWN, REAL = 6, 2, 4
Units = list[str]


def by_kernel(rows: np.ndarray, units: Units, drawn: FeatureSet, *, told: bool = True) -> Estimate:
    return kernel_estimate(rows, units, KernelReference(drawn.rows), drawn=drawn if told else None)


def by_cmmd(rows: np.ndarray, units: Units, drawn: FeatureSet, *, told: bool = True) -> Estimate:
    return cmmd_estimate(rows, units, Embeddings.of(drawn.rows), drawn=drawn if told else None)


def by_frechet(rows: np.ndarray, units: Units, drawn: FeatureSet, *, told: bool = True) -> Estimate:
    statistics = Statistics.of_features(drawn.rows)
    return frechet_estimate(rows, units, statistics, drawn=drawn if told else None)


KINDS = {"kid": by_kernel, "cmmd": by_cmmd, "fd": by_frechet}
EACH = pytest.mark.parametrize("kind", KINDS)


def labels(count: int, size: int) -> Units:
    return [f"prompt {index // size}" for index in range(count * size)]


def draw(
    seed: int, prompts: int, shift: float = 0.4, own: int = OWN, real: int = REAL
) -> tuple[np.ndarray, Units, FeatureSet]:
    """Pictures of a generator, and real ones of the same prompts; 0.7 of the variance is of the prompt."""
    rng = np.random.default_rng(seed)
    of_prompt = np.sqrt(0.7) * rng.normal(size=(prompts, DIMENSION)) + 0.5

    def pictures(size: int) -> np.ndarray:
        of_seed = np.sqrt(0.3) * rng.normal(size=(prompts * size, DIMENSION))
        return (np.repeat(of_prompt, size, axis=0) + of_seed).astype(np.float32)

    units = labels(prompts, real)
    drawn = FeatureSet(pictures(real), tuple(map(str, range(len(units)))), units=tuple(units))
    return pictures(own) + np.float32(shift), labels(prompts, own), drawn


@EACH
def test_the_value_stays_and_the_reference_isnt_fixed(kind: str):
    rows, units, drawn = draw(0, 40)
    found, fixed = (KINDS[kind](rows, units, drawn, told=told) for told in (True, False))
    assert float(found) == float(fixed)
    assert (found.conditional_on, fixed.conditional_on) == ((), ("reference",))
    assert found.influence.sum() == pytest.approx(0, abs=1e-10)
    assert found.corrected > fixed.corrected


@pytest.mark.parametrize("kind", ["kid", "cmmd"])
def test_corrected_leaves_the_pairs_of_one_unit_out_of_all_three_means(kind: str):
    rows, units, drawn = draw(1, 12)
    found = KINDS[kind](rows, units, drawn).corrected
    sides = [rows.astype(np.float64), drawn.rows.astype(np.float64)]
    if kind == "kid":
        kernel = lambda x, y: (x @ y.T / DIMENSION + 1) ** 3  # noqa: E731
    else:
        sides = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides]
        kernel = lambda x, y: 1000 * np.exp((x @ y.T - 1) / 100)  # noqa: E731
    names = [np.array(units), np.array(drawn.units)]

    def mean(one: int, other: int) -> float:
        return float(kernel(sides[one], sides[other])[np.not_equal.outer(names[one], names[other])].mean())

    assert found == pytest.approx(mean(0, 0) + mean(1, 1) - 2 * mean(0, 1), rel=1e-9)


@EACH
def test_a_prompts_influence_foretells_what_leaving_it_out_on_both_sides_does(kind: str):
    rows, units, drawn = draw(2, 300)
    found = KINDS[kind](rows, units, drawn)
    adds = found.influence.reshape(-1, OWN).sum(axis=1)

    def without(prompt: int) -> float:
        kept = np.array(drawn.units) != f"prompt {prompt}"
        real_units = tuple(np.array(drawn.units)[kept].tolist())
        left = FeatureSet(drawn.rows[kept], real_units, units=real_units)
        mine = np.array(units) != f"prompt {prompt}"
        other = KINDS[kind](rows[mine], np.array(units)[mine].tolist(), left)
        # The halves of a half-split are others.
        return float(other) if kind == "fd" else other.corrected

    whole = float(found) if kind == "fd" else found.corrected
    worst = np.argsort(adds)[[0, 1, -2, -1]]
    assert adds[worst] == pytest.approx([whole - without(int(prompt)) for prompt in worst], rel=0.08)


@EACH
def test_corrected_has_no_bias_and_the_standard_error_is_that_of_fresh_prompts(kind: str):
    found = [KINDS[kind](*draw(seed, 60)) for seed in range(100, 220)]
    centres = [one.corrected for one in found]
    true = np.std(centres, ddof=1)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(true, rel=0.2)
    # With prompts of its own on each side nothing is alike across.
    rows, _, _ = draw(1, 2000)
    _, _, drawn = draw(2, 2000)
    apart = FeatureSet(drawn.rows, drawn.names, units=tuple(f"other {unit}" for unit in drawn.units))
    truth = 6 * 0.4**2 if kind == "fd" else KINDS[kind](rows[::OWN], labels(2000, 1), apart)
    assert np.mean(centres) == pytest.approx(float(truth), abs=4 * true / np.sqrt(120) + 0.06 * float(truth))


@EACH
def test_sets_that_are_alike_are_seldom_called_different(kind: str):
    found = [KINDS[kind](*draw(seed, 30, shift=0.0)).p_equal for seed in range(100)]
    assert sum(p <= 0.05 for p in found) <= 12
    assert sum(p <= 0.5 for p in found) >= 25
    assert KINDS[kind](*draw(0, 30, shift=0.25)).p_equal < 0.05


@EACH
@pytest.mark.parametrize(
    "reference_units",
    [
        lambda units: [],
        lambda units: [f"other {unit}" for unit in units],
        lambda units: [units[0]] * len(units),
    ],
    ids=["unknown", "others", "one"],
)
def test_a_reference_of_other_units_is_fixed(kind: str, reference_units: Callable[[Units], Units]):
    rows, units, drawn = draw(3, 20)
    other = FeatureSet(drawn.rows, drawn.names, units=tuple(reference_units(list(drawn.units))))
    found, fixed = KINDS[kind](rows, units, other), KINDS[kind](rows, units, other, told=False)
    assert found.uncertainty == fixed.uncertainty
    assert (found.influence == fixed.influence).all()


@EACH
def test_prompts_that_the_set_has_lost_stay_fixed(kind: str):
    rows, units, drawn = draw(4, 60)
    found = KINDS[kind](rows[: 50 * OWN], units[: 50 * OWN], drawn)
    assert found.conditional_on == ("reference",)
    assert found.influence.sum() == pytest.approx(0, abs=1e-10)
    assert np.isfinite(found.standard_error)


@EACH
def test_seeds_that_all_prompts_of_the_reference_share_are_fixed(kind: str):
    rows, units, drawn = draw(5, 20)
    crossed = FeatureSet(drawn.rows, drawn.names, units=drawn.units, crossed=("again",))
    assert KINDS[kind](rows, units, crossed).conditional_on == ("again",)


def test_a_frechet_distance_takes_enough_pictures_of_the_reference_too():
    found = by_frechet(*draw(6, 20, own=8, real=1))
    assert found.interval is None
    assert found.reason.startswith("20 real pictures for 6 features: an interval takes 24")
    assert by_frechet(*draw(6, 40, own=8, real=1)).interval is not None


@EACH
def test_a_set_that_is_its_reference_differs_in_nothing(kind: str):
    _, _, drawn = draw(8, 20)
    found = KINDS[kind](drawn.rows, list(drawn.units), drawn)
    assert found.corrected == pytest.approx(0, abs=1e-9)
    assert (found.standard_error, found.interval) == (None, None)
    assert "don't differ" in found.reason
