"""Differences within prompts: against SciPy's tests, in every odd case, and how often they alarm falsely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mezzotint.evaluation.comparing.paired import NotComparedError, UnitDifferences, paired
from mezzotint.evaluation.comparing.sign_flips import sign_flip_test
from mezzotint.evaluation.measures.frechet import Statistics
from mezzotint.evaluation.uncertainty.frechet_influence import frechet_estimate


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("seeds", [1, 3])
def test_many_prompts_have_the_paired_t_test_of_scipy_over_their_means(made: Any, seeds: int) -> None:
    a, b = normal(40, seeds), normal(40, seeds, seed=1) + 0.3
    found = paired(made.by_prompt(a), made.by_prompt(b))
    expected = stats.ttest_rel(b.mean(1), a.mean(1))
    assert found.p == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))
    assert found.difference == pytest.approx((b - a).mean())
    assert (found.units.units, found.units.pictures) == (40, 40 * seeds)


def test_few_prompts_have_the_exact_test(made: Any) -> None:
    a, b = normal(9, 2), normal(9, 2, seed=1) + 0.4
    found = paired(made.by_prompt(a), made.by_prompt(b))
    assert found.p == pytest.approx(sign_flip_test((b - a).mean(1)))


def test_only_prompts_and_seeds_that_both_have_are_compared(made: Any) -> None:
    a = made.of({("x", "0"): 1.0, ("x", "1"): 2.0, ("y", "0"): 3.0, ("lost", "0"): 99.0})
    b = made.of({("x", "0"): 2.0, ("y", "0"): 3.5, ("y", "7"): 88.0, ("new", "0"): 77.0})
    found = paired(a, b)
    assert found.method == "paired by prompt and seed"
    assert found.difference == pytest.approx((1.0 + 0.5) / 2)
    assert (found.higher, found.lower, found.ties, found.units.pictures) == (2, 0, 0, 2)


def test_runs_that_share_no_seed_are_paired_by_prompt(made: Any) -> None:
    a, b = normal(40, 2), normal(40, 2, seed=1)
    found = paired(made.by_prompt(a, ("0", "1")), made.by_prompt(b, ("2", "3")))
    assert found.method == "paired by prompt"
    assert found.p == pytest.approx(stats.ttest_rel(b.mean(1), a.mean(1)).pvalue)


def test_seeds_shared_at_some_prompts_only_dont_leave_the_other_prompts_out(made: Any) -> None:
    a = made.of({("x", "0"): 1.0, ("y", "0"): 3.0})
    b = made.of({("x", "0"): 2.0, ("y", "5"): 5.0})
    found = paired(a, b)
    assert found.method == "paired by prompt, and by seed where one is shared"
    assert (found.units.units, found.difference) == (2, 1.5)


def test_seeds_that_a_prompt_shares_are_paired_though_another_prompt_shares_none(made: Any) -> None:
    a = made.of({("x", "0"): 1.0, ("x", "1"): 100.0, ("y", "0"): 3.0, ("y", "1"): 5.0})
    b = made.of({("x", "0"): 2.0, ("x", "7"): -50.0, ("y", "5"): 5.0, ("y", "6"): 7.0})
    found = paired(a, b)
    # x by its seed 0, y by the means of both its pictures.
    assert found.difference == pytest.approx((1 * 1.0 + 2 * 2.0) / 3)
    assert found.values == pytest.approx(((1.0 + 2 * 4.0) / 3, (2.0 + 2 * 6.0) / 3))


def test_values_are_over_what_is_compared_so_that_they_subtract(made: Any) -> None:
    a = made.of({("x", "0"): 1.0, ("y", "0"): 3.0, ("lost", "0"): 99.0})
    b = made.of({("x", "0"): 2.0, ("y", "0"): 3.5, ("new", "0"): 77.0})
    found = paired(a, b)
    assert found.values == (2.0, 2.75)
    assert found.difference == found.values[1] - found.values[0]


def test_what_a_prompt_does_to_all_pictures_cancels(made: Any) -> None:
    prompts = 100 * normal(40, 1)
    a, b = prompts + normal(40, 1, seed=1), prompts + normal(40, 1, seed=2) + 1
    found = paired(made.by_prompt(a), made.by_prompt(b))
    assert found.standard_error < 0.4
    assert found.p < 0.05


def test_no_shared_prompt_is_refused(made: Any) -> None:
    with pytest.raises(NotComparedError, match="share no prompt"):
        paired(made.of({("x", "0"): 1.0}), made.of({("y", "0"): 1.0}))
    with pytest.raises(NotComparedError, match="share no prompt"):
        paired(made.of_set(1.0, {"x": 0.1}), made.of_set(1.0, {"y": 0.1}))


def test_pictures_are_not_compared_with_a_set(made: Any) -> None:
    with pytest.raises(NotComparedError, match="single pictures"):
        paired(made.of({("x", "0"): 1.0}), made.of_set(1.0, {"x": 0.1}))


def test_one_prompt_has_a_difference_and_no_chance(made: Any) -> None:
    for kind in ("mean", "share"):
        found = paired(made.by_prompt([[1, 0]], kind=kind), made.by_prompt([[1, 1]], kind=kind))
        assert found.difference == 0.5
        assert (found.p, found.interval, found.standard_error) == (None, None, None)
        assert "one prompt" in found.reason


def test_equal_scores_are_equal_and_nothing_is_divided_by_zero(made: Any) -> None:
    same = made.by_prompt(normal(5, 2))
    found = paired(same, same)
    assert (found.difference, found.interval, found.p) == (0.0, (0.0, 0.0), 1.0)
    assert (found.identical, found.ties) == (True, 5)


def test_a_shift_of_all_alike_has_its_exact_chance_and_no_interval(made: Any) -> None:
    a = normal(5, 1).round(3)
    found = paired(made.by_prompt(a), made.by_prompt(a + 0.5))
    assert (found.p, found.interval, found.higher) == (2 / 2**5, None, 5)
    assert "differ by the same" in found.reason
    many = paired(made.by_prompt(np.zeros(50)), made.by_prompt(np.ones(50)))
    assert many.p < 1e-12


def test_shares_that_never_differed_still_have_an_interval(made: Any) -> None:
    always = made.by_prompt(np.ones(20), kind="share")
    found = paired(always, always)
    assert found.p == 1.0
    assert -0.2 < found.interval[0] < -0.05
    assert found.interval[1] == -found.interval[0]


def test_zeros_and_ones_that_never_differed_have_an_interval_as_shares_do(made: Any) -> None:
    never = made.by_prompt(np.zeros(20))
    found = paired(never, never)
    assert found.interval[0] == -found.interval[1] < -0.05


def test_a_share_that_was_scaled_may_differ_by_more_than_one(made: Any) -> None:
    a, b = made.by_prompt(np.zeros(4), kind="share"), made.by_prompt(np.ones(4), kind="share")
    four_times = replace(b, values=4 * b.values)
    assert paired(a, b).interval[1] == 1.0
    assert 1.0 < paired(a, four_times).interval[1] <= 4.0


def test_what_bias_may_explain_is_told(made: Any) -> None:
    adds = {f"prompt {place}": value for place, value in enumerate(np.linspace(-0.1, 0.1, 12))}
    few = {"interval": None, "reason": "too few pictures"}
    a, b = made.of_set(9.0, adds, corrected=3.0, **few), made.of_set(5.0, adds, corrected=1.0, **few)
    found = paired(a, b)
    assert (found.bias_left, found.interval, found.reason) == (True, None, "too few pictures")
    assert found.values == (3.0, 1.0)
    assert not paired(made.of_set(9.0, adds), made.of_set(5.0, adds)).bias_left


def test_a_set_differs_by_what_each_prompt_adds_over_the_union_of_prompts(made: Any) -> None:
    a = made.of_set(2.0, {"x": 0.5, "y": -0.5, "z": 0.0})
    b = made.of_set(3.0, {"x": 0.25, "y": 0.25, "w": -0.5})
    found = paired(a, b)
    of_units = np.array([-0.25, 0.75, 0.0, -0.5])
    assert found.difference == 1.0
    assert found.units.influence == pytest.approx(of_units)
    assert found.standard_error == pytest.approx(np.sqrt(4 / 3 * (of_units @ of_units)))
    assert (found.higher, found.lower, found.ties) == (None, None, None)


def test_a_set_is_compared_without_its_bias_and_called_different_only_where_it_is_with_it_too(
    made: Any,
) -> None:
    rng = np.random.default_rng(0)
    names = [f"prompt {row}" for row in range(50)]
    noise = rng.standard_normal((2, 50)) / 50
    noise -= noise.mean(1, keepdims=True)
    one, other = (dict(zip(names, row.tolist(), strict=True)) for row in noise)
    far = paired(made.of_set(2.0, one, 1.0), made.of_set(4.0, other, 3.0))
    assert far.difference == 2.0
    assert far.p < 1e-6
    assert far.less_bias
    by_bias = paired(made.of_set(2.0, one, 1.0), made.of_set(4.0, other, 1.0))
    assert (by_bias.difference, by_bias.p) == (0.0, 1.0)
    by_split = paired(made.of_set(2.0, one, 1.0), made.of_set(2.0, other, 3.0))
    assert by_split.p == 1.0


def test_a_set_too_small_for_an_interval_has_none_for_its_difference(made: Any) -> None:
    influence = {f"prompt {row}": (-1.0) ** row for row in range(40)}
    small = made.of_set(2.0, influence, 1.0, interval=None, reason="40 pictures for 64 features")
    other = made.of_set(9.0, dict.fromkeys(influence, 0.0), 8.0)
    found = paired(small, other)
    assert (found.interval, found.reason) == (None, "40 pictures for 64 features")
    assert found.p < 1


def test_a_set_of_which_nothing_is_known_claims_nothing(made: Any) -> None:
    known, unknown = (
        made.of_set(2.0, {"x": 0.1, "y": -0.1}),
        made.of_set(3.0, {}, reason="no jackknife for it"),
    )
    found = paired(known, unknown)
    assert (found.difference, found.p, found.reason) == (1.0, None, "no jackknife for it")


TABLES = st.lists(st.lists(st.floats(-10, 10), min_size=2, max_size=2), min_size=2, max_size=8)


@settings(deadline=None)
@given(TABLES, st.data())
def test_exchanging_the_runs_turns_the_difference_around(made: Any, a: Any, data: st.DataObject) -> None:
    b = data.draw(
        st.lists(st.lists(st.floats(-10, 10), min_size=2, max_size=2), min_size=len(a), max_size=len(a))
    )
    there, back = (paired(made.by_prompt(x), made.by_prompt(y)) for x, y in ((a, b), (b, a)))
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == pytest.approx(back.p)
    assert (there.higher, there.lower, there.ties) == (back.lower, back.higher, back.ties)
    if there.interval is not None:
        assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))


def test_a_prompt_of_more_pictures_weighs_more(made: Any) -> None:
    a = made.of({("x", "0"): 0.0, ("x", "1"): 0.0, ("x", "2"): 0.0, ("y", "0"): 0.0})
    b = made.of({("x", "0"): 1.0, ("x", "1"): 1.0, ("x", "2"): 1.0, ("y", "0"): 5.0})
    found = paired(a, b)
    assert found.difference == 2.0
    assert found.units.weights.tolist() == [0.75, 0.25]
    assert found.units.effective_units == pytest.approx(1.6)


def false_alarms(draw: Any, repeats: int) -> float:
    """How often two runs of one model are told apart at 5 %."""
    return sum(draw() < 0.05 for _ in range(repeats)) / repeats


@pytest.mark.parametrize(("prompts", "seeds"), [(8, 4), (20, 1), (60, 2)])
def test_two_runs_of_one_model_are_rarely_told_apart(made: Any, prompts: int, seeds: int) -> None:
    rng = np.random.default_rng(prompts)

    def of_means() -> float:
        shared = 2 * rng.standard_t(4, (prompts, 1))
        a, b = (shared + rng.standard_normal((prompts, seeds)) for _ in range(2))
        return float(paired(made.by_prompt(a), made.by_prompt(b)).p)

    def of_shares() -> float:
        hard = rng.beta(2, 1, (prompts, 1))
        a, b = (rng.uniform(size=(prompts, seeds)) < hard for _ in range(2))
        return float(paired(made.by_prompt(a, kind="share"), made.by_prompt(b, kind="share")).p)

    # Of 400 at 5 %, more than 33 are alarming in one of 800 repeats of this.
    assert false_alarms(of_means, 400) <= 33 / 400
    assert false_alarms(of_shares, 400) <= 33 / 400


@pytest.mark.parametrize(("dimension", "prompts"), [(8, 24), (16, 12)])
def test_two_runs_of_one_model_rarely_differ_by_a_frechet_distance(
    made: Any, dimension: int, prompts: int
) -> None:
    """Four pictures a prompt: six times as many as features, and three times."""
    rng = np.random.default_rng(dimension)
    reference = Statistics(np.zeros(dimension), np.diag(np.linspace(0.5, 2, dimension)))
    units = [f"prompt {row}" for row in range(prompts) for _ in range(4)]

    def draw() -> float:
        shared = np.repeat(rng.standard_normal((prompts, dimension)), 4, axis=0)
        scores = []
        for _ in range(2):
            rows = 0.3 + (shared + rng.standard_normal((4 * prompts, dimension))) / np.sqrt(2)
            estimate = frechet_estimate(rows, units, reference)
            by_unit = dict.fromkeys(units, 0.0)
            for unit, influence in zip(units, estimate.influence, strict=True):
                by_unit[unit] += influence
            known = {"interval": estimate.interval, "reason": estimate.reason}
            scores.append(made.of_set(float(estimate), by_unit, estimate.corrected, **known))
        return float(paired(*scores).p)

    assert false_alarms(draw, 200) <= 20 / 200


def test_units_that_dont_vary_have_no_error() -> None:
    units = UnitDifferences(np.array([0.5, 0.5]), np.array([0.5, 0.5]), 2, "prompt")
    assert (units.value, units.standard_error, units.vary) == (1.0, 0.0, False)
