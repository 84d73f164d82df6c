"""Votes as raters hand them in: a file of JSON Lines each. What isn't a vote on the page is told, the rest
counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ...graphs.problem import Place, Problem, fail, show
from .key import RatingKey

TIE, BAD = "tie", "bad"


class Vote(BaseModel):
    """One line. ``choice`` is the name of a picture, ``tie``, or ``bad`` where both are; ``left`` is the
    picture that was on the left; ``seconds`` is how long it took.
    """

    model_config = ConfigDict(frozen=True)

    page: str
    pair: int
    choice: str
    left: str
    rater: Annotated[str, StringConstraints(min_length=1)]
    at: AwareDatetime
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass
class Ballots:
    """The votes that count, and what was wrong with others."""

    votes: list[Vote]
    problems: list[Problem] = field(default_factory=list)


def read_votes(paths: Sequence[Path], key: RatingKey) -> Ballots:
    """The votes in files that are on the page of ``key``.

    Of several votes of one rater on one pair the last counts. GraphError for a file that can't be read at
    all.
    """
    last: dict[tuple[str, int], tuple[Vote, Path]] = {}
    ballots = Ballots([])
    for path in paths:
        faults = _Faults(path)
        for number, line in enumerate(_lines(path), start=1):
            if not line.strip():
                continue
            try:
                vote = Vote.model_validate_json(line)
            except ValidationError as error:
                faults.add(number, "no vote: " + _reason(error))
                continue
            if wrong := _wrong(vote, key):
                faults.add(number, wrong)
                continue
            place = vote.rater, vote.pair
            earlier = last.get(place)
            if earlier is not None and earlier[0] == vote:
                faults.add(number, "a vote that is there already: it counts once")
            elif earlier is not None:
                faults.add(number, "a second vote of one rater on one pair: the later one counts")
            if earlier is None or vote.at >= earlier[0].at:
                last[place] = vote, path
        ballots.problems += faults.problems()
    ballots.votes += [vote for vote, _ in last.values()]
    return ballots


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\n")
    except OSError as error:
        raise fail(
            None, f"{path} can't be read: {error.strerror}", "--votes names the file that a rater saved"
        ) from None


def _reason(error: ValidationError) -> str:
    found = error.errors()[0]
    where = ".".join(map(str, found["loc"]))
    return f"{where}: {found['msg']}" if where else found["msg"]


def _wrong(vote: Vote, key: RatingKey) -> str:
    if vote.page != key.page:
        return f"a vote on page {show(vote.page)}, and this is {show(key.page)}: it isn't counted"
    pair = key.by_number.get(vote.pair)
    if pair is None:
        return f"a vote on pair {show(vote.pair)}, and the page has 1 to {len(key.pairs)}: it isn't counted"
    if vote.choice not in (*pair.pictures, TIE, BAD):
        return f"pair {vote.pair} has no choice {show(vote.choice)}: it isn't counted"
    if vote.left not in pair.pictures:
        return f"pair {vote.pair} has no picture {show(vote.left)}: the vote isn't counted"
    return ""


class _Faults:
    """What is wrong with lines of one file, the same thing told once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, list[int]] = {}

    def add(self, line: int, message: str) -> None:
        self._found.setdefault(message, []).append(line)

    def problems(self) -> Iterator[Problem]:
        for message, lines in self._found.items():
            more = f" (and {len(lines) - 1:,} more like it)" if len(lines) > 1 else ""
            yield Problem(Place(str(self._path), lines[0]), message + more)
