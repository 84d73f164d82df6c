"""Numbers as people read them: as many digits as their standard error allows."""

from __future__ import annotations

from math import floor, log10


def with_error(value: float, standard_error: float | None) -> str:
    """``12.3 ± 0.8``: the standard error to two digits, the value as finely; without one, four digits."""
    if not standard_error:
        return f"{value:.4g}"
    places = decimals(standard_error)
    return f"{value:.{places}f} ± {standard_error:.{places}f}"


def interval_of(low: float, high: float) -> str:
    """``11.1 to 13.9``, as finely as its width allows."""
    places = decimals((high - low) / 4)
    return f"{low:.{places}f} to {high:.{places}f}"


def decimals(error: float) -> int:
    """Decimals that give an error two digits."""
    return min(12, max(0, 1 - floor(log10(error)))) if error > 0 else 4
