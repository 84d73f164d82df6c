"""One picture output of a run as a matrix: a row a point, with scores, texts, flags and failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...graphs.file_names import as_words
from ...graphs.problem import fail
from ..results.categories import Categories
from .contract import Counts, Matrix, RowState, ScoreColumn
from .grid import Grid
from .scripts import without_local_paths

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from ..results.run_folder import OutputRecord, Run

    Numbers = npt.NDArray[numpy.float64]

#: Where picture files are, below the run folder.
_FOLDER = "images"
#: Port types whose items are numbers to show.
_NUMBERS = ("number", "integer", "boolean")
_LETTERS: dict[RowState, str] = {
    "shown": ".",
    "failed": "f",
    "damaged": "d",
    "lost": "l",
    "unmade": "u",
    "left_out": "o",
}
#: Of a text output so many letters are shown.
_LONGEST_TEXT = 300


@dataclass
class PictureOutput:
    """The rows of one picture output. ``names`` are those of the files below ``folder``, "" for none.

    ``states`` are shown for each that has one, until it is known which of them can be.
    """

    run: Run
    record: OutputRecord
    grid: Grid
    names: list[str]
    states: list[RowState]
    failures: dict[str, str]
    flags: dict[str, list[int]]
    columns: list[tuple[ScoreColumn, Numbers]] = field(default_factory=list)
    texts: dict[str, list[str | None]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def folder(self) -> str:
        """Where its files are, below the run folder."""
        return f"{_FOLDER}/{self.name}/"

    @property
    def counts(self) -> Counts:
        """How many rows are in each state."""
        found = Counter(self.states)
        return Counts(**{state: found[state] for state in _LETTERS})

    def keep(self, most: int) -> None:
        """Leave pictures out beyond so many: what is kept is the best and worst by each score,
        and all of units spread evenly over the rest."""
        shown = [row for row, state in enumerate(self.states) if state == "shown"]
        if len(shown) <= most:
            return
        kept = set(_chosen(self, shown, most))
        for row in shown:
            if row not in kept:
                self.states[row] = "left_out"

    def matrix(self, by: str | None, categories: Mapping[str, int]) -> Matrix:
        """What the page is given."""
        return Matrix(
            "".join(_LETTERS[state] for state in self.states),
            [quote(self.names[row]) if state == "shown" else None for row, state in enumerate(self.states)],
            None if by is None else self._categories(by, categories),
            {column.name: _rounded(values, column) for column, values in self.columns},
            self.texts,
            self.flags,
            self.failures,
        )

    def _categories(self, by: str, categories: Mapping[str, int]) -> list[int | None]:
        rows = self.grid.rows()
        there = [position for position, row in enumerate(rows.tolist()) if row >= 0]
        found: list[int | None] = [None] * len(rows)
        if by in self.run.items.column_names and there:
            of = Categories(self.run, by, rows[there], self.record.axes)
            for position, code in zip(there, of.codes.tolist(), strict=True):
                found[position] = categories.get(str(of.names[code])) if code >= 0 else None
        return found


def picture_outputs(run: Run) -> list[PictureOutput]:
    """The picture outputs of a run, each with what its items say."""
    return [_picture_output(run, output) for output in run.outputs.values() if _is_of_pictures(run, output)]


def _is_of_pictures(run: Run, output: OutputRecord) -> bool:
    """By where its files are, so that pictures of a type that isn't known here are shown too."""
    if output.kind != "items" or output.type in _NUMBERS:
        return False
    if output.type == "images":  # also where all of them failed
        return True
    cells = run.values(output.name).to_pylist()
    return str(next(filter(None, cells), "")).startswith(f"{_FOLDER}/{output.name}/")


def _picture_output(run: Run, output: OutputRecord) -> PictureOutput:
    if as_words(output.name) != output.name:
        raise fail(None, f"{run.folder / 'metrics.json'} is not what a run writes: an output {output.name!r}")
    grid = Grid(run, output.axes)
    names = [_name(run, output, cell) for cell in grid.cells(run.column(output.name))]
    reasons = grid.cells("failure")
    flags: dict[str, list[int]] = {}
    for row, words in enumerate(grid.cells("flags")):
        for word in (words or "").split():
            flags.setdefault(word, []).append(row)
    failures = {
        str(row): str(without_local_paths(reason))
        for row, (name, reason) in enumerate(zip(names, reasons, strict=True))
        if reason and not name
    }
    states: list[RowState] = [
        "shown" if name else "failed" if str(row) in failures else "unmade" for row, name in enumerate(names)
    ]
    made = PictureOutput(run, output, grid, names, states, failures, flags)
    made.columns = [*_scores(run, grid), *_influences(run, grid)]
    made.texts = dict(_texts(run, grid))
    return made


def _name(run: Run, output: OutputRecord, cell: Any) -> str:
    """The name of the file that a cell of the items speaks of: somebody may have edited it."""
    if cell is None:
        return ""
    folder = PurePosixPath(_FOLDER, output.name)
    path = PurePosixPath(str(cell))
    if ".." in path.parts or not path.is_relative_to(folder) or path == folder:
        why = f"it says that {str(cell)!r} is a picture of {output.name}"
        raise fail(None, f"{run.folder / 'items.parquet'} is not what a run writes: {why}")
    return path.relative_to(folder).as_posix()


def _scores(run: Run, grid: Grid) -> Iterator[tuple[ScoreColumn, Numbers]]:
    for output in run.outputs.values():
        if output.type in _NUMBERS and _is_told_by(output, grid):
            values = grid.numbers(run.column(output.name), output.axes)
            kind = "boolean" if output.type == "boolean" else "number"
            yield _column(output.name, kind, output, values), values


def _influences(run: Run, grid: Grid) -> Iterator[tuple[ScoreColumn, Numbers]]:
    """The influence of each picture on the scores that reduce pictures like it."""
    for output in run.outputs.values():
        name = f"{output.name}.influence"
        members = {axis for axis in (*output.over, *output.axes) if run.axes[axis].role != "category"}
        if name in run.items.column_names and output.over and members == set(grid.axes):
            values = grid.numbers(name, grid.axes)
            yield _column(name, "influence", output, values), values


def _texts(run: Run, grid: Grid) -> Iterator[tuple[str, list[str | None]]]:
    for output in run.outputs.values():
        if output.type == "text" and _is_told_by(output, grid):
            cells = grid.cells(run.column(output.name), output.axes)
            yield output.name, [None if cell is None else str(cell)[:_LONGEST_TEXT] for cell in cells]


def _is_told_by(output: OutputRecord, grid: Grid) -> bool:
    """Whether a score says something of single pictures: one of a setting alone is in the headline."""
    axes = set(output.axes)
    drawn = {axis for axis in grid.axes if grid.run.axes[axis].is_drawn}
    return bool(axes) and axes <= set(grid.axes) and (bool(axes & drawn) or not drawn)


def _column(name: str, kind: Any, output: OutputRecord, values: Numbers) -> ScoreColumn:
    import numpy

    there = values[numpy.isfinite(values)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (None, None)
    return ScoreColumn(name, kind, output.name, output.better, low, high)


def _rounded(values: Numbers, column: ScoreColumn) -> Sequence[float | None]:
    """Six digits are more than anybody sees, and a third of the file."""
    if column.type == "boolean":
        return [None if value != value else int(value) for value in values.tolist()]
    return [None if value != value else float(f"{value:.6g}") for value in values.tolist()]


def _chosen(made: PictureOutput, shown: Sequence[int], most: int) -> Iterator[int]:
    """Rows to keep: extremes in half of the room, whole units in the rest."""
    import numpy

    rows = numpy.array(shown)
    share = most // (4 * max(1, len(made.columns)))
    kept: dict[int, None] = {}
    for _, values in made.columns:
        order = rows[numpy.argsort(values[rows], kind="stable")]
        order = order[numpy.isfinite(values[order])]
        kept.update(dict.fromkeys([*order[:share].tolist(), *order[len(order) - share :].tolist()]))
    units = [number for number, axis in enumerate(made.grid.axes) if made.run.axes[axis].role == "unit"]
    index = numpy.unravel_index(rows, made.grid.lengths)[units[0] if units else 0]
    length = made.grid.lengths[units[0] if units else 0]
    for start in _spread(length):
        if len(kept) >= most:
            break
        kept.update(dict.fromkeys(rows[index == start].tolist()))
    yield from list(kept)[:most]


def _spread(count: int) -> Iterator[int]:
    """All of ``range(count)``, so that the first of them are spread evenly over it."""
    step = 1
    while step < count:
        step *= 2
    seen: set[int] = set()
    while step >= 1:
        for number in range(0, count, step):
            if number not in seen:
                seen.add(number)
                yield number
        step //= 2
