"""A comparison in words, which claim no more than the numbers do."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any

from ...graphs.problem import shorten

if TYPE_CHECKING:
    from .comparison import Row

_BY_VERDICT = {
    "better": "{b} is better than {a}",
    "worse": "{a} is better than {b}",
    "higher": "{b} is higher than {a}",
    "lower": "{a} is higher than {b}",
}


def sentence(row: Row, a: str, b: str) -> str:
    """What a row says of two runs, called ``a`` and ``b``."""
    if row.difference is None:
        return f"not compared: {row.reason}"
    if row.p_holm is None or row.p is None:
        return f"can't be judged: {row.reason}"
    forced = f", measured unlike ({', '.join(row.unlike)})" if row.unlike else ""
    if row.verdict == "undecided":
        if not row.difference and row.ties == row.units:
            return f"{a} and {b} are equal at every {row.unit}{forced}"
        return f"{a} and {b} can't be told apart ({chance(row.p_holm)}){forced}"
    if row.verdict == "differs":
        return (
            f"{a} and {b} differ ({chance(row.p_holm)}), but at this size bias may be why, so which is "
            f"better can't be said{forced}"
        )
    interval = "" if row.interval is None else f", 95 % {ends(row.interval)}"
    said = _BY_VERDICT[row.verdict].format(a=a, b=b)
    less_bias = " less their bias" if row.less_bias else ""
    return f"{said}: {b} − {a}{less_bias} is {difference(row)}{interval} ({chance(row.p_holm)}){forced}"


def difference(row: Row) -> str:
    """A row's difference, with the decimals that its interval has."""
    width = 0.0 if row.interval is None else row.interval[1] - row.interval[0]
    return "" if row.difference is None else to_two_digits_of(row.difference, width)


def chance(p: float) -> str:
    """``p = 0.03``, ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def number(value: float) -> str:
    """A number to four digits."""
    return f"{value:.4g}"


def ends(interval: tuple[float, float]) -> str:
    """``0.12 to 0.48``: to two digits of what lies between."""
    low, high = interval
    return f"{to_two_digits_of(low, high - low)} to {to_two_digits_of(high, high - low)}"


def to_two_digits_of(value: float, width: float) -> str:
    """A number with as many decimals as two digits of ``width`` have, so that none is noise."""
    if width <= 0 or not isfinite(width):
        return number(value)
    decimals = max(0, 1 - floor(log10(width)))
    return number(value) if decimals > 8 else f"{round(value, decimals) + 0.0:.{decimals}f}"


def setting(at: Mapping[str, Any]) -> str:
    """``steps=4, guidance=3``."""
    return ", ".join(f"{name}={shorten(str(value))}" for name, value in at.items())


def called(name: str, at: Mapping[str, Any], category: str | None = None) -> str:
    """A score by its name, category and setting: ``correct[two] at steps=4``."""
    said = f"{name}[{category}]" if category is not None else name
    return f"{said} at {setting(at)}" if at else said
