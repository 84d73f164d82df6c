"""What the page of a report is given: every entry is always there, and what isn't known is null.

``data/report.js`` holds a :class:`Report`. For each run, ``data/labels-R.js`` holds the labels of its axes by
axis; for each of its picture outputs, ``data/images-R-K.js`` holds a :class:`Matrix`. These two are loaded
when pictures are first shown. Paths are relative to the report and percent-encoded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: Raised when an entry goes or changes its meaning.
SCHEMA = 1

Scalar = str | int | float | bool | None
Role = Literal["unit", "seed", "setting", "category"]
RowState = Literal["shown", "failed", "damaged", "lost", "unmade", "left_out"]
Better = Literal["higher", "lower"] | None


@dataclass(frozen=True)
class Axis:
    """``values`` are those of settings and categories, and null for units and seeds: see the labels."""

    role: Role
    length: int
    per: Sequence[str]
    values: Sequence[Scalar] | None


@dataclass(frozen=True)
class Output:
    """What an output is, and how it was measured."""

    kind: Literal["reduction", "items"]
    node: str
    type: str
    axes: Sequence[str]
    over: Sequence[str]
    better: Better
    protocol: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """What one pass over a run folder did at one step."""

    step: str
    node: str
    made: int
    seconds: float
    failed: int
    skipped: int


@dataclass(frozen=True)
class Pass:
    """One time that the run's command worked in its folder. ``peak_memory`` is in bytes."""

    started: str
    finished: str
    seconds: float
    complete: bool
    made: int
    steps: Sequence[Step]
    peak_memory: int | None
    environment: Mapping[str, str]


@dataclass(frozen=True)
class FailureGroup:
    """Failures that say the same; ``first`` is the point of the first of them."""

    step: str
    node: str
    error: str
    message: str
    count: int
    first: Mapping[str, Any]


@dataclass(frozen=True)
class Failures:
    """All failures; ``groups`` holds the most frequent first, and not all where there are very many."""

    count: int
    groups: Sequence[FailureGroup]


@dataclass(frozen=True)
class ScoreColumn:
    """A column of scores of a :class:`Matrix`. An influence is that on the metric ``of``.

    ``better`` is that of the metric: where lower is better, a positive influence worsens it. ``low`` and
    ``high`` are the least and the greatest value.
    """

    name: str
    type: Literal["number", "boolean", "influence"]
    of: str
    better: Better
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Counts:
    """How many rows of a matrix are in each state."""

    shown: int
    failed: int
    damaged: int
    lost: int
    unmade: int
    left_out: int


@dataclass(frozen=True)
class Images:
    """One picture output of a run. A row's thumbnail is ``thumbnails`` + row + ``.webp``.

    Its picture is ``pictures`` + its name in the matrix. ``size`` is the width and height of the first.
    """

    output: str
    file: str
    labels: str
    axes: Sequence[str]
    lengths: Sequence[int]
    thumbnails: str
    pictures: str
    size: Sequence[int] | None
    counts: Counts
    scores: Sequence[ScoreColumn]


@dataclass(frozen=True)
class Run:
    """One run. ``notes`` are sentences about what is there and what isn't; ``graph`` is an SVG picture."""

    id: str
    name: str
    digest: str
    folder: str
    label: str
    description: str
    suite: Mapping[str, Any] | None
    complete: bool
    pictures: int
    notes: Sequence[str]
    axes: Mapping[str, Axis]
    outputs: Mapping[str, Output]
    graph: str
    history: Sequence[Pass]
    failures: Failures
    flags: Mapping[str, int]
    images: Sequence[Images]


@dataclass(frozen=True)
class Score:
    """One number of a run, at settings ``at``, over all categories or of one.

    ``low`` and ``high`` end the 95 % interval, which is centred on ``corrected`` where that is known; they
    are null where it is withheld, and ``reason`` says why.
    """

    run: int
    name: str
    at: Mapping[str, Scalar]
    category: str | None
    kind: Literal["mean", "share", "set"]
    better: Better
    value: float | None
    corrected: float | None
    low: float | None
    high: float | None
    se: float | None
    n: int
    clusters: int
    missing: int
    flagged: Mapping[str, int]
    method: str
    reason: str
    conditional_on: Sequence[str]
    p_equal: float | None


@dataclass(frozen=True)
class Difference:
    """A score of run ``b`` beside that of run ``a``: ``difference`` is b − a, ``words`` a sentence.

    ``n`` counts shared units; ``wins`` those where b is better, or has more where neither is better.
    ``verdict`` says what b is: undecided where chance alone may differ so, untested where nothing can be
    said, for a ``reason``; it ``differs`` where bias may be why, so that which is better can't be said.
    """

    a: int
    b: int
    name: str
    at: Mapping[str, Scalar]
    category: str | None
    better: Better
    value_a: float | None
    value_b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    n: int | None
    wins: int | None
    losses: int | None
    ties: int | None
    verdict: Literal["better", "worse", "higher", "lower", "differs", "undecided", "untested"]
    words: str
    reason: str
    conditional_on: Sequence[str]


@dataclass(frozen=True)
class Ranking:
    """Runs by a score, the best first; those of one group can't be told apart, and one may be in several."""

    name: str
    at: Mapping[str, Scalar]
    order: Sequence[int]
    groups: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Comparison:
    """How runs differ, or in ``refused`` why they can't be compared; ``notes`` are sentences on all of it."""

    refused: str | None
    rows: Sequence[Difference]
    ranking: Sequence[Ranking]
    notes: Sequence[str]


@dataclass(frozen=True)
class Report:
    """All that is shown at once. ``by`` is the column that ``categories`` come from."""

    schema: int
    made: str
    version: str
    title: str
    by: str | None
    categories: Sequence[str]
    runs: Sequence[Run]
    scores: Sequence[Score]
    comparison: Comparison | None


@dataclass(frozen=True)
class Matrix:
    """The pictures of one output: a row a point of its axes, the last axis fastest.

    ``state`` has a letter a row: ``.`` shown, ``f`` failed, ``d`` damaged, ``l`` lost, ``u`` not made, ``o``
    left out. ``name`` is that of the picture's file; ``category`` numbers the report's categories. ``scores``
    and ``texts`` are columns; ``flags`` lists rows by flag, ``failures`` says why by row.
    """

    state: str
    name: Sequence[str | None]
    category: Sequence[int | None] | None
    scores: Mapping[str, Sequence[float | None]]
    texts: Mapping[str, Sequence[str | None]]
    flags: Mapping[str, Sequence[int]]
    failures: Mapping[str, str]
