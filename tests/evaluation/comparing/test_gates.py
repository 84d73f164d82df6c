"""Gates pass, fail, or can't tell, by the interval of the paired difference."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mezzotint.evaluation.comparing.allowances import parse_allowance
from mezzotint.evaluation.comparing.gates import GateResult, judge_gates, overall
from mezzotint.evaluation.results.run_folder import Run
from mezzotint.graphs.problem import GraphError

WriteRun = Callable[..., Run]


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.fixture
def judged(write_run: WriteRun) -> Callable[..., GateResult]:
    """Judge a run whose score is ``worse`` by so much, with a noise of ``spread`` between 40 prompts."""

    def judged(
        text: str, *, worse: float, spread: float, better: str = "higher", level: float = 10.0
    ) -> GateResult:
        sign = -1 if better == "higher" else 1
        before = level + numbers(40, 2)
        noise = numbers(40, 1, seed=1)
        after = before + sign * worse + spread * (noise - noise.mean()) / noise.std(ddof=1)
        outputs = [{"score": before}, {"score": after}]
        baseline, run = (
            write_run(name, values, better=better)
            for name, values in zip(("baseline", "run"), outputs, strict=True)
        )
        (result,) = judge_gates(run, baseline, [parse_allowance(text)])
        return result

    return judged


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize(
    ("worse", "spread", "outcome"),
    [
        (0.2, 0.5, "passed"),  # 0.04 to 0.36
        (-5.0, 0.5, "passed"),
        (0.8, 0.5, "failed"),  # 0.64 to 0.96
        (0.4, 0.5, "inconclusive"),  # 0.24 to 0.56
        (0.6, 0.5, "inconclusive"),
        (0.0, 5.0, "inconclusive"),
    ],
)
def test_the_whole_interval_decides(
    judged: Callable[..., GateResult], better: str, worse: float, spread: float, outcome: str
) -> None:
    result = judged("score: 0.5 worse", worse=worse, spread=spread, better=better)
    assert result.outcome == outcome
    assert result.worse == pytest.approx(worse, abs=1e-9)
    low, high = result.interval or (0.0, 0.0)
    assert high - low == pytest.approx(2 * 2.0227 * spread / np.sqrt(40), rel=1e-3)
    assert (low + high) / 2 == pytest.approx(worse, abs=1e-9)


def test_what_is_inconclusive_names_the_size_of_a_fresh_run_that_would_decide(
    judged: Callable[..., GateResult],
) -> None:
    result = judged("score: 0.5 worse", worse=0.4, spread=0.5)
    # A difference of 0.1 with a spread of 0.5: (2.80 · 5)² and a little for the t.
    assert 196 <= (result.prompts or 0) <= 200
    assert f"a fresh run of {result.prompts} prompts with 2 seeds each" in result.words


def test_no_size_decides_a_difference_that_is_what_is_allowed(judged: Callable[..., GateResult]) -> None:
    result = judged("score: 0.5 worse", worse=0.5 + 1e-9, spread=0.5)
    assert (result.outcome, result.prompts) == ("inconclusive", None)
    assert "no run of a size within reach" in result.words


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_share_of_the_baseline_counts_the_noise_of_the_baseline(
    judged: Callable[..., GateResult], better: str
) -> None:
    result = judged("score: 5 % worse", worse=0.2, spread=0.5, better=better)
    assert result.outcome == "passed"
    assert result.worse == pytest.approx(0.02, rel=0.02)
    low, high = result.interval or (0.0, 0.0)
    assert low < 0.02 < high < 0.05
    assert "% worse is allowed" in result.words


def test_a_baseline_near_nothing_has_no_shares(judged: Callable[..., GateResult]) -> None:
    result = judged("score: 5 % worse", worse=0.2, spread=0.5, level=0.0)
    assert result.outcome == "inconclusive"
    assert "allow an amount instead" in result.words


def test_one_prompt_decides_nothing(write_run: WriteRun) -> None:
    baseline, run = (write_run(name, {"score": numbers(1, 4, seed=seed)}) for seed, name in enumerate("ab"))
    (result,) = judge_gates(run, baseline, [parse_allowance("score: 100 worse")])
    assert (result.outcome, result.prompts) == ("inconclusive", None)
    assert "one prompt" in result.words


def test_the_same_pictures_pass_however_little_is_allowed(write_run: WriteRun) -> None:
    run = write_run("run", {"score": numbers(8, 2)})
    (result,) = judge_gates(run, run, [parse_allowance("score: no worse")])
    assert result.outcome == "passed"
    assert result.words.endswith("equal at every prompt; none worse is allowed")


def test_a_gate_on_what_pictures_cost_says_that_the_machine_counts_too(write_run: WriteRun) -> None:
    before = numbers(20, 1)
    runs = [
        write_run(name, {"seconds": before + shift}, better="lower") for name, shift in (("a", 0), ("b", -1))
    ]
    (result,) = judge_gates(runs[1], runs[0], [parse_allowance("seconds: 0.5 worse")])
    assert "share its machine" in result.words


def test_a_few_equal_truth_values_dont_show_that_a_share_is_equal(write_run: WriteRun) -> None:
    run = write_run("run", {"right": np.ones((8, 1), bool)})
    (result,) = judge_gates(run, run, [parse_allowance("right: 0.05 worse")])
    assert result.outcome == "inconclusive"


def test_a_category_has_gates_of_its_own(write_run: WriteRun) -> None:
    before, after = np.zeros((20, 2)), np.zeros((20, 2))
    after[::2] = -1 + numbers(10, 2) / 10
    baseline, run = (
        write_run(name, {"score": values}, categories=["bad", "good"] * 10)
        for name, values in (("baseline", before), ("run", after))
    )
    gates = [parse_allowance(f"score[{name}]: 0.5 worse") for name in ("good", "bad")]
    assert [result.outcome for result in judge_gates(run, baseline, gates)] == ["passed", "failed"]
    with pytest.raises(GraphError, match="no category 'ugly'") as refused:
        judge_gates(run, baseline, [parse_allowance("score[ugly]: no worse")])
    assert "there is bad, good" in str(refused.value)


def test_every_setting_that_both_have_is_judged(write_run: WriteRun) -> None:
    values = numbers(8, 2, 2)
    baseline = write_run("baseline", {"score": values}, steps=[4, 8])
    run = write_run(
        "run", {"score": values - np.array([0.0, 9.0]) + numbers(8, 2, 2, seed=1) / 9}, steps=[4, 8]
    )
    results = judge_gates(run, baseline, [parse_allowance("score: 1 worse")])
    assert [(result.at["steps"], result.outcome) for result in results] == [(4, "passed"), (8, "failed")]
    assert "score at steps=8" in results[1].words


def test_what_cant_be_gated_is_told_all_at_once(write_run: WriteRun) -> None:
    outputs = {"score": numbers(8, 1), "length": numbers(8, 1)}
    baseline = write_run("baseline", outputs, better=None)
    run = write_run("run", outputs, better=None)
    gates = [parse_allowance(text) for text in ("scope: no worse", "length: 1 worse")]
    with pytest.raises(GraphError) as refused:
        judge_gates(run, baseline, gates)
    first, second = refused.value.problems
    assert (first.message, first.hint) == ("the baseline has no scope", "did you mean 'score'?")
    assert "length has no better and no worse" in second.message


def test_what_was_measured_unlike_is_refused_unless_forced(write_run: WriteRun) -> None:
    values = numbers(8, 1)
    baseline = write_run("baseline", {"score": values}, protocol={"score": {"model": "one"}})
    run = write_run("run", {"score": values}, protocol={"score": {"model": "two"}})
    gates = [parse_allowance("score: no worse")]
    with pytest.raises(GraphError, match="model is 'one' in the baseline, 'two' in the run"):
        judge_gates(run, baseline, gates)
    (result,) = judge_gates(run, baseline, gates, force=True)
    assert result.words.endswith("measured unlike (model)")


def test_a_failure_outweighs_what_is_inconclusive(judged: Callable[..., GateResult]) -> None:
    def result(outcome: str) -> Any:
        return GateResult("fd: no worse", "fd", None, {}, 0.0, False, outcome, 1.0, 1.0)  # type: ignore[arg-type]

    passed, failed, unclear = (result(outcome) for outcome in ("passed", "failed", "inconclusive"))
    assert overall([passed, unclear, failed]) == "failed"
    assert overall([passed, unclear]) == "inconclusive"
    assert overall([passed]) == "passed"
    record = judged("score: 0.5 worse", worse=0.4, spread=0.5).record()
    assert json.loads(json.dumps(record)) == record


def test_a_gate_lets_a_run_that_is_as_much_worse_as_allowed_pass_or_fail_once_in_forty(made: Any) -> None:
    """Passing is wrong in at most 2.5 % where the truth is just what is allowed; so is failing."""
    from mezzotint.evaluation.comparing.paired import paired

    rng = np.random.default_rng(7)
    passed = failed = 0
    for _ in range(1000):
        before = rng.standard_normal((25, 2))
        found = paired(made.by_prompt(before), made.by_prompt(before - 0.5 + rng.standard_normal((25, 2))))
        low, high = (-end for end in reversed(found.interval))
        passed += high <= 0.5
        failed += low > 0.5
    assert 10 <= passed <= 42
    assert 10 <= failed <= 42
