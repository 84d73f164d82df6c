"""Which members a state has seen: what makes of a value over a set one that says how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...graphs.members import Member
from .estimate import Estimate


class Membership:
    """The members of a set, in the order in which they came.

    A state that anyone feeds, without an engine that knows prompts and seeds, isn't told them; then it is not
    :attr:`known` and its value is a plain number.
    """

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.count = 0

    def update(self, count: int, members: Sequence[Member] | None) -> None:
        """``count`` values have come, of these members, or of nobody knows which."""
        self.count += count
        self.members += members or ()

    def merge(self, other: Membership) -> None:
        """Add those of another state after these."""
        self.count += other.count
        self.members += other.members

    @property
    def known(self) -> bool:
        """Whether there is a member for each value."""
        return self.count == len(self.members) > 0

    @property
    def units(self) -> list[str]:
        """The label of each member's unit."""
        return [member.unit for member in self.members]

    @property
    def crossed(self) -> tuple[str, ...]:
        """The axes that all units share."""
        return tuple(dict.fromkeys(axis for member in self.members for axis in member.crossed))

    def placed(self, found: Any) -> Any:
        """Estimates told where the members stand: ``found`` itself, or those in a NamedTuple."""
        if isinstance(found, Estimate):
            return found.placed(self.members)
        if isinstance(found, tuple):
            return type(found)(*map(self.placed, found))
        return found
