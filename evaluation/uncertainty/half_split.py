"""The half-split estimate: what a biased distance would tend to with ever more pictures.

The bias of a Fréchet distance falls with 1/n, so a half of the set has twice as much, and ``2 F(n) − mean
F(n/2)`` has none of it; what is left falls with 1/n². Quenouille 1956; for FID, Chong and Forsyth,
"Effectively unbiased FID and Inception Score and where to find them", 2020, extrapolate over more sizes to
the same end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from ..references.feature_sets import FeatureSet
from .clusters import numbered

#: Split so many times where that costs little: a mean over splits is nearer to the truth than one.
SPLITS = 4
#: Up to so many dimensions; at 2,048 the distance of each half takes seconds.
CHEAP = 512


def halves(units: Sequence[str], split: int = 0) -> npt.NDArray[np.bool_]:
    """Which members ``[n]`` are of the first half, whole units at a time.

    Units are taken in the order of their hashes, each into the half that has fewer members so far, so the
    split depends neither on the order of the members nor on how many units were added since. Another
    ``split`` gives another.
    """
    numbers = numbered(units)
    sizes = np.bincount(numbers)
    labels = dict(zip(numbers.tolist(), map(str, units), strict=True))
    first = np.zeros(len(sizes), dtype=np.bool_)
    held = [0, 0]
    for number in sorted(labels, key=lambda number: _hashed(labels[number], split)):
        half = int(held[1] < held[0])
        held[half] += int(sizes[number])
        first[number] = half == 0
    return first[numbers]


def half_split(
    rows: npt.NDArray[Any],
    units: Sequence[str],
    value: float,
    distance: Callable[..., float],
    drawn: FeatureSet | None = None,
) -> float | None:
    """The value ``F(n)`` of rows ``[n, d]`` less its bias; ``distance`` gives that of part of the rows.

    With ``drawn``, a reference of the same units, ``distance`` gets the reference's part of the same units
    too: pictures of a unit are alike on both sides, which must weigh in a half as it does in the whole.
    Halves of unequal size count by their size, which takes away the same bias. None where a half would have
    fewer than two members.
    """
    sides = [rows] if drawn is None else [rows, drawn.rows]
    labels = [*units, *(() if drawn is None else drawn.units)]
    found = []
    for split in range(SPLITS if rows.shape[1] <= CHEAP else 1):
        first = halves(labels, split)
        chosen = first[: len(rows)], first[len(rows) :]
        parts = [
            [side[half] for side, half in zip(sides, each, strict=False)]
            for each in (chosen, [~half for half in chosen])
        ]
        if min(len(side) for part in parts for side in part) < 2:
            return None
        found.append(2 * value - sum(len(part[0]) / len(rows) * distance(*part) for part in parts))
    return float(np.mean(found))


def _hashed(label: str, split: int) -> bytes:
    return blake2b(label.encode("utf-8", "surrogatepass"), digest_size=16, salt=bytes([split])).digest()
