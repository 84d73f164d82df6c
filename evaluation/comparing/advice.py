"""What a run at hand says of the size of the next, for each score or for the differences asked about."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Any

from ...graphs.problem import fail
from ..costs import is_cost
from ..results.run_folder import Run
from ..results.scores import Score
from .allowances import Amount
from .components import Components, components, member_values, paired_components
from .contenders import Contender, common_categories, contenders
from .measured_alike import SHARED_MACHINE, unlike
from .power import POWER, Advice, sizes, smallest_difference


def advise(
    run: Run,
    baseline: Run | None = None,
    differences: Sequence[Amount] = (),
    *,
    by: str | None = None,
    power: float = POWER,
) -> list[Advice]:
    """Advice on each score of a run, at each setting, or on the ``differences`` asked about.

    With a ``baseline`` it is for a comparison paired like that of the two; without, for two runs whose
    pictures have nothing in common but their prompts' number, so that pairing them can only do better.
    GraphError for a score or category that isn't there, and for what was not measured alike.
    """
    runs = [run] if baseline is None else [run, baseline]
    column = common_categories(runs, by)
    sides = contenders(runs, ["the run", "the baseline"][: len(runs)], column)
    found: list[Advice] = []
    if not differences:
        for score in sides[0].scores:
            if sides[0].category_of(score) is None:
                found.append(_advice(sides, score, None, power))
        return found
    for wanted in differences:
        for score in sides[0].named(wanted.name, wanted.category):
            found.append(_advice(sides, score, wanted, power))
    return found


def _other(sides: Sequence[Contender], score: Score) -> Score | None:
    """The baseline's score; GraphError where it has none that was measured alike."""
    if len(sides) < 2:
        return None
    other = sides[1].by_key.get(score.key)
    if other is None:
        raise fail(None, f"{sides[1].why_not(score.name)} at the run's settings, so they can't be paired")
    differing = unlike(score, other)
    if differing:
        told = f"{score.name} was not measured alike in both: {', '.join(differing)}"
        raise fail(None, told, "mezzotint compare shows both values")
    return other


def _advice(sides: Sequence[Contender], score: Score, wanted: Amount | None, power: float) -> Advice:
    other = _other(sides, score)
    at, category = sides[0].setting_of(score), sides[0].category_of(score)
    value = float(score.estimate)
    known: dict[str, Any] = {"paired": other is not None, "power": power}
    if is_cost(score.protocol):
        return Advice(score.name, at, category, value, **known, reason=SHARED_MACHINE)
    found = components(member_values(score)) if other is None else paired_components(score, other)
    if found is None or found.of_prompt(found.seeds) <= 0:
        return Advice(score.name, at, category, value, **known, reason=_why_not(score, found))
    # Two runs that have nothing in common: each adds its own spread.
    of_difference = found if other is not None else found.times(2.0)
    seen = smallest_difference(of_difference.of_prompt(found.seeds), found.prompts, power)
    if wanted is not None:
        difference = wanted.amount * abs(value) if wanted.relative else wanted.amount
    else:
        difference = seen / 2
    return Advice(
        score.name,
        at,
        category,
        value,
        **known,
        prompts=found.prompts,
        seeds=found.seeds,
        between=sqrt(found.between),
        within=None if found.within is None else sqrt(found.within),
        seen=seen if isfinite(seen) else None,
        difference=difference if isfinite(difference) else None,
        sizes=sizes(difference, of_difference, power) if isfinite(difference) and difference else (),
    )


def _why_not(score: Score, found: Components | None) -> str:
    if found is not None:
        return "all its prompts are equal, so how much others would differ isn't seen"
    if score.kind == "set" and not score.contributions:
        return score.estimate.reason or "what each picture adds to it isn't known"
    return "it takes two prompts to see how much prompts differ"
