"""Scores as people read them, and how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...graphs.figures import decimals, interval_of, with_error

if TYPE_CHECKING:
    from .estimate import Estimate


def told(known: Estimate, unit: str = "unit", missing: int = 0) -> str:
    """A score in a line: ``12.3 ± 0.8 (95 % 11.1 to 13.9; 32 values of 8 prompts)``, with what it lacks.

    ``unit`` is what an independent draw is called, and ``missing`` are the members that failed.
    """
    line = with_error(known, known.standard_error)
    notes = [f"95 % {interval_of(*known.interval)}"] if known.interval is not None else []
    if known.corrected is not None and known.interval is not None:
        line += f", {interval_centre(known.corrected, known.interval)} less its bias"
    if known.clusters:
        units = _count(known.clusters, unit)
        notes.append(units if known.n == known.clusters else f"{_count(known.n, 'value')} of {units}")
    elif known.n:
        notes.append(_count(known.n, "value"))
    notes += [f"{number:,} {word}" for word, number in known.flagged.items()]
    if missing:
        notes.append(f"{missing:,} missing")
    if known.interval is None and known.reason:
        notes.append(f"no interval: {known.reason}")
    return f"{line} ({'; '.join(notes)})" if notes else line


def interval_centre(value: float, interval: tuple[float, float]) -> str:
    """A value as finely as the interval about it."""
    low, high = interval
    return f"{value:.{decimals((high - low) / 4)}f}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
