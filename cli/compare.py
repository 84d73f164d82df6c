"""``mezzotint compare``: runs beside each other, over the prompts and seeds that they share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import count as numbers_from
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Annotated

import typer

from .statuses import reporting

if TYPE_CHECKING:
    from rich.table import Table

    from ..evaluation.comparing.comparison import Comparison, Row

By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="COLUMN",
        help="Also by the categories in this column of items.parquet; none for no categories. By default the "
        "column that the suite names, or one called category, task or tag.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Also what was not measured alike; the result says so.")]


@reporting
def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN…", help="Two run folders or more.", show_default=False)
    ],
    between: Annotated[
        str | None,
        typer.Option("--between", metavar="SETTING", help="Compare the values of a setting of one run."),
    ] = None,
    metrics: Annotated[
        str | None, typer.Option("--metrics", metavar="NAMES", help="Only these scores, parted by commas.")
    ] = None,
    by: By = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables in Markdown.")] = False,
) -> None:
    """Compare runs over the prompts and seeds that they share: which is better, and might it be chance?

    Differences are B − A, with 95 % intervals; p allows for all tests made (Holm). Scores that were not
    measured alike are refused, with every field that differs. The exit status tells whether they could be
    compared, not who won.
    """
    found, named = _compared(runs, between, by, force, [name for name in (metrics or "").split(",") if name])
    if as_json:
        folders = {label: str(folder) for label, folder in named}
        typer.echo(json.dumps({**found.record(), "folders": folders}, ensure_ascii=False))
    elif markdown:
        typer.echo("\n\n".join(_markdown(table) for _, table in _tables(found)))
    else:
        _show(found, named)


def _compared(
    runs: Sequence[Path], between: str | None, by: str | None, force: bool, only: Sequence[str]
) -> tuple[Comparison, list[tuple[str, Path]]]:
    from ..evaluation.comparing.comparison import compare, compare_settings
    from ..evaluation.results.run_folder import read_run
    from ..graphs.problem import fail

    if between is not None:
        if len(runs) > 1:
            raise fail(
                None, f"--between {between} compares the settings of one run, and {len(runs)} are named"
            )
        found = compare_settings(read_run(runs[0]), between, force=force, by=by, only=only)
        return found, [(label, runs[0]) for label in found.labels]
    if len(runs) < 2:
        hint = f"name another, or compare its settings: mezzotint compare {runs[0]} --between steps"
        raise fail(None, "one run has nothing to be compared with", hint)
    labels = list(_letters(len(runs)))
    found = compare([read_run(run) for run in runs], force=force, by=by, only=only, labels=labels)
    return found, list(zip(labels, runs, strict=True))


def _letters(many: int) -> Iterator[str]:
    """A, B, … Z, A2, B2, …"""
    for place in range(many):
        turn, letter = divmod(place, len(ascii_uppercase))
        yield ascii_uppercase[letter] + (str(turn + 1) if turn else "")


def _show(found: Comparison, named: Sequence[tuple[str, Path]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from .terminal import write

    legend = Table.grid(padding=(0, 2, 0, 0))
    legend.add_column(no_wrap=True, style="bold")
    legend.add_column(overflow="fold")
    for label, folder in named:
        legend.add_row(label, Text(str(folder)))
    write(legend)
    for title, table in _tables(found):
        write(Text(), Text(title, style="bold"), table)
    for note in _remarks(found):
        write(Text(note, overflow="fold", style="dim"))


def _tables(found: Comparison) -> Iterator[tuple[str, Table]]:
    overall = [row for row in found.rows if row.category is None and row.difference is not None]
    by_category = [row for row in found.rows if row.category is not None and row.difference is not None]
    if found.ranking:
        yield "In order, the best first; runs that share a group can't be told apart", _ranking(found)
    yield "Compared", _differences(found, overall)
    if by_category:
        yield f"By {found.by}", _differences(found, by_category)


def _differences(found: Comparison, rows: Sequence[Row]) -> Table:
    from rich.text import Text

    from ..evaluation.comparing.wording import called, difference, ends, number
    from .terminal import table

    pair = len(found.labels) == 2
    sides = found.labels if pair else ("pair",)
    headings = ("score", *sides, "B − A" if pair else "second − first", "95 %", "p", "won", "verdict")
    made = table(*headings, numbers=headings[1:-1] if pair else headings[2:-1], folds="score")
    for row in rows:
        first, second = found.labels[row.a], found.labels[row.b]
        values = [number(value) for value in (row.value_a, row.value_b) if value is not None]
        interval = "" if row.interval is None else ends(row.interval)
        made.add_row(
            Text(called(row.name, row.at, row.category)),
            *(values if pair else (f"{first}, {second}",)),
            difference(row),
            interval,
            "" if row.p_holm is None else _chance(row.p_holm),
            "" if row.wins is None else f"{row.wins}:{row.losses}",
            Text(_verdict(row, first, second), style=_STYLES.get(row.verdict, "")),
        )
    return made


_STYLES = {"better": "green", "worse": "red", "undecided": "dim", "untested": "yellow"}


def _verdict(row: Row, a: str, b: str) -> str:
    said = {
        "better": f"{b} better",
        "worse": f"{a} better",
        "higher": f"{b} higher",
        "lower": f"{a} higher",
        "differs": "they differ",
        "undecided": "not told apart",
        "untested": "can't be judged",
    }[row.verdict]
    return f"{said} (unlike)" if row.unlike else said


def _chance(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.2g}" if p < 0.995 else "1"


def _ranking(found: Comparison) -> Table:
    from rich.text import Text

    from ..evaluation.comparing.wording import called, number
    from .terminal import table

    made = table("score", "run", "value", "group", numbers=("value",), folds="score")
    for ranking in found.ranking:
        name = called(ranking.name, ranking.at)
        for run, value in zip(ranking.order, ranking.values, strict=True):
            held = [str(place) for place, group in zip(numbers_from(1), ranking.groups) if run in group]
            made.add_row(Text(name), found.labels[run], number(value), " ".join(held))
            name = ""
    return made


def _remarks(found: Comparison) -> Iterator[str]:
    """What the tables leave unsaid: why something isn't there, and what the numbers rest on."""
    from ..evaluation.comparing.wording import called
    from .terminal import count

    pairs = len(found.labels) > 2
    said: set[tuple[str, int, int, str]] = set()
    for row in found.rows:
        if row.difference is None or row.p is None or row.interval is None:
            which = f" ({found.labels[row.a]}, {found.labels[row.b]})" if pairs else ""
            why = row.words if row.p is None else f"no interval: {row.reason}"
            # What is said of a score needn't be said of each of its categories.
            if row.category is None or (row.name, row.a, row.b, why) not in said:
                yield f"{called(row.name, row.at, row.category)}{which}: {why}"
            said.add((row.name, row.a, row.b, why))
    unbiased = dict.fromkeys(row.name for row in found.rows if row.less_bias)
    if unbiased:
        yield f"{', '.join(unbiased)}: values and differences are less the bias that they have at this size"
    yield from found.notes
    tests = sum(row.p is not None and row.category is None for row in found.rows)
    by_category = sum(row.p is not None and row.category is not None for row in found.rows)
    whole = [row for row in found.rows if row.units is not None and row.category is None]
    units, names = {row.units or 0 for row in whole}, {row.unit for row in whole}
    name = f"{names.pop()}s" if len(names) == 1 else "units"
    over = f"{min(units):,} {name}" if len(units) == 1 else f"the {name} that both have"
    if tests:
        apart = f", by {found.by} for {by_category:,} of their own" if by_category else ""
        yield f"p: over {over}, allowing for {count(tests, 'test')}{apart}"
        yield f"won: {name} where the second is better : worse"


def _markdown(table: Table) -> str:
    columns = [[str(cell).replace("|", r"\|") for cell in column.cells] for column in table.columns]
    headings = [str(column.header) for column in table.columns]
    rules = ["---:" if column.justify == "right" else "---" for column in table.columns]
    lines = [headings, rules, *([*row] for row in zip(*columns, strict=True))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
