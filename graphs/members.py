"""The members of a reduction as a reducer may ask for them, and numbers that a result says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from .types import PortType


@dataclass(frozen=True)
class Member:
    """A member of a set: where it stands on the reduced axes, and which independent draw it belongs to.

    ``unit`` is the label of that draw: the prompt, whose pictures are more alike than those of two prompts.
    ``crossed`` are reduced axes whose values all units share, such as seeds that aren't drawn ``per`` prompt:
    what is said of the set is then conditional on them. ``flags`` are words about the member, like ``blank``.
    """

    place: Mapping[str, int]
    unit: str
    crossed: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class MembersType(PortType):
    """Where each member stands and what unit it is of; filled in by the engine, never by a graph file."""

    name = "Members"
    stacks = True

    def stack(self, items: Sequence[Any]) -> list[Any]:
        return list(items)


#: For a reducer's ``update``: a batch of :class:`Member`, one for each item of the set.
Members = Annotated[list[Member], MembersType()]


@dataclass(frozen=True)
class MemberColumns:
    """Numbers that a reduction's result says of each of its members, by column.

    ``places`` has a row for each member, with its index on each of the reduced ``axes``.
    """

    axes: tuple[str, ...]
    places: Sequence[Sequence[int]]
    columns: Mapping[str, Sequence[float]] = field(default_factory=dict)
