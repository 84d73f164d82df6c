"""A few of a suite's prompts that stand for all of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ...graphs.values import canonical


def sample(records: Sequence[Mapping[str, Any]], limit: int) -> list[int]:
    """The places of ``limit`` records, in their order: every category has its share of them.

    Which ones of a category is decided by the digests of the records, so a sample is the same on every
    machine, and whoever raises the limit keeps all that were drawn: the shares grow one by one, to whichever
    category is the furthest behind its due (Webster's, or Sainte-Laguë's, method).
    """
    by_category: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        by_category[str(record.get("category", ""))].append(place)
    turns: list[tuple[float, int]] = []
    for places in by_category.values():
        shuffled = sorted(places, key=lambda place: _draw(records[place], place))
        turns += [((rank + 0.5) / len(places), place) for rank, place in enumerate(shuffled)]
    turns.sort(key=lambda turn: turn[0])  # equal turns go by category, in the order in which they first stand
    return sorted(place for _, place in turns[:limit])


def _draw(record: Mapping[str, Any], place: int) -> tuple[bytes, int]:
    return hashlib.blake2b(canonical(record).encode(), digest_size=8).digest(), place
