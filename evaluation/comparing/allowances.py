"""What a gate lets pass, and what a difference is, as people write it: ``clip_score: 0.5 worse``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ...graphs.problem import GraphError, fail, show

_NAME = r"\s*(?P<name>[^\[\]:]+?)\s*(?:\[(?P<category>[^\]]+)\])?\s*:"
_AMOUNT = r"\s*(?P<amount>[-+.\deE]+)\s*(?P<percent>%)?\s*"
_ALLOWANCE = re.compile(rf"{_NAME}(?:\s*(?P<no>no)\s+|{_AMOUNT})worse\s*")
_DIFFERENCE = re.compile(rf"{_NAME}{_AMOUNT}")

_WRITE_ALLOWANCE = (
    "write 'clip_score: 0.5 worse', 'clip_score: 2 % worse', 'clip_score: no worse', "
    "or of one category 'correct[two]: 0.05 worse'"
)
_WRITE_DIFFERENCE = "write 'clip_score: 0.5', 'clip_score: 2 %', or of one category 'correct[two]: 0.05'"


@dataclass(frozen=True)
class Amount:
    """So much of a score, or of one category of it: in its own units, or ``relative``, as a share of it."""

    name: str
    category: str | None
    amount: float
    relative: bool

    @property
    def score(self) -> str:
        """``clip_score``, ``correct[two]``."""
        return self.name if self.category is None else f"{self.name}[{self.category}]"

    @property
    def size(self) -> str:
        """``0.5``, ``2 %``."""
        return f"{self.amount * 100:.4g} %" if self.relative else f"{self.amount:.4g}"

    @property
    def text(self) -> str:
        """An allowance as it is written."""
        return f"{self.score}: {self.size if self.amount else 'no'} worse"


def parse_allowance(text: str, source: str = "--allow") -> Amount:
    """What ``NAME: AMOUNT worse`` lets pass; GraphError, with what to write, for anything else."""
    found = _ALLOWANCE.fullmatch(text)
    if found is None:
        raise fail(None, f"{source}: {show(text)} is no allowance", _WRITE_ALLOWANCE)
    if found["no"]:
        return Amount(found["name"], found["category"], 0.0, relative=False)
    amount = _number(found["amount"], found["percent"])
    if amount is None or amount < 0:
        told = f"{source}: {show(text)} allows {show(found['amount'])}, where a number from 0 is expected"
        raise fail(None, told, _WRITE_ALLOWANCE)
    return Amount(found["name"], found["category"], amount, relative=bool(found["percent"]))


def parse_difference(text: str) -> Amount:
    """What ``NAME: AMOUNT`` asks to see; GraphError, with what to write, for anything else."""
    found = _DIFFERENCE.fullmatch(text)
    amount = None if found is None else _number(found["amount"], found["percent"])
    if found is None or not amount:
        raise fail(None, f"--difference: {show(text)} is no difference of a score", _WRITE_DIFFERENCE)
    return Amount(found["name"], found["category"], abs(amount), relative=bool(found["percent"]))


def allowances_of_suite(graph: Mapping[str, Any]) -> list[Amount]:
    """The gates that a run's suite has: ``suite: {gates: {clip_score: 0.5 worse}}``.

    GraphError for malformed ones.
    """
    suite = graph.get("suite")
    gates = suite.get("gates") if isinstance(suite, Mapping) else None
    if gates is None:
        return []
    if not isinstance(gates, Mapping):
        hint = "write gates: {clip_score: 0.5 worse}"
        raise fail(
            None, f"the suite's gates are {show(gates)}, where names and allowances are expected", hint
        )
    problems = []
    found = []
    for name, allowed in gates.items():
        try:
            found.append(parse_allowance(f"{name}: {allowed}", "the suite's gates"))
        except GraphError as error:
            problems += error.problems
    if problems:
        raise GraphError(problems)
    return found


def _number(text: str, percent: str | None) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return (number / 100 if percent else number) if isfinite(number) else None
