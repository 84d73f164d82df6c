"""Every score that two or more runs share, compared: differences, chances, and a verdict in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Literal

from ...graphs.problem import GraphError, Problem, fail, nearest, show
from ..costs import is_cost
from ..results.run_folder import Run
from ..results.scores import Score
from .contenders import Contender, common_categories, contenders, settings_of
from .holm import holm
from .measured_alike import SHARED_MACHINE, lost_too_many, unlike
from .notes import notes
from .paired import NotComparedError, Paired, paired
from .ranking import Ranking, rank
from .wording import sentence

#: A difference that chance alone would make more often than this, in all tests of whole runs together, or
#: in all of categories together, is not called one.
LEVEL = 0.05

Verdict = Literal["better", "worse", "higher", "lower", "differs", "undecided", "untested"]


@dataclass(frozen=True)
class Row:
    """One score in two runs: ``a`` and ``b`` are their places among the runs compared.

    ``value_a`` and ``value_b`` are over what is compared, ``less_bias`` where both have one that could be
    taken away; those of whole runs are ``whole_a`` and ``whole_b``. ``difference`` is b − a, with its 95 %
    ``interval`` and ``p``; ``p_holm`` allows for all tests of its family, which are those of whole runs or
    those of categories. ``wins``, ``losses`` and ``ties`` count the ``units``, each a ``unit`` such as a
    prompt, where b is better, worse and as good; of a metric that has no better, where it has more, less and
    as much. ``verdict`` says what b is beside a: ``undecided`` where they can't be told apart, ``untested``
    where nothing can be said, ``differs`` where some bias may be left (``bias_left``), so that it isn't known
    which is better; ``words`` are a sentence. ``unlike`` are the fields of the protocols that differ, with
    both values, where the comparison was forced.
    """

    name: str
    at: Mapping[str, Any]
    category: str | None
    a: int
    b: int
    better: Literal["higher", "lower"] | None = None
    value_a: float | None = None
    value_b: float | None = None
    difference: float | None = None
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    p_holm: float | None = None
    less_bias: bool = False
    bias_left: bool = False
    whole_a: float | None = None
    whole_b: float | None = None
    unit: str = "unit"
    units: int | None = None
    pictures: int | None = None
    wins: int | None = None
    losses: int | None = None
    ties: int | None = None
    method: str = ""
    reason: str = ""
    conditional_on: tuple[str, ...] = ()
    unlike: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    verdict: Verdict = "untested"
    words: str = ""

    def record(self) -> dict[str, Any]:
        """As plain data."""
        plain = dict(vars(self))
        plain["at"] = dict(self.at)
        plain["interval"] = None if self.interval is None else list(self.interval)
        plain["conditional_on"] = list(self.conditional_on)
        plain["unlike"] = {name: list(values) for name, values in self.unlike.items()}
        return plain


@dataclass(frozen=True)
class Comparison:
    """What runs are like beside each other, pair by pair; of three and more also a ``ranking`` by score.

    ``by`` is the column of the categories. ``notes`` are sentences about all of it.
    """

    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    ranking: tuple[Ranking, ...]
    by: str | None
    notes: tuple[str, ...]
    forced: bool

    def record(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "runs": list(self.labels),
            "by": self.by,
            "forced": self.forced,
            "level": LEVEL,
            "rows": [row.record() for row in self.rows],
            "ranking": [ranking.record() for ranking in self.ranking],
            "notes": list(self.notes),
        }


def compare(
    runs: Sequence[Run],
    *,
    force: bool = False,
    by: str | None = None,
    only: Sequence[str] = (),
    labels: Sequence[str] = (),
) -> Comparison:
    """Two or more runs, compared over the prompts and seeds that they share, for each score and setting.

    ``by`` names the column of the items that tells categories apart, ``"none"`` none; else it is the one
    that all runs have. ``only`` names the scores to compare, else all; ``labels`` what the runs are called
    in words.

    Raises GraphError, which names every field with both values, where scores were not measured alike, unless
    ``force`` says to compare them all the same; and where the runs share no score, or one of them has no
    such column.
    """
    if len(runs) < 2:
        raise fail(None, f"a comparison takes two runs or more, got {len(runs)}")
    column = common_categories(runs, by)
    named = list(labels) or _labels(runs)
    return compare_contenders(contenders(runs, named, column), column, force=force, only=only)


def compare_settings(
    run: Run, axis: str, *, force: bool = False, by: str | None = None, only: Sequence[str] = ()
) -> Comparison:
    """The values of one setting of a run, such as its numbers of steps, compared as runs are."""
    column = common_categories([run], by)
    return compare_contenders(settings_of(run, axis, column), column, force=force, only=only)


def _labels(runs: Sequence[Run]) -> list[str]:
    for found in ([run.name for run in runs], [run.folder.name for run in runs]):
        if len(set(found)) == len(runs):
            return found
    return [str(run.folder) for run in runs]


def compare_contenders(
    sides: Sequence[Contender], by: str | None = None, *, force: bool = False, only: Sequence[str] = ()
) -> Comparison:
    """What :func:`compare` does once it is known what each side holds; ``by`` are the categories' column."""
    names = _names(sides, only)
    found: list[Row] = []
    for a, b in combinations(range(len(sides)), 2):
        found += _rows(sides[a], sides[b], a, b, names)
    if not force:
        _refuse_unlike(found, sides, names)
    if not any(row.difference is not None for row in found):
        reasons = dict.fromkeys(row.reason for row in found)
        raise fail(None, "nothing can be compared: " + "; ".join(reasons))
    judged = _judged(found, [side.label for side in sides])
    ranking = rank(judged) if len(sides) > 2 else []
    labels = tuple(side.label for side in sides)
    return Comparison(labels, tuple(judged), tuple(ranking), by, tuple(notes(sides, names, judged)), force)


def _names(sides: Sequence[Contender], only: Sequence[str]) -> list[str]:
    """The names of the scores to compare, in their order; GraphError where an asked one is nowhere."""
    every = list(dict.fromkeys(score.name for side in sides for score in side.scores))
    for name in only:
        if name not in every:
            raise fail(None, f"no run has a score {name!r}", nearest(name, every))
    return [name for name in every if not only or name in only]


def _rows(one: Contender, other: Contender, a: int, b: int, names: Sequence[str]) -> list[Row]:
    """The rows of a pair: its shared scores, then what one of both lacks."""
    rows = [
        _row(one, score, other.by_key[score.key], a, b)
        for score in one.scores
        if score.name in names and score.key in other.by_key
    ]
    told = {row.name for row in rows}
    for name in names:
        if name in told:
            continue
        lacking = next((side for side in (one, other) if name not in side.names), None)
        reason = f"{one.label} and {other.label} have {name} at no setting that both have"
        rows.append(
            Row(name, {}, None, a, b, reason=lacking.why_not(name) if lacking is not None else reason)
        )
    return rows


def _row(side: Contender, one: Score, other: Score, a: int, b: int) -> Row:
    conditional_on = tuple(dict.fromkeys((*one.estimate.conditional_on, *other.estimate.conditional_on)))
    row = Row(
        one.name,
        side.setting_of(one),
        side.category_of(one),
        a,
        b,
        one.better or other.better,
        float(one.estimate),
        float(other.estimate),
        whole_a=float(one.estimate),
        whole_b=float(other.estimate),
        unit=one.unit or "unit",
        conditional_on=conditional_on,
        unlike=unlike(one, other),
    )
    why_not = "" if row.unlike else lost_too_many(one, other)
    if why_not:
        return replace(row, reason=why_not)
    try:
        found = paired(one, other)
        if is_cost(one.protocol) and found.p is not None:
            found = replace(found, p=None, reason=SHARED_MACHINE)
    except NotComparedError as error:
        return replace(row, reason=str(error))
    return _filled(row, found)


def _filled(row: Row, found: Paired) -> Row:
    wins, losses = (found.higher, found.lower) if row.better != "lower" else (found.lower, found.higher)
    return replace(
        row,
        value_a=found.values[0],
        value_b=found.values[1],
        difference=found.difference,
        standard_error=found.standard_error,
        interval=found.interval,
        p=found.p,
        less_bias=found.less_bias,
        bias_left=found.bias_left,
        units=None if found.units is None else found.units.units,
        pictures=None if found.units is None else found.units.pictures,
        wins=wins,
        losses=losses,
        ties=found.ties,
        method=found.method,
        reason=found.reason,
    )


def _judged(rows: Sequence[Row], labels: Sequence[str]) -> list[Row]:
    """With Holm's adjustment and a verdict. Categories are a family of tests of their own."""
    adjusted: dict[int, float | None] = {}
    for of_categories in (False, True):
        places = [place for place, row in enumerate(rows) if (row.category is not None) is of_categories]
        adjusted |= dict(zip(places, holm([rows[place].p for place in places]), strict=True))
    judged = []
    for place, row in enumerate(rows):
        told = replace(row, p_holm=adjusted[place])
        told = replace(told, verdict=_verdict(told))
        judged.append(replace(told, words=sentence(told, labels[row.a], labels[row.b])))
    return judged


def _verdict(row: Row) -> Verdict:
    if row.p_holm is None or row.difference is None:
        return "untested"
    if row.p_holm >= LEVEL:
        return "undecided"
    if row.bias_left:
        return "differs"
    if row.better is None:
        return "higher" if row.difference > 0 else "lower"
    return "better" if (row.difference > 0) is (row.better == "higher") else "worse"


def _refuse_unlike(rows: Sequence[Row], sides: Sequence[Contender], names: Sequence[str]) -> None:
    """GraphError where scores were not measured alike: every field that differs, with both values."""
    problems: dict[str, Problem] = {}
    for row in rows:
        for name, (one, other) in row.unlike.items():
            a, b = sides[row.a].label, sides[row.b].label
            said = f"{row.name} was not measured alike: {name} is {show(one)} in {a}, {show(other)} in {b}"
            problems.setdefault(said, Problem(None, said))
    if not problems:
        return
    differ = {row.name for row in rows if row.unlike}
    alike = [name for name in names if name not in differ]
    others = f"; --metrics {','.join(alike)} leaves them out" if alike else ""
    *first, last = problems.values()
    raise GraphError([*first, replace(last, hint=f"--force compares them all the same, and says so{others}")])
