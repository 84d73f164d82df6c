"""More than two runs in order, with groups of those that can't be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .comparison import Row


@dataclass(frozen=True)
class Ranking:
    """The order of runs by one score: their places among the runs compared, the best first, with its
    ``values`` of whole runs, less their bias where it is known.

    Of a score that has no better, the highest is first. No two runs of a group can be told apart, and any
    two that are in no group together can. A run may be in several groups: like the first and like the last,
    which are unlike each other.
    """

    name: str
    at: Mapping[str, Any]
    order: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    values: tuple[float, ...]

    def record(self) -> dict[str, Any]:
        """As plain data."""
        groups = [list(group) for group in self.groups]
        lists = {"order": list(self.order), "groups": groups, "values": list(self.values)}
        return {"name": self.name, "at": dict(self.at), **lists}


def rank(rows: Sequence[Row]) -> list[Ranking]:
    """A ranking for each score that three or more runs have, by the rows of all pairs; none by category."""
    by_score: dict[str, list[Row]] = {}
    for row in rows:
        if row.category is None and _values(row):
            by_score.setdefault(repr((row.name, sorted(row.at.items(), key=str))), []).append(row)
    found = (_ranking(pairs) for pairs in by_score.values())
    return [ranking for ranking in found if len(ranking.order) > 2]


def _ranking(rows: Sequence[Row]) -> Ranking:
    values: dict[int, float] = {}
    for row in rows:
        values |= _values(row)
    sign = 1 if rows[0].better == "lower" else -1
    order = sorted(values, key=lambda run: (sign * values[run], run))
    apart = {frozenset((row.a, row.b)) for row in rows if row.verdict not in ("undecided", "untested")}
    in_order = tuple(values[run] for run in order)
    return Ranking(rows[0].name, rows[0].at, tuple(order), groups(order, apart), in_order)


def _values(row: Row) -> dict[int, float]:
    """By run, those that are the same beside whichever other; empty where there are none."""
    a, b = (row.value_a, row.value_b) if row.less_bias else (row.whole_a, row.whole_b)
    return {} if a is None or b is None else {row.a: a, row.b: b}


def groups(order: Sequence[int], apart: set[frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    """The groups of a compact letter display: all largest sets of which no pair is ``apart``.

    By "insert and absorb" of Piepho, "An algorithm for a letter-based representation of all-pairwise
    comparisons", 2004: begin with all in one group; for each pair that is apart, part every group that holds
    both in two, and drop what lies within another. Being alike isn't transitive, and it needn't be here.
    """
    found: set[frozenset[int]] = {frozenset(order)}
    for pair in apart:
        holding = [group for group in found if pair <= group]
        found -= set(holding)
        found |= {group - {run} for group in holding for run in pair}
        found = {group for group in found if not any(group < other for other in found)}
    place = {run: position for position, run in enumerate(order)}
    sorted_groups = [tuple(sorted(group, key=place.__getitem__)) for group in found]
    return tuple(sorted(sorted_groups, key=lambda group: [place[run] for run in group]))
