"""How strong each of several contestants is, from votes between two of them at a time.

The model is Bradley and Terry's with Davidson's ties: with log-strengths θ and d = θ_i − θ_j, a vote
between i and j is a win, a loss or a tie with probabilities proportional to e^(d/2), e^(−d/2) and ν. So e^d
is the odds of winning among votes that decide, and of a contestant only wins + ties / 2 matter.

Votes on one prompt aren't independent, so variances are clustered by prompt: a sandwich of the scores of
votes, summed within prompts.

Sources: R. A. Bradley and M. E. Terry, Rank analysis of incomplete block designs, Biometrika 39 (1952); R. R.
Davidson, On extending the Bradley–Terry model to accommodate ties, JASA 65 (1970); L. R. Ford, Solution of a
ranking problem from binary comparisons, American Mathematical Monthly 64 (1957), for when a maximum exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Numbers = NDArray[np.intp]

_MOST_STEPS, _TOLERANCE = 200, 1e-10


@dataclass(frozen=True)
class PairedVotes:
    """Votes between contestants numbered from 0, all arrays ``[votes]``.

    ``outcome`` is 1 where ``first`` won, 0 where ``second`` did, 0.5 for a tie; ``prompt`` numbers the
    prompts.
    """

    first: _Numbers
    second: _Numbers
    outcome: _Floats
    prompt: _Numbers
    weight: _Floats

    def __len__(self) -> int:
        return len(self.outcome)

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, float, int]]) -> PairedVotes:
        """Votes from rows of first, second, outcome and prompt."""
        table = np.array(list(rows), float).reshape(-1, 4)
        first, second, prompt = (table[:, column].astype(np.intp) for column in (0, 1, 3))
        return cls(first, second, table[:, 2], prompt, np.ones(len(table)))

    @property
    def prompts(self) -> int:
        """How many prompts have votes."""
        return len(np.unique(self.prompt))

    def groups(self, contestants: int, *, connection: Literal["weak", "strong"]) -> list[set[int]]:
        """Contestants in groups: weakly, of those that votes connect at all; strongly, of those that can
        each be reached from each other along votes not lost. Likelihood has a maximum where the strong
        group is one.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        held, lost = self.outcome > 0, self.outcome < 1
        above = np.concatenate([self.first[held], self.second[lost]])
        below = np.concatenate([self.second[held], self.first[lost]])
        edges = coo_array((np.ones(len(above)), (above, below)), shape=(contestants, contestants))
        _, labels = connected_components(edges, directed=True, connection=connection)
        found = [set(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)]
        return sorted(found, key=min)

    def with_imaginary_prompt(self) -> PairedVotes:
        """These and one prompt more, at which of every two that met each wins half of the votes; as many
        votes as the two have at a prompt on average.
        """
        ends = np.sort(np.stack([self.first, self.second]), axis=0)
        (low, high), which = np.unique(ends, axis=1, return_inverse=True)
        where_met = np.unique(np.stack([which.ravel(), self.prompt]), axis=1)[0]
        half = np.bincount(which.ravel()) / np.bincount(where_met) / 2
        added = len(half)
        return PairedVotes(
            np.concatenate([self.first, low, low]),
            np.concatenate([self.second, high, high]),
            np.concatenate([self.outcome, np.ones(added), np.zeros(added)]),
            np.concatenate([self.prompt, np.full(2 * added, self.prompt.max() + 1)]),
            np.concatenate([self.weight, half, half]),
        )


@dataclass(frozen=True)
class Strengths:
    """Log-strengths ``[contestants]`` that sum to 0, and their covariance."""

    values: _Floats
    covariance: _Floats
    tie: float | None
    """log ν; None where no vote was a tie, and the model goes without."""

    def combined(self, weights: _Floats) -> tuple[float, float]:
        """Their sum with weights ``[contestants]``, such as 1 and −1 for a difference, and its standard
        error.
        """
        variance = max(0.0, float(weights @ self.covariance @ weights))
        return float(weights @ self.values), float(np.sqrt(variance))


def bradley_terry(votes: PairedVotes, contestants: int, *, imaginary: bool = True) -> Strengths:
    """The strengths that make votes most likely, as if one more prompt had been asked with split votes.

    That imaginary prompt (:meth:`PairedVotes.with_imaginary_prompt`) keeps the strength of a contestant
    that wins every vote finite, and takes part in the variance as a prompt like any other. Without it the
    result is that of plain maximum likelihood, where a maximum exists.

    ValueError where votes leave some contestants unconnected with others: nothing compares them.
    """
    if not len(votes) or len(votes.groups(contestants, connection="weak")) > 1:
        raise ValueError("no vote connects some contestants with the others")
    model = _Davidson(votes.with_imaginary_prompt() if imaginary else votes, contestants)
    parameters = model.maximum()
    clusters = np.unique(model.votes.prompt, return_inverse=True)[1]
    sums = np.zeros((clusters.max() + 1, len(parameters)))
    np.add.at(sums, clusters, model.scores(parameters))
    inverse = np.linalg.pinv(model.information(parameters), hermitian=True)
    covariance = len(sums) / max(1, len(sums) - 1) * inverse @ (sums.T @ sums) @ inverse
    return Strengths(
        values=parameters[:contestants],
        covariance=covariance[:contestants, :contestants],
        tie=float(parameters[contestants]) if model.ties else None,
    )


class _Davidson:
    """The likelihood over θ, whose sum is 0, and log ν where there are ties. It is concave."""

    def __init__(self, votes: PairedVotes, contestants: int) -> None:
        self.votes = votes
        self.contestants = contestants
        self.ties = bool((votes.outcome == 0.5).any())

    @cached_property
    def design(self) -> _Floats:
        """``[votes, contestants]``: 1 for the first, −1 for the second."""
        made = np.zeros((len(self.votes), self.contestants))
        rows = np.arange(len(self.votes))
        made[rows, self.votes.first] = 1
        made[rows, self.votes.second] = -1
        return made

    def probabilities(self, parameters: _Floats) -> _Floats:
        """Of a win of the first, of the second, and of a tie: ``[3, votes]``."""
        probabilities: _Floats = np.exp(self._logarithms(parameters))
        return probabilities

    def likelihood(self, parameters: _Floats) -> float:
        """Its logarithm."""
        happened = np.select([self.votes.outcome == 1, self.votes.outcome == 0], [0, 1], 2)
        chosen = np.take_along_axis(self._logarithms(parameters), happened[None], axis=0)[0]
        return float(self.votes.weight @ chosen)

    def scores(self, parameters: _Floats) -> _Floats:
        """The gradient of each vote's logarithm: ``[votes, parameters]``."""
        first, second, tie = self.probabilities(parameters)
        surprise = self.votes.weight * (self.votes.outcome - 0.5 - (first - second) / 2)
        columns = [surprise[:, None] * self.design]
        if self.ties:
            columns.append((self.votes.weight * ((self.votes.outcome == 0.5) - tie))[:, None])
        return np.concatenate(columns, axis=1)

    def information(self, parameters: _Floats) -> _Floats:
        """The negative second derivatives, ``[parameters, parameters]``; singular along θ's sum alone."""
        first, second, tie = self.probabilities(parameters)
        weight, design = self.votes.weight, self.design
        of_strengths: _Floats = design.T @ (
            (weight * (first + second - (first - second) ** 2) / 4)[:, None] * design
        )
        if not self.ties:
            return of_strengths
        mixed = design.T @ (-weight * tie * (first - second) / 2)
        of_ties = np.array([[weight @ (tie * (1 - tie))]])
        return np.block([[of_strengths, mixed[:, None]], [mixed[None], of_ties]])

    def maximum(self) -> _Floats:
        """Where likelihood is greatest, by Newton's method with halved steps."""
        parameters = np.zeros(self.contestants + self.ties)
        best = self.likelihood(parameters)
        for _ in range(_MOST_STEPS):
            gradient = self.scores(parameters).sum(0)
            step = np.linalg.pinv(self.information(parameters), hermitian=True) @ gradient
            while (value := self.likelihood(parameters + step)) < best and np.abs(step).max() > _TOLERANCE:
                step = step / 2
            parameters, best = parameters + step, value
            if np.abs(step).max() <= _TOLERANCE:
                break
        return parameters

    def _logarithms(self, parameters: _Floats) -> _Floats:
        difference = self.design @ parameters[: self.contestants]
        tie = parameters[self.contestants] if self.ties else -np.inf
        levels = np.stack([difference / 2, -difference / 2, np.full(len(difference), tie)])
        logarithms: _Floats = levels - np.logaddexp.reduce(levels, axis=0)
        return logarithms
