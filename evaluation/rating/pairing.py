"""Which pictures stand beside each other, in which order, and on which side: all of it by one seed."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, zip_longest
from pathlib import Path
from typing import NamedTuple


class Spot(NamedTuple):
    """Where a picture stands among those of its contestant: what pairs it with another's."""

    prompt: str
    setting: str = ""
    """Settings that all contestants vary over, as text; nothing where they vary over none."""
    seed: str = ""
    repeat: int = 0
    """Counts pictures of which all else is the same, from 0."""


@dataclass(frozen=True)
class Contestant:
    """Something whose pictures are judged, such as a run; None stands for a picture that couldn't be made."""

    name: str
    pictures: Mapping[Spot, Path | None]


class Pair(NamedTuple):
    """Two pictures of one prompt; ``contestants`` has the numbers of those that made them, in the same
    order.
    """

    spot: Spot
    contestants: tuple[int, int]
    pictures: tuple[Path | None, Path | None]

    def swapped(self) -> Pair:
        """The same pair with its sides changed."""
        (one, other), (left, right) = self.contestants, self.pictures
        return Pair(self.spot, (other, one), (right, left))


def candidates(contestants: Sequence[Contestant], seed: int) -> list[Pair]:
    """All pairs, in an order of which any beginning is a fair sample.

    A beginning has as many prompts as it can, equally many pairs of every two contestants, and of prompts and
    seeds a choice by ``seed``.
    """
    chance = random.Random(seed)
    every_two = combinations(range(len(contestants)), 2)
    orders = [_prompts_first(_shared(contestants, one, other), chance) for one, other in every_two]
    return [pair for together in zip_longest(*orders) for pair in together if pair is not None]


def arranged(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """Pairs shuffled, and each contestant as often on the left as on the right against every other, give or
    take one.
    """
    chance = random.Random(seed)
    groups = defaultdict(list)
    for pair in pairs:
        groups[pair.contestants].append(pair)
    sided = []
    for group in groups.values():
        chance.shuffle(group)
        first = chance.randrange(2)
        sided += [pair.swapped() if (number + first) % 2 else pair for number, pair in enumerate(group)]
    chance.shuffle(sided)
    return sided


def _shared(contestants: Sequence[Contestant], one: int, other: int) -> list[Pair]:
    """The pairs of two contestants: at equal prompts, settings and seeds; where they share no seed, in
    order.
    """
    left, right = contestants[one].pictures, contestants[other].pictures
    return [Pair(here, (one, other), (left[here], right[there])) for here, there in _equal(left, right)]


def _equal(one: Iterable[Spot], other: Iterable[Spot]) -> list[tuple[Spot, Spot]]:
    there = set(other)
    if both := [(spot, spot) for spot in one if spot in there]:
        return both
    theirs = dict(_in_order(other))
    return [(spot, theirs[place]) for place, spot in _in_order(one) if place in theirs]


def _in_order(spots: Iterable[Spot]) -> Iterator[tuple[Spot, Spot]]:
    """Spots that count their seeds instead of naming them, each with the spot that it was."""
    met: Counter[Spot] = Counter()
    for spot in spots:
        place = Spot(spot.prompt, spot.setting)
        yield place._replace(repeat=met[place]), spot
        met[place] += 1


def _prompts_first(pairs: list[Pair], chance: random.Random) -> Iterator[Pair]:
    """Pairs in an order by chance, in which no prompt comes again before all others have come as often."""
    chance.shuffle(pairs)
    met: Counter[str] = Counter()
    rounds: defaultdict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        rounds[met[pair.spot.prompt]].append(pair)
        met[pair.spot.prompt] += 1
    return chain.from_iterable(rounds.values())
