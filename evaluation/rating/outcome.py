"""What votes on a rating page come to: wins, strengths and ranks, and how far raters agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ..uncertainty.estimate import Estimate
from ..uncertainty.shares import share_estimate
from .agreement import Agreement, agreement
from .key import KeyPair, RatingKey
from .ranking import Ranking
from .votes import BAD, TIE, Vote


@dataclass(frozen=True)
class Tally:
    """How votes went for one side. ``bad`` counts those by which both pictures were bad, which decide
    nothing.

    ``win_rate`` is the share of wins among votes that decide; None where none does.
    """

    wins: int
    losses: int
    ties: int
    bad: int
    win_rate: Estimate | None

    def record(self) -> dict[str, Any]:
        """As plain data."""
        counts = {"wins": self.wins, "losses": self.losses, "ties": self.ties, "both_bad": self.bad}
        return {**counts, "win_rate": _record(self.win_rate)}


@dataclass(frozen=True)
class Standing:
    """One contestant. ``strength`` is its log-strength, 0 on average over all; ``ranks`` are the best and
    the worst that can't be ruled out, 1 for the strongest. None where votes don't tell.
    """

    contestant: str
    tally: Tally
    strength: Estimate | None
    ranks: tuple[int, int] | None

    def record(self) -> dict[str, Any]:
        """As plain data."""
        told = {"contestant": self.contestant, "strength": _record(self.strength), "ranks": self.ranks}
        return {**told, **self.tally.record()}


@dataclass(frozen=True)
class Duel:
    """Two contestants: the votes between them, told as the first's, and how much stronger it is by all
    votes.
    """

    contestants: tuple[str, str]
    tally: Tally
    difference: Estimate | None

    def record(self) -> dict[str, Any]:
        """As plain data."""
        told = {"contestants": self.contestants, "difference": _record(self.difference)}
        return {**told, **self.tally.record()}


@dataclass(frozen=True)
class Outcome:
    """``standings`` and ``duels`` begin with the strongest. Of the pairs ``asked`` about, ``judged`` have a
    vote. ``raters`` counts their votes; ``left`` is the share of the left side among votes that decide.
    """

    question: str
    standings: Sequence[Standing]
    duels: Sequence[Duel]
    votes: int
    prompts: int
    judged: int
    asked: int
    raters: Mapping[str, int]
    agreement: Agreement | None
    left: Estimate | None
    notes: Sequence[str]

    def record(self) -> dict[str, Any]:
        """As plain data."""
        agreed = self.agreement
        return {
            "question": self.question,
            "votes": self.votes,
            "prompts": self.prompts,
            "pairs": {"judged": self.judged, "asked": self.asked},
            "standings": [standing.record() for standing in self.standings],
            "duels": [duel.record() for duel in self.duels],
            "raters": dict(self.raters),
            "agreement": agreed
            and {"share": agreed.share, "comparisons": agreed.comparisons, "alpha": agreed.alpha},
            "left": _record(self.left),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class _Judgement:
    """A vote with what the key says of its pair."""

    vote: Vote
    pair: KeyPair

    @property
    def won(self) -> int | None:
        """The number of the contestant that won, if one did."""
        return self.pair.pictures.get(self.vote.choice)

    @property
    def side(self) -> int | None:
        """Which of the pair's pictures won, in an order that has nothing to do with contestants."""
        return None if self.won is None else list(self.pair.pictures).index(self.vote.choice)

    @property
    def row(self) -> tuple[int, int, float, str]:
        """First, second, outcome for the first, prompt."""
        first, second = self.pair.contestants
        return first, second, 0.5 if self.won is None else float(self.won == first), self.pair.prompt


def outcome_of(votes: Sequence[Vote], key: RatingKey) -> Outcome:
    """What votes say of the contestants of a key. ValueError where there are no votes."""
    if not votes:
        raise ValueError("there are no votes to count")
    judgements = [_Judgement(vote, key.by_number[vote.pair]) for vote in votes]
    ranking = Ranking([one.row for one in judgements], key.contestants)
    sides: defaultdict[int, list[int | None]] = defaultdict(list)
    for one in judgements:
        sides[one.vote.pair].append(one.side)
    return Outcome(
        question=key.question,
        standings=_standings(judgements, ranking),
        duels=_duels(judgements, ranking),
        votes=len(votes),
        prompts=ranking.votes.prompts,
        judged=len(sides),
        asked=len(key.pairs),
        raters=Counter(vote.rater for vote in votes),
        agreement=agreement(sides.values()),
        left=_share(judgements, lambda one: one.vote.choice == one.vote.left),
        notes=ranking.notes(),
    )


def _standings(judgements: Sequence[_Judgement], ranking: Ranking) -> list[Standing]:
    standings = []
    for number, name in enumerate(ranking.names):
        theirs = [one for one in judgements if number in one.pair.contestants]
        standings.append(
            Standing(name, _tally(theirs, number), ranking.strength(number), ranking.ranks(number))
        )
    return sorted(standings, key=lambda standing: -(standing.strength or 0.0))


def _duels(judgements: Sequence[_Judgement], ranking: Ranking) -> list[Duel]:
    """Every two that met, the stronger first."""
    order = list(range(len(ranking.names)))
    if ranking.strengths is not None:
        values = ranking.strengths.values
        order.sort(key=lambda number: -values[number])
    duels = []
    for one, other in combinations(order, 2):
        between = [each for each in judgements if {one, other} == set(each.pair.contestants)]
        if between:
            names = ranking.names[one], ranking.names[other]
            duels.append(Duel(names, _tally(between, one), ranking.difference(one, other)))
    return duels


def _tally(judgements: Sequence[_Judgement], contestant: int) -> Tally:
    choices = Counter(one.vote.choice for one in judgements)
    wins = sum(one.won == contestant for one in judgements)
    return Tally(
        wins=wins,
        losses=len(judgements) - wins - choices[TIE] - choices[BAD],
        ties=choices[TIE],
        bad=choices[BAD],
        win_rate=_share(judgements, lambda one: one.won == contestant),
    )


def _share(judgements: Sequence[_Judgement], holds: Callable[[_Judgement], bool]) -> Estimate | None:
    """The share of those that hold among votes that decide."""
    decided = [one for one in judgements if one.won is not None]
    if not decided:
        return None
    return share_estimate(
        [holds(one) for one in decided], [one.pair.prompt for one in decided], crossed=("raters",)
    )


def _record(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else {"value": float(estimate), **estimate.uncertainty.record()}
