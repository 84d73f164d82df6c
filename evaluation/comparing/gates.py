"""Gates: is a run no worse than a baseline, by more than is allowed?

A gate looks at the interval of the paired difference, never at a value alone: passed where all of it is
within what is allowed, failed where all of it is beyond, and inconclusive in between, with the size of a
fresh run that would tell. That is a test of non-inferiority with an error of 2.5 % to either side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ...graphs.problem import GraphError, Problem, fail, show
from ..costs import is_cost
from ..results.run_folder import Run
from ..results.scores import Score
from .allowances import Amount
from .contenders import Contender, common_categories, contenders
from .measured_alike import SHARED_MACHINE, lost_too_many, unlike
from .paired import NotComparedError, Paired, paired
from .power import prompts_for
from .relative import relative_worsening
from .wording import called, number, to_two_digits_of

Outcome = Literal["passed", "failed", "inconclusive"]


@dataclass(frozen=True)
class GateResult:
    """What a gate found for one score at one setting.

    ``baseline`` and ``value`` are over what is compared, ``less_bias`` where they have one that could be
    taken away. ``worse`` is by how much the run is worse than the baseline, negative where it is better,
    with its 95 % ``interval``; of a relative allowance both are shares of the baseline's value. ``prompts``
    is the size of a fresh pair of runs, each prompt with as many ``seeds`` as here, that would decide, if
    the difference is what was seen here; None where no size is known that would.
    """

    gate: str
    name: str
    category: str | None
    at: Mapping[str, Any]
    allowed: float
    relative: bool
    outcome: Outcome
    baseline: float
    value: float
    worse: float | None = None
    interval: tuple[float, float] | None = None
    less_bias: bool = False
    units: int | None = None
    unit: str = "unit"
    prompts: int | None = None
    seeds: int | None = None
    unlike: Mapping[str, tuple[Any, Any]] | None = None
    reason: str = ""
    caveat: str = ""

    @property
    def words(self) -> str:
        """What was found, in a sentence."""
        score = called(self.name, self.at, self.category)
        forced = f"; measured unlike ({', '.join(self.unlike)})" if self.unlike else ""
        if self.worse is None:
            return f"{score}: {self.reason}{forced}"
        bias = ", both less their bias" if self.less_bias else ""
        beside = f"than the baseline's {number(self.baseline)}{bias}"
        said = (
            f"{score} is {self._worse(self.worse)} {beside}"
            if self.worse
            else f"{score} is no worse {beside}"
        )
        if self.interval == (0.0, 0.0):
            said += f", and equal at every {self.unit}"
        elif self.interval is not None:
            low, high = sorted(self.interval, key=abs) if self.interval[1] < 0 else self.interval
            said += f" (95 %: {self._worse(low)} to {self._worse(high)})"
        said += f"; {self._allowed} worse is allowed"
        if self.outcome == "inconclusive":
            said += f"; {self.reason or self._advice()}"
        if self.caveat:
            said += f"; {self.caveat}"
        return said + forced

    @property
    def _allowed(self) -> str:
        if not self.allowed:
            return "none"
        return f"{self.allowed * 100:.4g} %" if self.relative else number(self.allowed)

    def _worse(self, amount: float) -> str:
        width = 0.0 if self.interval is None else self.interval[1] - self.interval[0]
        scale, unit = (100, " %") if self.relative else (1, "")
        shown = to_two_digits_of(abs(amount) * scale, width * scale)
        return f"{shown}{unit} {'better' if amount < 0 else 'worse'}"

    def _advice(self) -> str:
        if self.prompts is None:
            return "no run of a size within reach would decide: the difference is about what is allowed"
        seeds = f" with {self.seeds} seeds each" if self.seeds and self.seeds > 1 else ""
        return (
            f"a fresh run of {self.prompts:,} {self.unit}s{seeds}, baseline and all, would decide in 80 % of "
            "all cases if the difference is what it was here"
        )

    def record(self) -> dict[str, Any]:
        """As plain data."""
        interval = None if self.interval is None else list(self.interval)
        differing = {name: list(values) for name, values in (self.unlike or {}).items()}
        return {
            **vars(self),
            "at": dict(self.at),
            "interval": interval,
            "unlike": differing,
            "words": self.words,
        }


def overall(results: Sequence[GateResult]) -> Outcome:
    """What all gates together say: one that failed is more than any that can't tell."""
    outcomes = {result.outcome for result in results}
    return "failed" if "failed" in outcomes else "inconclusive" if "inconclusive" in outcomes else "passed"


def judge_gates(
    run: Run, baseline: Run, allowances: Sequence[Amount], *, by: str | None = None, force: bool = False
) -> list[GateResult]:
    """Each allowance, judged at every setting that the run and its baseline share.

    GraphError for a score or category that isn't there, or that has no better; and for one that wasn't
    measured alike in both, unless ``force`` says to go on.
    """
    column = common_categories([run, baseline], by)
    if column is None and any(allowance.category is not None for allowance in allowances):
        raise fail(None, "the runs have no categories in common", "name their column with --by")
    sides = contenders([baseline, run], ["the baseline", "the run"], column)
    results: list[GateResult] = []
    problems: list[Problem] = []
    for allowance in allowances:
        try:
            pairs = _pairs(sides[0], sides[1], allowance)
        except GraphError as error:
            problems += error.problems
            continue
        for one, other in pairs:
            differing = unlike(one, other)
            if differing and not force:
                problems += [_unlike(allowance, name, values) for name, values in differing.items()]
                continue
            results.append(_judge(one, other, allowance, sides[1].setting_of(other), differing))
    if problems:
        raise GraphError(dict.fromkeys(problems))
    return results


def _pairs(baseline: Contender, run: Contender, allowance: Amount) -> list[tuple[Score, Score]]:
    """The baseline's and the run's scores that an allowance is about."""
    of_baseline = baseline.named(allowance.name, allowance.category)
    by_key = {score.key: score for score in of_baseline}
    of_run = run.named(allowance.name, allowance.category)
    found = [(by_key[score.key], score) for score in of_run if score.key in by_key]
    gate = f"gate {show(allowance.text)}"
    if not found:
        raise fail(None, f"{gate}: the run and the baseline have {allowance.name} at no setting in common")
    if all(score.better is None for score in found[0]):
        hint = "gates are for scores of which more, or less, is better"
        raise fail(None, f"{gate}: {allowance.name} has no better and no worse", hint)
    return found


def _unlike(allowance: Amount, name: str, values: tuple[Any, Any]) -> Problem:
    said = (
        f"gate {show(allowance.text)}: {allowance.name} was not measured alike: {name} is {show(values[0])} "
        f"in the baseline, {show(values[1])} in the run"
    )
    return Problem(None, said, "run both alike, or --force judges them all the same and says so")


def _judge(
    baseline: Score,
    run: Score,
    allowance: Amount,
    at: Mapping[str, Any],
    differing: Mapping[str, tuple[Any, Any]],
) -> GateResult:
    result = GateResult(
        allowance.text,
        allowance.name,
        allowance.category,
        at,
        allowance.amount,
        allowance.relative,
        "inconclusive",
        float(baseline.estimate),
        float(run.estimate),
        unit=run.unit or "unit",
        caveat=SHARED_MACHINE if is_cost(run.protocol) else "",
        unlike=dict(differing) or None,
    )
    why_not = "" if differing else lost_too_many(baseline, run)
    if why_not:
        return replace(result, reason=why_not)
    sign = -1.0 if (run.better or baseline.better) == "higher" else 1.0
    try:
        found = paired(baseline, run)
        if not allowance.relative:
            return _decided(result, found, sign * found.difference, _turned(found.interval, sign))
        worse, interval, reason = relative_worsening(baseline, run, sign)
        return _decided(replace(result, reason=reason), found, worse, interval)
    except NotComparedError as error:
        return replace(result, reason=str(error))


def _decided(
    result: GateResult, found: Paired, worse: float | None, interval: tuple[float, float] | None
) -> GateResult:
    units = None if found.units is None else found.units.units
    baseline, value = found.values
    result = replace(result, baseline=baseline, value=value, less_bias=found.less_bias)
    result = replace(result, worse=worse, interval=interval, units=units)
    if worse is None or interval is None:
        return replace(result, reason=result.reason or found.reason)
    if interval[1] <= result.allowed:
        return replace(result, outcome="passed")
    if interval[0] > result.allowed:
        return replace(result, outcome="failed")
    return _with_size(result, found, worse, interval)


def _with_size(result: GateResult, found: Paired, worse: float, interval: tuple[float, float]) -> GateResult:
    """With the size of a fresh run that would decide, by how wide the interval is."""
    from ..uncertainty.clusters import t_quantile

    units = found.units
    assert units is not None
    error = (interval[1] - interval[0]) / 2 / t_quantile(units.effective_units)
    prompts = prompts_for(result.allowed - worse, error**2 * units.units) if worse != result.allowed else None
    return replace(result, prompts=prompts, seeds=round(units.pictures / units.units))


def _turned(interval: tuple[float, float] | None, sign: float) -> tuple[float, float] | None:
    if interval is None or sign > 0:
        return interval
    return -interval[1], -interval[0]
