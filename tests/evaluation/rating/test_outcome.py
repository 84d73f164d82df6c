"""What votes come to: tallies, strengths, ranks, and what is said beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mezzotint.evaluation.rating.blind_page import make_page
from mezzotint.evaluation.rating.key import KeyPair, RatingKey
from mezzotint.evaluation.rating.outcome import Outcome, outcome_of
from mezzotint.evaluation.rating.ranking import Ranking
from mezzotint.evaluation.rating.votes import read_votes

Counted = Callable[..., Outcome]


@pytest.fixture
def counted(tmp_path: Path, key: RatingKey) -> Counted:
    """The outcome of the text of a file of votes."""

    def counted(text: str, of: RatingKey = key) -> Outcome:
        path = tmp_path / "votes.jsonl"
        path.write_text(text, "utf-8")
        return outcome_of(read_votes([path], of).votes, of)

    return counted


def test_wins_losses_ties_and_bad_ones_are_counted_for_each(
    counted: Counted, line: Callable[..., str]
) -> None:
    choices = ["ours", "ours", "ours", "theirs", "tie", "bad", "ours"]
    outcome = counted("".join(line(pair, choice) for pair, choice in enumerate(choices, start=1)))
    assert [standing.contestant for standing in outcome.standings] == ["ours", "theirs"]
    tally, other = (standing.tally for standing in outcome.standings)
    assert (tally.wins, tally.losses, tally.ties, tally.bad) == (4, 1, 1, 1)
    assert (other.wins, other.losses, other.ties, other.bad) == (1, 4, 1, 1)
    assert tally.win_rate == pytest.approx(4 / 5)
    assert (outcome.votes, outcome.judged, outcome.asked, outcome.prompts) == (7, 7, 8, 4)
    (duel,) = outcome.duels
    assert duel.contestants == ("ours", "theirs")
    assert duel.difference == pytest.approx(2 * (outcome.standings[0].strength or 0))


def test_every_number_says_what_it_rests_on(counted: Counted, line: Callable[..., str]) -> None:
    outcome = counted("".join(line(pair, "ours" if pair % 3 else "theirs") for pair in range(1, 9)))
    strength = outcome.standings[0].strength
    assert strength is not None
    assert (strength.n, strength.clusters, strength.conditional_on) == (8, 4, ("raters",))
    assert strength.interval is not None
    low, high = strength.interval
    assert low < strength < high


def test_a_run_that_wins_all_is_finite_and_told(counted: Counted, line: Callable[..., str]) -> None:
    outcome = counted("".join(line(pair, "ours") for pair in range(1, 9)))
    best = outcome.standings[0]
    assert best.contestant == "ours"
    assert best.strength is not None
    assert 0 < best.strength < 5
    assert best.tally.win_rate == 1
    (note,) = outcome.notes
    assert note.startswith("every vote between ours | theirs went one way")


def test_votes_on_one_prompt_have_no_interval(
    counted: Counted, key: RatingKey, line: Callable[..., str]
) -> None:
    pairs = [pair.pair for pair in key.pairs if pair.prompt == "a heart"]
    outcome = counted(line(pairs[0], "ours") + line(pairs[1], "theirs"))
    assert all(standing.strength is not None for standing in outcome.standings)
    assert all(standing.strength.interval is None for standing in outcome.standings if standing.strength)
    assert all(standing.ranks is None for standing in outcome.standings)
    assert outcome.notes == ["all votes are on one prompt, so how much prompts differ isn't seen"]


def test_raters_agree_by_side_and_a_liking_for_the_left_is_seen(
    counted: Counted, key: RatingKey, line: Callable[..., str]
) -> None:
    lefts = {pair.pair: next(iter(pair.pictures)) for pair in key.pairs}
    text = "".join(
        line(pair, picture, rater=rater) for pair, picture in lefts.items() for rater in ("ann", "bob")
    )
    outcome = counted(text)
    assert outcome.left == 1
    assert outcome.agreement is not None
    assert outcome.agreement.share == 1
    assert outcome.raters == {"ann": 8, "bob": 8}


def test_runs_without_votes_between_them_have_tallies_only(
    counted: Counted, contestants, tmp_path: Path, line: Callable[..., str]
) -> None:
    key = make_page(contestants("one", "two", "three", seeds=["0"]), tmp_path / "page of three")
    between = [pair for pair in key.pairs if pair.contestants == (0, 1)]
    text = "".join(vote(key, pair, pair.contestants[0]) for pair in between)
    outcome = counted(text, key)
    assert [standing.strength for standing in outcome.standings] == [None, None, None]
    assert outcome.notes == ["no vote connects one, two | three: strengths and ranks aren't known"]
    assert len(outcome.duels) == 1
    json.dumps(outcome.record())


def vote(key: RatingKey, pair: KeyPair, contestant: int) -> str:
    """A vote for a contestant."""
    names = {number: name for name, number in pair.pictures.items()}
    entry = {"page": key.page, "pair": pair.pair, "choice": names[contestant], "left": names[contestant]}
    return json.dumps({**entry, "rater": "ann", "at": "2026-01-01T00:00:00Z", "seconds": 1.0}) + "\n"


def test_ranks_name_all_places_that_are_open() -> None:
    """One beats two others, of which neither beats the other."""
    rows = []
    for number in range(30):
        prompt = f"prompt {number}"
        rows += [(0, other, float(number % 5 > 0), prompt) for other in (1, 2)]
        rows.append((1, 2, float(number % 2), prompt))
    ranking = Ranking(rows, ["best", "one", "other"])
    assert [ranking.ranks(number) for number in range(3)] == [(1, 1), (2, 3), (2, 3)]


def test_few_votes_leave_every_rank_open() -> None:
    ranking = Ranking([(0, 1, 1.0, "a"), (0, 1, 0.0, "b"), (0, 1, 1.0, "c")], ["one", "two"])
    assert [ranking.ranks(number) for number in range(2)] == [(1, 2), (1, 2)]
