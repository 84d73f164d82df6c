"""Nodes that ask what a picture cost: time, memory, energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from ..graphs.costs import Costs
from ..graphs.node import node
from ..graphs.types import NumberType

if TYPE_CHECKING:
    from .uncertainty.estimate import Uncertainty


class MeasuredType(NumberType):
    """A number, or nothing where it couldn't be measured; an absent one is no zero."""

    def parse(self, value: object) -> float | None:  # type: ignore[override]
        return None if value is None else super().parse(value)

    def stack(self, items: Sequence[Any]) -> list[Any]:
        return list(items)

    def is_finite(self, item: float | None) -> bool:
        return item is None or super().is_finite(item)

    def cell(self, item: float | None) -> float | None:
        return item


#: A batch of numbers; None for each that couldn't be measured.
Measured = Annotated[list["float | None"], MeasuredType()]


@node(version=1, batch=4096, better="lower")
def seconds(images: Costs) -> Measured:
    """Seconds that each picture took to draw: its share of every call that led to it.

    Encoding its text and all other steps count; loading weights doesn't. Steps whose items aren't kept on
    disk count only in the run that makes them. A picture from the store keeps the time that it took when it
    was drawn, on the machine that drew it; one for which no time was noted has none.

    Args:
        images: the pictures, or anything else that a graph makes.
    """
    return [cost.seconds for cost in images]


@node(version=1, batch=4096, better="lower")
def peak_memory(images: Costs) -> Measured:
    """The most memory, in bytes, that any call held that led to a picture.

    That of the graphics card where one computes, for all pictures of the call together; else that of the
    whole process, its weights and libraries included. Absent where the system can't tell.

    Args:
        images: the pictures, or anything else that a graph makes.
    """
    return [cost.peak_memory for cost in images]


@node(version=1, batch=4096, better="lower")
def joules(images: Costs) -> Measured:
    """Energy, in joules, that the graphics card used for each picture: its share of every call.

    From NVIDIA's counter (the extra `energy`), which knows the card and not what runs on it: let nothing else
    run there. Loading weights doesn't count. Absent, not zero, where there is no such counter, and where
    pictures are made without the card.

    Args:
        images: the pictures, or anything else that a graph makes.
    """
    return [cost.joules for cost in images]


def is_cost(protocol: Mapping[str, Any]) -> bool:
    """Whether a score's protocol says that it is what pictures cost, which the machine decides as well."""
    return any(str(value).split("@")[0] in _NAMES for value in protocol.values())


def without_interval(known: Uncertainty) -> Uncertainty:
    """What is known of a cost but how sure it is: prompts don't tell, for they are no independent draws."""
    reason = "pictures drawn in one call share its cost, and a machine has better and worse hours"
    return replace(known, standard_error=None, interval=None, reason=reason)


_NAMES = {f"mezzotint.{cost.__name__}" for cost in (seconds, peak_memory, joules)}
