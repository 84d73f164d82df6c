"""Nodes of which real runs are made: a number a text and seed, one that fails, and sure means."""

from __future__ import annotations

from mezzotint import Boolean, Integer, Number, Text, node
from mezzotint.evaluation.uncertainty.estimate import Score
from mezzotint.evaluation.uncertainty.means import mean_estimate
from mezzotint.graphs.members import Member, Members


@node(version=1, better="higher")
def likes(text: Text, seed: Integer, *, steps: int = 1) -> Number:
    """How many letters a text has, and a bit more by its seed."""
    return [len(one) * steps + number % 7 for one, number in zip(text, seed, strict=True)]


@node(version=1)
def fits(text: Text, seed: Integer) -> Boolean:
    """Whether a seed likes a text; raises for a bad one."""
    if any("bad" in one for one in text):
        raise ValueError("bad text")
    return [(len(one) + number) % 2 == 0 for one, number in zip(text, seed, strict=True)]


class SureMean:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.members: list[Member] = []

    def update(self, number: Number, members: Members) -> None:
        self.values += number
        self.members += members

    def merge(self, other: SureMean) -> None:
        self.values += other.values
        self.members += other.members

    def compute(self) -> Score:
        units = [member.unit for member in self.members]
        return mean_estimate(self.values, units).placed(self.members)


@node(version=1, better="higher")
def sure_mean() -> SureMean:
    """A mean that says how sure it is."""
    return SureMean()
