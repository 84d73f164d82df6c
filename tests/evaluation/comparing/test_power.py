"""The promised power is the power that comparisons have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mezzotint.evaluation.comparing.advice import advise
from mezzotint.evaluation.comparing.allowances import parse_difference
from mezzotint.evaluation.comparing.paired import paired
from mezzotint.evaluation.comparing.power import (
    FEWEST,
    power_of,
    prompts_for,
    smallest_difference,
)
from mezzotint.evaluation.results.run_folder import Run
from mezzotint.graphs.problem import GraphError

WriteRun = Callable[..., Run]


def test_the_textbook_case_needs_thirty_four_pairs() -> None:
    # Half a standard deviation, 5 %, 80 %: Cohen, "Statistical Power Analysis", and every calculator.
    assert prompts_for(0.5, 1.0) == 34
    assert power_of(0.5, 1.0, 34) == pytest.approx(0.808, abs=0.001)
    assert power_of(0.5, 1.0, 33) < 0.8


def test_the_smallest_difference_and_the_number_of_prompts_are_each_others_inverse() -> None:
    for prompts in (6, 20, 500):
        seen = smallest_difference(2.0, prompts)
        assert power_of(seen, 2.0, prompts) == pytest.approx(0.8)
        assert prompts_for(seen * 1.0001, 2.0) == prompts


def test_fewer_than_six_prompts_see_nothing_and_a_million_may_be_too_few() -> None:
    assert prompts_for(100.0, 1.0) == FEWEST
    assert smallest_difference(1.0, 5) == float("inf")
    assert prompts_for(1e-4, 1.0) is None
    assert power_of(1.0, 0.0, 6) == 1.0


def run_of(write_run: WriteRun, name: str, values: Any, **more: Any) -> Run:
    return write_run(name, {"score": values}, **more)


@pytest.mark.parametrize("seeds", [1, 4])
def test_a_fresh_pair_of_the_advised_size_sees_the_difference_as_often_as_promised(
    write_run: WriteRun, made: Any, seeds: int
) -> None:
    rng = np.random.default_rng(5)

    def both(prompts: int, seeds: int, apart: float) -> Any:
        shared = 3 * rng.standard_normal((prompts, 1))
        own = [
            rng.standard_normal((prompts, 1)) / 2 + 2 * rng.standard_normal((prompts, seeds)) for _ in "ab"
        ]
        return shared + own[0], shared + own[1] + apart

    # A large run at hand, so that its spread is well known.
    a, b = both(600, 4, 0.0)
    runs = run_of(write_run, "run", a), run_of(write_run, "baseline", b)
    (advice,) = advise(*runs, [parse_difference("score: 1")], by="none")
    size = next(size for size in advice.sizes if size.seeds == seeds)
    assert size.prompts is not None
    assert size.pictures == size.prompts * seeds
    repeats = 300
    scores = ([made.by_prompt(side) for side in both(size.prompts, seeds, 1.0)] for _ in range(repeats))
    seen = sum((paired(*pair).p or 1.0) < 0.05 for pair in scores) / repeats
    assert seen == pytest.approx(0.8, abs=0.08)


def test_unpaired_advice_is_that_of_two_independent_samples(write_run: WriteRun) -> None:
    values = np.random.default_rng(6).standard_normal((400, 1))
    (advice,) = advise(run_of(write_run, "run", values), differences=[parse_difference("score: 0.5")])
    (size,) = advice.sizes  # one seed tells of one seed
    # Two samples take 64 each for half a standard deviation; as pairs with nothing in common as many.
    assert size.prompts == pytest.approx(64 * values.var(ddof=1), abs=2.5)


def test_without_a_difference_it_shows_what_this_size_sees_and_the_sizes_for_half(
    write_run: WriteRun,
) -> None:
    values = np.random.default_rng(7).standard_normal((50, 2))
    (advice,) = advise(run_of(write_run, "run", values), by="none")
    assert advice.seen is not None
    assert advice.difference == advice.seen / 2
    two = next(size for size in advice.sizes if size.seeds == 2)
    assert two.prompts == pytest.approx(4 * 50, abs=8)
    record = advice.record()
    assert json.loads(json.dumps(record)) == record


def test_what_cant_be_advised_says_why(write_run: WriteRun) -> None:
    (one,) = advise(run_of(write_run, "one", np.zeros((1, 4))), by="none")
    assert "two prompts" in one.reason
    (equal,) = advise(run_of(write_run, "equal", np.zeros((4, 4))), by="none")
    assert "all its prompts are equal" in equal.reason
    few = run_of(write_run, "few", np.random.default_rng(8).standard_normal((3, 2)))
    (advice,) = advise(few, by="none")
    assert (advice.seen, advice.difference, advice.sizes) == (None, None, ())


def test_prompts_dont_tell_how_sure_costs_are(write_run: WriteRun) -> None:
    (found,) = advise(write_run("a", {"seconds": np.random.default_rng(0).random((20, 2))}))
    assert not found.sizes
    assert "share its machine" in found.reason


def test_a_share_of_the_value_and_a_category_may_be_asked_for(write_run: WriteRun) -> None:
    values = 10 + np.random.default_rng(9).standard_normal((40, 2))
    run = run_of(write_run, "run", values, categories=["one", "two"] * 20)
    (advice,) = advise(run, differences=[parse_difference("score[two]: 10 %")])
    assert advice.difference == pytest.approx(values[1::2].mean() / 10)
    assert advice.prompts == 20
    with pytest.raises(GraphError, match="no category 'six'"):
        advise(run, differences=[parse_difference("score[six]: 1")])
    with pytest.raises(GraphError, match="has no scope"):
        advise(run, differences=[parse_difference("scope: 1")])


def test_a_baseline_must_have_the_score_measured_alike(write_run: WriteRun) -> None:
    values = np.random.default_rng(10).standard_normal((8, 2))
    run = run_of(write_run, "run", values)
    unlike = run_of(write_run, "unlike", values, protocol={"score": {"model": "two"}})
    with pytest.raises(GraphError, match="not measured alike in both: model"):
        advise(run, unlike)
    with pytest.raises(GraphError, match="has no score"):
        advise(run, write_run("other", {"fd": values}))


def test_its_power_is_that_of_scipys_noncentral_t() -> None:
    critical = stats.t.ppf(0.975, 19)
    expected = stats.nct.sf(critical, 19, 0.6 * np.sqrt(20))
    assert power_of(0.6, 1.0, 20) == pytest.approx(expected)
