"""A difference as a share of the baseline's value, which itself is only known so well."""

from __future__ import annotations

from dataclasses import replace

from ..results.scores import Score
from ..uncertainty.estimate import Estimate
from .paired import paired
from .wording import number

#: A value nearer to 0 than so many of its standard errors is none to take shares of.
_CLEAR = 4.0


def relative_worsening(
    baseline: Score, run: Score, sign: float
) -> tuple[float | None, tuple[float, float] | None, str]:
    """By which share of the baseline's value a run is worse, its 95 % interval, and why one isn't known.

    ``sign`` is −1 where higher is better. The share r solves run − (1 + sign · r) · baseline = 0, and its
    error is that of this difference at r, over the baseline (the delta method), so that the noise of the
    baseline counts too.
    """
    as_it_is = paired(baseline, run)
    level = as_it_is.difference - paired(_scaled(baseline, 2.0), run).difference
    error = baseline.estimate.standard_error
    if level == 0 or (error is not None and abs(level) < _CLEAR * error):
        known = number(level) + (" less its bias" if as_it_is.less_bias else "")
        if error:
            known += f" with a standard error of {number(error)}"
        why = "is too near 0 to say how many per cent worse: allow an amount instead"
        return None, None, f"the baseline's {known} {why}"
    worse = sign * as_it_is.difference / abs(level)
    scale = 1 + as_it_is.difference / level
    there = paired(_scaled(baseline, scale), run)
    if there.interval is None:
        return worse, None, there.reason
    off = [sign * end / abs(level) for end in there.interval]
    return worse, (worse + min(off), worse + max(off)), ""


def _scaled(score: Score, factor: float) -> Score:
    """A score whose values are all that many times as large."""
    estimate = score.estimate
    corrected = None if estimate.corrected is None else factor * estimate.corrected
    influence = None if estimate.influence is None else factor * estimate.influence
    scaled = Estimate(factor * float(estimate), replace(estimate.uncertainty, corrected=corrected), influence)
    values = None if score.values is None else factor * score.values
    return replace(score, estimate=scaled, values=values)
