"""``mezzotint export``: the scores and items of a run for other tools."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .statuses import reporting, say
from .terminal import count

if TYPE_CHECKING:
    import pyarrow

    from ..evaluation.exporting.table_files import Format
    from ..evaluation.results.run_folder import Run


class To(str, Enum):
    """What a run can be exported to."""

    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"
    wandb = "wandb"
    mlflow = "mlflow"


@reporting
def export(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.", show_default=False)],
    to: Annotated[
        To, typer.Option("--to", help="Files of tables, or a tracker of experiments.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="DIR",
            help="The folder that gets scores.csv and items.csv (or .jsonl, .parquet); of wandb, its files.",
            show_default="RUN/export",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="COLUMN",
            help="Also a score for each category of this column of the items; '' for none.",
            show_default="the suite's categories",
        ),
    ] = None,
    project: Annotated[
        str, typer.Option("--project", metavar="NAME", help="The project (wandb) or experiment (mlflow).")
    ] = "mezzotint",
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="What the tracker calls the run.",
            show_default="the run's name and digest",
        ),
    ] = None,
    pictures: Annotated[
        int,
        typer.Option("--pictures", metavar="N", min=0, help="How many pictures a tracker is given at most."),
    ] = 32,
    offline: Annotated[
        bool, typer.Option("--offline", help="wandb: write files only, for a later `wandb sync`.")
    ] = False,
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            "--tracking-uri",
            metavar="URI",
            help="mlflow: a server, a database such as sqlite:///mlflow.db, or a folder.",
            show_default="MLFLOW_TRACKING_URI",
        ),
    ] = None,
) -> None:
    """Write the scores and items of a run as long tables, or log them to a tracker of experiments.

    The table of scores has a row for every score at every setting, and category: value, standard error, 95 %
    interval, n, clusters, what is missing or flagged, method and protocol. In CSV, text that a spreadsheet
    would take for a formula gets ' before it; JSON lines and Parquet hold it as it is.
    """
    from ..evaluation.exporting.score_table import score_table
    from ..evaluation.exporting.to_mlflow import to_mlflow
    from ..evaluation.exporting.to_wandb import to_wandb
    from ..evaluation.exporting.tracked import tracked
    from ..evaluation.results.categories import category_column
    from ..evaluation.results.run_folder import read_run
    from ..evaluation.results.scores import scores_and_absences

    run = read_run(folder)
    by = category_column(run) if by is None else by or None
    found, absent = scores_and_absences(run, by)
    table = score_table(run, found, absent)
    if not run.complete:
        say(f"{folder}: not finished; this is what is there")
    if to is To.wandb or to is To.mlflow:
        what = tracked(run, found, table, pictures)
        if to is To.wandb:
            where = to_wandb(what, project, name, offline=offline, folder=out)
        else:
            where = to_mlflow(what, project, name, uri=tracking_uri)
        typer.echo(f"{count(len(found), 'score')} logged to {where}")
        return
    _write(run, table, out or folder / "export", to.value)


def _write(run: Run, scores: pyarrow.Table, folder: Path, kind: Format) -> None:
    from ..evaluation.exporting.table_files import write_table

    changed = 0
    for name, table in (("score", scores), ("item", run.items)):
        path = folder / f"{name}s.{kind}"
        changed += write_table(table, path, kind)
        typer.echo(f"{path}: {count(table.num_rows, name)}")
    if changed:
        say(
            f"{count(changed, 'cell')} would be a formula to a spreadsheet and got ' before it; jsonl and "
            "parquet hold all as it is"
        )
