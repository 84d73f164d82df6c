"""``mezzotint report``: runs as a folder of static files that any browser shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .run_folders import newest_run
from .statuses import reporting, say

if TYPE_CHECKING:
    from ..evaluation.report.writing import Written


@reporting
def report(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN…", help="Run folders; else the newest run.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="DIR",
            help="Where to: by default `report` in the run's folder, of several runs a folder beside them.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="COLUMN",
            help="The column of items.parquet that holds categories; by default that of the suite.",
            show_default=False,
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="By default the names of the runs.", show_default=False),
    ] = None,
    link: Annotated[
        bool,
        typer.Option(
            "--link", help="Show the pictures in the run folders, which then must stay where they are."
        ),
    ] = False,
    most: Annotated[
        int,
        typer.Option("--max-images", metavar="N", min=0, help="Show N pictures of each output at most."),
    ] = 20_000,
    runs: Annotated[
        Path, typer.Option("--runs", metavar="DIR", help="Where the newest run is looked for.")
    ] = Path("runs"),
) -> None:
    """Write a report to look at: scores with their intervals, sweeps, pictures, failures, how it was made.

    The folder holds everything, asks for no network and opens from the disk; several runs are shown side by
    side and compared. The same command again makes only what is missing.
    """
    from .. import registry
    from ..evaluation.report.writing import usual_folder, write_report
    from ..evaluation.results.run_folder import read_run
    from .counting import Counting

    found = [read_run(folder) for folder in folders or [newest_run(runs)]]
    with Counting("pictures") as count:
        written = write_report(
            found,
            out or usual_folder(found),
            by=by,
            title=title,
            link=link,
            most=most,
            types=registry().types,
            progress=count,
        )
    _say_what_is_not_shown(written)
    typer.echo(str(written.page))


def _say_what_is_not_shown(written: Written) -> None:
    words = {
        "damaged": "damaged",
        "lost": "not there",
        "left_out": "left out, as --max-images says",
    }
    for state, said in words.items():
        number = sum(getattr(counts, state) for counts in written.counts)
        if number:
            say(f"{number:,} {'picture is' if number == 1 else 'pictures are'} {said}")
