"""Strengths from votes: what likelihood says, what intervals cover, and what one who wins all gets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import t

from mezzotint.evaluation.rating.bradley_terry import PairedVotes, bradley_terry

Row = tuple[int, int, float, int]


def drawn(
    rng: np.random.Generator, strengths: list[float], prompts: int, *, tie: float = -0.5, spread: float = 0.0
) -> PairedVotes:
    """Two votes on every two contestants at every prompt; ``spread`` is how much strengths differ by
    prompt.
    """
    rows: list[Row] = []
    for prompt in range(prompts):
        here = np.array(strengths) + spread * rng.normal(size=len(strengths))
        for first in range(len(strengths)):
            for second in range(first + 1, len(strengths)):
                d = here[first] - here[second]
                odds = np.exp([d / 2, -d / 2, tie])
                rows += [
                    (first, second, (1.0, 0.0, 0.5)[rng.choice(3, p=odds / odds.sum())], prompt)
                    for _ in range(2)
                ]
    return PairedVotes.of(rows)


def plain_maximum(votes: PairedVotes, contestants: int) -> tuple[np.ndarray, float]:
    """Davidson's likelihood as his paper has it, in worths π and ν, maximized by a general routine."""

    def loss(parameters: np.ndarray) -> float:
        worth, nu = np.exp(parameters[:-1]), np.exp(parameters[-1])
        total = 0.0
        for first, second, outcome in zip(votes.first, votes.second, votes.outcome, strict=True):
            middle = nu * np.sqrt(worth[first] * worth[second])
            chance = {1.0: worth[first], 0.0: worth[second], 0.5: middle}[outcome]
            total -= np.log(chance / (worth[first] + worth[second] + middle))
        return total + parameters[:-1].sum() ** 2  # worths are known up to a factor

    found = minimize(loss, np.zeros(contestants + 1), method="BFGS", options={"gtol": 1e-8})
    return found.x[:-1], found.x[-1]


def test_strengths_are_those_of_plain_maximum_likelihood() -> None:
    votes = drawn(np.random.default_rng(0), [1.0, 0.2, -0.4, -0.8], 12)
    theirs, their_tie = plain_maximum(votes, 4)
    ours = bradley_terry(votes, 4, imaginary=False)
    assert ours.tie == pytest.approx(their_tie, abs=1e-5)
    assert ours.values == pytest.approx(theirs, abs=1e-5)


def test_without_ties_it_is_bradley_and_terrys_own_model() -> None:
    votes = PairedVotes.of([(0, 1, float(won), prompt) for prompt, won in enumerate([1] * 7 + [0] * 3)])
    found = bradley_terry(votes, 2, imaginary=False)
    assert found.tie is None
    assert found.values[0] - found.values[1] == pytest.approx(np.log(7 / 3))
    # One vote a prompt: the variance is the binomial's, but for the correction of few clusters.
    _, error = found.combined(np.array([1.0, -1.0]))
    assert error == pytest.approx(np.sqrt(10 / 9 * (1 / 7 + 1 / 3)))


def test_ties_leave_the_odds_of_deciding_votes_alone() -> None:
    rows = [(0, 1, outcome, prompt) for prompt, outcome in enumerate([1.0] * 6 + [0.0] * 2 + [0.5] * 9)]
    found = bradley_terry(PairedVotes.of(rows), 2, imaginary=False)
    assert found.values[0] - found.values[1] == pytest.approx(np.log(6 / 2))


def test_the_imaginary_prompt_is_one_more_with_split_votes() -> None:
    real: list[Row] = [(0, 1, 1.0, prompt) for prompt in range(5) for _ in range(4)]
    split: list[Row] = [(0, 1, float(won), 5) for won in (1, 1, 0, 0)]
    implied = bradley_terry(PairedVotes.of(real), 2)
    explicit = bradley_terry(PairedVotes.of(real + split), 2, imaginary=False)
    assert implied.values == pytest.approx(explicit.values)
    assert implied.covariance == pytest.approx(explicit.covariance)


def test_one_that_wins_every_vote_has_a_finite_strength_that_grows_with_prompts() -> None:
    def difference(prompts: int, votes: int) -> tuple[float, float]:
        rows: list[Row] = [(0, 1, 1.0, prompt) for prompt in range(prompts) for _ in range(votes)]
        return bradley_terry(PairedVotes.of(rows), 2).combined(np.array([1.0, -1.0]))

    assert difference(20, 1)[0] == pytest.approx(np.log(20.5 / 0.5))
    assert difference(20, 8) == pytest.approx(
        difference(20, 1)
    )  # more votes on the same prompts tell no more
    assert difference(40, 1)[0] > difference(20, 1)[0]
    value, error = difference(20, 1)
    assert 0.5 < error < value


def test_all_ties_are_equal_strengths() -> None:
    found = bradley_terry(PairedVotes.of([(0, 1, 0.5, prompt) for prompt in range(9)]), 2)
    assert found.values == pytest.approx([0, 0], abs=1e-8)


def test_neither_the_order_of_votes_nor_of_a_pair_matters() -> None:
    votes = drawn(np.random.default_rng(1), [0.5, 0.0, -0.5], 8)
    turned = PairedVotes(
        votes.second[::-1], votes.first[::-1], 1 - votes.outcome[::-1], votes.prompt[::-1], votes.weight
    )
    one, other = bradley_terry(votes, 3), bradley_terry(turned, 3)
    assert one.values == pytest.approx(other.values)
    assert one.covariance == pytest.approx(other.covariance)


def test_a_prompt_of_equal_votes_counts_as_one() -> None:
    """Three raters who always agree know no more of prompts than one does."""
    once: list[Row] = [(0, 1, float(prompt % 3 > 0), prompt) for prompt in range(12)]
    one, three = bradley_terry(PairedVotes.of(once), 2), bradley_terry(PairedVotes.of(once * 3), 2)
    contrast = np.array([1.0, -1.0])
    assert three.combined(contrast) == pytest.approx(one.combined(contrast))


def test_unconnected_contestants_have_no_strengths() -> None:
    votes = PairedVotes.of([(0, 1, 1.0, 0), (2, 3, 1.0, 0)])
    assert votes.groups(4, connection="weak") == [{0, 1}, {2, 3}]
    with pytest.raises(ValueError, match="no vote connects"):
        bradley_terry(votes, 4)


def test_intervals_cover_what_simulation_draws_from() -> None:
    """Nominal 95 %, where prompts differ in which contestant they favour."""
    rng = np.random.default_rng(2)
    prompts, rounds, covered = 15, 200, 0
    # What votes of ever more prompts tend to.
    truth = bradley_terry(drawn(rng, [1.0, 0.0], 20_000, spread=1.0), 2).combined(np.array([1.0, -1.0]))[0]
    for _ in range(rounds):
        found = bradley_terry(drawn(rng, [1.0, 0.0], prompts, spread=1.0), 2)
        value, error = found.combined(np.array([1.0, -1.0]))
        covered += abs(value - truth) < t.ppf(0.975, prompts - 1) * error
    assert 0.91 < covered / rounds < 0.99
