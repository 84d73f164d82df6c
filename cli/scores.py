"""The scores of a run, for its summary: a line an output, and tables of those that vary over settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..evaluation.uncertainty.wording import told
from ..graphs.figures import with_error
from .summary import show_number
from .terminal import count

if TYPE_CHECKING:
    from rich.table import Table

    from ..evaluation.results.run_folder import OutputRecord, Run
    from ..evaluation.results.scores import Score

#: A table longer than this is for items.parquet and metrics.json.
MOST_ROWS = 40
#: A run with more cells than this has no means made of them at its end: they would take seconds.
_MOST_CELLS = 2_000_000


def score_lines(run: Run) -> Iterator[tuple[str, str]]:
    """Name and line of every score: with how sure it is, or the range that it has over settings."""
    found: dict[str, list[Score]] = {}
    for score in scores_at_hand(run):
        found.setdefault(score.name, []).append(score)
    for output in run.outputs.values():
        here = found.get(output.name, [])
        if len(here) == 1 and not here[0].at:
            yield output.name, told(here[0].estimate, here[0].unit or "unit", here[0].missing)
        elif here:
            yield output.name, _range(here)
        elif output.kind == "reduction":
            yield output.name, _other(output)


def score_tables(run: Run) -> Iterator[Table]:
    """A table for each set of axes that scores vary over; none for longer ones."""
    from rich.text import Text

    from .terminal import table

    groups: dict[tuple[str, ...], dict[str, dict[str, str]]] = {}
    points: dict[str, Mapping[str, Any]] = {}
    for name, point, text in (*_recorded(run), *_averaged(run)):
        points[repr(point)] = point
        groups.setdefault(tuple(point), {}).setdefault(name, {})[repr(point)] = text
    for axes, by_name in groups.items():
        rows = dict.fromkeys(place for cells in by_name.values() for place in cells)
        if not axes or len(rows) > MOST_ROWS:
            continue
        made = table(*axes, *by_name, numbers=tuple(by_name))
        for place in rows:
            cells = (by_name[name].get(place, "") for name in by_name)
            made.add_row(*(Text(show_number(value)) for value in points[place].values()), *cells)
        yield made


def scores_at_hand(run: Run) -> list[Score]:
    """The scores of a run; of a very large one those alone that it recorded."""
    from ..evaluation.results.reductions import reductions
    from ..evaluation.results.scores import NUMERIC, Score, is_averaged, scores

    numeric = [output for output in run.outputs.values() if output.type in NUMERIC]
    averaged = [output for output in numeric if is_averaged(run, output)]
    if not averaged or len(averaged) * run.items.num_rows <= _MOST_CELLS:
        return scores(run)
    rest = (output for output in numeric if output not in averaged)
    return [found for output in rest for found in reductions(run, output) if isinstance(found, Score)]


def _recorded(run: Run) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Reductions with their places, those of each prompt and those that are no numbers among them."""
    from ..evaluation.results.places import point_value

    for output in run.outputs.values():
        if len(output.values) <= MOST_ROWS:
            for entry in output.values:
                point = {axis: point_value(run.axes[axis], value) for axis, value in entry.point.items()}
                number = isinstance(entry.value, float)
                error = entry.standard_error
                text = with_error(entry.value, error) if number else show_number(entry.value)
                yield output.name, point, text


def _averaged(run: Run) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    for score in scores_at_hand(run):
        if score.kind != "set":
            yield score.name, score.at, with_error(score.estimate, score.estimate.standard_error)


def _range(scores: list[Score]) -> str:
    values = [float(score.estimate) for score in scores]
    said = f"{count(len(values), 'value')} over {', '.join(scores[0].at)}"
    return f"{said}: {show_number(min(values))} to {show_number(max(values))}"


def _other(output: OutputRecord) -> str:
    """Of a reduction without a number what there is instead."""
    values = output.values
    if len(values) == 1 and not values[0].point:
        missing = f" ({count(values[0].missing, 'member')} missing)" if values[0].missing else ""
        return f"{show_number(values[0].value)}{missing}"
    return f"{count(len(values), 'value')} over {', '.join(output.axes)}" if values else "none yet"
