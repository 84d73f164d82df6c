"""What is compared: runs, or the settings of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...graphs.problem import fail, nearest
from ...graphs.values import canonical
from ..results.categories import category_column
from ..results.run_folder import Run
from ..results.score import Key
from ..results.scores import Absence, Score, absences, scores

#: What ``by`` is given for no categories at all.
NO_CATEGORIES = "none"


@dataclass(frozen=True)
class Contender:
    """One side of a comparison: what it is called, its scores, and those it should have and has not.

    Scores of a category have it at ``by`` among what they are ``at``.
    """

    label: str
    scores: Sequence[Score]
    absent: Sequence[Absence]
    complete: bool
    by: str | None = None
    #: Its axes of seeds.
    seeds: frozenset[str] = frozenset()

    @cached_property
    def by_key(self) -> Mapping[Key, Score]:
        return {score.key: score for score in self.scores}

    @cached_property
    def names(self) -> set[str]:
        return {score.name for score in self.scores}

    def category_of(self, score: Score) -> str | None:
        """The category that a score is of; None for all of them."""
        return None if self.by is None or self.by not in score.at else str(score.at[self.by])

    def setting_of(self, score: Score) -> Mapping[str, Any]:
        """The settings that a score is for, without its category."""
        return _without(score.at, self.by)

    def named(self, name: str, category: str | None) -> list[Score]:
        """The scores of a name and category, one a setting; GraphError where there are none."""
        if name not in self.names:
            raise fail(None, self.why_not(name), nearest(name, self.names))
        of_name = [score for score in self.scores if score.name == name]
        found = [score for score in of_name if self.category_of(score) == category]
        if not found:
            there = sorted({self.category_of(score) or "" for score in of_name} - {""})
            hint = f"there is {', '.join(there)}" if there else "name the column of categories with --by"
            raise fail(None, f"{name} has no category {category!r} in {self.label}", hint)
        return found

    def why_not(self, name: str) -> str:
        """Why it has no score of this name."""
        told = next((absence.reason for absence in self.absent if absence.name == name), "")
        if told:
            return f"{self.label} has no {name}: {told}"
        return f"{self.label} has no {name}" + ("" if self.complete else " yet: its run isn't finished")


def contenders(runs: Sequence[Run], labels: Sequence[str], by: str | None) -> list[Contender]:
    """The runs under their labels; ``by`` is the column of categories, if any."""
    return [
        Contender(label, scores(run, by), absences(run, by), run.complete, by, _seeds(run))
        for run, label in zip(runs, labels, strict=True)
    ]


def settings_of(run: Run, axis: str, by: str | None) -> list[Contender]:
    """The values of a setting of one run, such as its numbers of steps, as if each were a run of its own.

    GraphError where the run has no such setting, or one value of it.
    """
    settings = [name for name, record in run.axes.items() if record.role in ("setting", "category")]
    if axis not in settings:
        told = f"{axis!r} is no setting of {run.folder}"
        hint = nearest(axis, settings) or "none of its inputs was given several values"
        raise fail(None, told, hint)
    values: dict[str, Any] = {}
    found: dict[str, list[Score]] = {}
    absent: dict[str, list[Absence]] = {}
    for score in scores(run, by):
        if axis in score.at:
            key = canonical(score.at[axis])
            values[key] = score.at[axis]
            found.setdefault(key, []).append(replace(score, at=_without(score.at, axis)))
    for absence in absences(run, by):
        if axis in absence.at:
            absent.setdefault(canonical(absence.at[axis]), []).append(
                replace(absence, at=_without(absence.at, axis))
            )
    if len(found) < 2:
        raise fail(
            None, f"{run.folder} has scores at {len(found) or 'no'} value of {axis!r}: nothing to compare"
        )
    return [
        Contender(f"{axis}={value}", found[key], absent.get(key, ()), run.complete, by, _seeds(run))
        for key, value in values.items()
    ]


def _seeds(run: Run) -> frozenset[str]:
    return frozenset(name for name, axis in run.axes.items() if axis.role == "seed")


def common_categories(runs: Sequence[Run], by: str | None) -> str | None:
    """The column of categories: the one asked for, or the one that all runs have of themselves."""
    if by is not None:
        return None if by == NO_CATEGORIES else by
    columns = {category_column(run) for run in runs}
    return columns.pop() if len(columns) == 1 else None


def _without(at: Mapping[str, Any], axis: str | None) -> Mapping[str, Any]:
    return {name: value for name, value in at.items() if name != axis}
