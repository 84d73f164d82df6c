"""The scores of a made-up report, with intervals and without, and how its runs compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from made_sizes import Made

from mezzotint.evaluation.report.contract import Better, Comparison, Difference, Ranking, Score

TASKS = ("single", "two", "counting", "colors", "position", "attribution")
REASON = "below 4 pictures a dimension the bias is larger than the spread"


def scores(run: int, made: Made) -> Iterator[Score]:
    for at, place in made.points():
        quality = made.quality(run, 0, place)
        of = Score(
            run=run,
            name="",
            at=at,
            category=None,
            kind="set",
            better="higher",
            value=None,
            corrected=None,
            low=None,
            high=None,
            se=None,
            n=made.prompts * made.seeds,
            clusters=made.prompts,
            missing=1,
            flagged={"blank": 2},
            method="mean clustered by prompt",
            reason="",
            conditional_on=[],
            p_equal=None,
        )
        for task in (None, *TASKS):
            lift = 0.0 if task is None else 0.25 - 0.1 * TASKS.index(task)
            wider = 1.0 if task is None else 2.4
            clip = _sure(of, "clip_score", 30 + 40 * quality + 10 * lift, 1.4 * wider)
            yield replace(clip, kind="mean", category=task)
            correct = _sure(of, "correct", min(0.97, max(0.03, quality + lift)), 0.035 * wider)
            low, high = max(0.0, correct.low or 0), min(1.0, correct.high or 1)
            method = "Wilson with the design effect"
            yield replace(correct, kind="share", category=task, method=method, low=low, high=high)
        fd = _sure(of, "fd", 120 - 70 * quality + sum(place), 3.1)
        ends = {"corrected": fd.value - 2.5, "low": fd.low - 2.5, "high": fd.high - 2.5}
        yield replace(fd, better="lower", method="influence", conditional_on=["reference"], **ends)
        seconds = 0.004 * at.get("steps", 8)
        yield replace(_sure(of, "seconds", seconds, 0.03 * seconds), kind="mean", better="lower")
        yield replace(of, name="vendi", value=12 + 3 * quality, method="", reason=REASON)


def _sure(of: Any, name: str, value: float, se: float) -> Any:
    return replace(of, name=name, value=value, se=se, low=value - 1.96 * se, high=value + 1.96 * se)


def comparison(made: Made) -> Comparison:
    if made.refused is not None:
        return Comparison(made.refused, [], [], [])
    rows, ranking = [], []
    metrics: Any = (("clip_score", "higher", 3.0), ("correct", "higher", 0.08), ("fd", "lower", -6.0))
    for number, (at, _) in enumerate(made.points()):
        for name, better, size in metrics:
            rows += [
                _difference(made, other, name, at, better, size, number) for other in range(1, made.runs)
            ]
            if made.runs > 2:
                ranking.append(Ranking(name, at, [2, 0, 1], [[2], [0, 1]]))
    return Comparison(None, rows, ranking, [])


def _difference(
    made: Made, other: int, name: str, at: dict[str, Any], better: Better, size: float, number: int
) -> Difference:
    difference, half = size * (0.4 + 0.3 * (number % 3)), abs(size) * 0.6
    apart = abs(difference) > half
    counted = name != "fd"
    return Difference(
        a=0,
        b=other,
        name=name,
        at=at,
        category=None,
        better=better,
        value_a=10 * abs(size),
        value_b=10 * abs(size) + difference,
        difference=difference,
        low=difference - half,
        high=difference + half,
        p=0.003 if apart else 0.4,
        p_holm=0.012 if apart else 1.0,
        n=made.prompts,
        wins=5 if counted else None,
        losses=2 if counted else None,
        ties=1 if counted else None,
        verdict="better" if apart else "undecided",
        words="better, and not by chance" if apart else "can't be told apart with these prompts",
        reason="",
        conditional_on=(),
    )
