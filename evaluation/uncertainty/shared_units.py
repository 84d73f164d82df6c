"""A reference of the set's own units, such as real scenes of the very prompts that its pictures are of.

Then the reference isn't fixed while prompts are drawn: a prompt brings its pictures on both sides, and these
are alike. What is drawn is the pair, so a unit's error is the sum of what both sides add.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..measures.moments import FloatArray
from ..references.feature_sets import FeatureSet
from .clusters import unit_sums

REFERENCE = "reference"
Kernel = Callable[[npt.NDArray[np.intp]], FloatArray]


class SharedUnits:
    """The unit of each picture of a set and of its reference; some units are on both sides."""

    def __init__(self, units: Sequence[str], drawn: FeatureSet) -> None:
        self.units = list(units)
        self.drawn = drawn
        #: The unit of each picture, the set's before the reference's.
        self.all = [*self.units, *drawn.units]

    @classmethod
    def of(cls, units: Sequence[str], drawn: FeatureSet | None) -> SharedUnits | None:
        """None where no unit is on both sides, or one side has a single unit, with no other to compare."""
        if drawn is None or set(units).isdisjoint(drawn.units):
            return None
        return cls(units, drawn) if min(len(set(units)), len(set(drawn.units))) > 1 else None

    @property
    def conditional_on(self) -> tuple[str, ...]:
        """What is taken as fixed: axes that all units of the reference share, and units of its alone."""
        alone = set(self.drawn.units) - set(self.units)
        return (*((REFERENCE,) if alone else ()), *self.drawn.crossed)

    def influence(self, of_set: FloatArray, of_reference: FloatArray) -> FloatArray:
        """ψ ``[n]`` by that of the set's pictures ``[n]`` and of the reference's ``[m]``.

        What the reference's pictures of a unit add is shared equally by the set's. Sums to 0.
        """
        added = unit_sums(of_reference, self.drawn.units)
        sizes = Counter(self.units)
        shares = np.array([added.get(unit, 0.0) / sizes[unit] for unit in self.units])
        influence: FloatArray = of_set + shares
        influence -= influence.mean()
        return influence

    def compared(self, rows: Any, real: Any, kernel: Callable[[Any, Any], FloatArray]) -> Kernel:
        """The kernel of the set's pictures less the reference's, for some of all of them.

        Summed over two units it is how alike they are in how their two sides differ, which is 0 on average
        where both sides are drawn alike.
        """
        together = np.concatenate([rows, real])

        def differences(members: npt.NDArray[np.intp]) -> FloatArray:
            own = members < len(self.units)
            weights = np.where(own, 1 / max(own.sum(), 1), -1 / max((~own).sum(), 1))
            found = kernel(together[members], together[members])
            found *= weights[:, None]
            found *= weights
            return found

        return differences


def given(crossed: Sequence[str], shared: SharedUnits | None) -> tuple[str, ...]:
    """What a distance from a reference is conditional on."""
    fixed = (REFERENCE,) if shared is None else shared.conditional_on
    return tuple(dict.fromkeys((*fixed, *crossed)))
