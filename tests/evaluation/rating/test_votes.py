"""Files of votes: what counts, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mezzotint.evaluation.rating.key import RatingKey
from mezzotint.evaluation.rating.votes import Ballots, read_votes
from mezzotint.graphs.problem import GraphError

Line = Callable[..., str]


@pytest.fixture
def read(key: RatingKey, tmp_path: Path) -> Callable[..., Ballots]:
    """Reads the texts of files of votes."""

    def read(*texts: str) -> Ballots:
        paths = [tmp_path / f"votes-{number}.jsonl" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, "utf-8")
        return read_votes(paths, key)

    return read


def said(ballots: Ballots) -> list[str]:
    """Line and message of each problem."""
    return [f"{problem.place.line}: {problem.message}" for problem in ballots.problems if problem.place]


def test_votes_of_several_raters_count(read: Callable[..., Ballots], line: Line) -> None:
    ballots = read(
        line(1, "ours") + line(2, "tie"), line(1, "theirs", rater="bob") + line(3, "bad", rater="bob")
    )
    assert [(vote.rater, vote.pair) for vote in ballots.votes] == [
        ("ann", 1),
        ("ann", 2),
        ("bob", 1),
        ("bob", 3),
    ]
    assert not ballots.problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("half a li", "no vote: Invalid JSON"),
        ("[1, 2]", "no vote: "),
        ('{"page": "x"}', "no vote: pair: Field required"),
    ],
)
def test_a_damaged_line_is_told_and_the_rest_counts(
    read: Callable[..., Ballots], line: Line, text: str, message: str
) -> None:
    ballots = read(line(1, "ours") + text + "\n" + line(2, "ours"))
    assert len(ballots.votes) == 2
    (problem,) = said(ballots)
    assert problem.startswith(f"2: {message}")


def test_votes_on_another_page_are_told_once(
    read: Callable[..., Ballots], line: Line, key: RatingKey
) -> None:
    ballots = read("".join(line(pair, "ours", page="0ther") for pair in (1, 2, 3)) + line(4, "ours"))
    assert len(ballots.votes) == 1
    expected = f"1: a vote on page '0ther', and this is '{key.page}': it isn't counted (and 2 more like it)"
    assert said(ballots) == [expected]


def test_unknown_pairs_and_choices_are_told(read: Callable[..., Ballots], line: Line) -> None:
    strange = json.loads(line(1, "ours")) | {"pair": 99}
    ballots = read(json.dumps(strange) + "\n" + line(2, "the blue one") + line(3, "tie", left="x.png"))
    assert not ballots.votes
    assert said(ballots) == [
        "1: a vote on pair 99, and the page has 1 to 8: it isn't counted",
        "2: pair 2 has no choice 'the blue one': it isn't counted",
        "3: pair 3 has no picture 'x.png': the vote isn't counted",
    ]


def test_a_file_given_twice_counts_once(read: Callable[..., Ballots], line: Line) -> None:
    text = line(1, "ours") + line(2, "theirs")
    ballots = read(text, text)
    assert len(ballots.votes) == 2
    assert said(ballots) == ["1: a vote that is there already: it counts once (and 1 more like it)"]


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_votes_of_one_rater_the_later_counts(
    read: Callable[..., Ballots], line: Line, key: RatingKey, swapped: bool
) -> None:
    texts = [line(1, "ours"), line(1, "theirs", at="2026-01-02T00:00:00Z")]
    ballots = read(*(reversed(texts) if swapped else texts))
    (vote,) = ballots.votes
    assert key.contestants[key.by_number[1].pictures[vote.choice]] == "theirs"
    assert said(ballots) == ["1: a second vote of one rater on one pair: the later one counts"]


def test_a_file_that_is_not_there_is_a_mistake(key: RatingKey, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="No such file"):
        read_votes([tmp_path / "none.jsonl"], key)


def test_a_picture_in_place_of_a_file_of_votes_is_told(
    read: Callable[..., Ballots], key: RatingKey, rating: Path
) -> None:
    picture = next((rating / "page" / "pictures").iterdir())
    ballots = read_votes([picture], key)
    assert not ballots.votes
    assert ballots.problems
