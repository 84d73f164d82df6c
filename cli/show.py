"""``mezzotint show``: a run's summary, from what it left behind; of a picture, the graph it carries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..graphs.holder import holder
from .run_folders import newest_run
from .statuses import reporting

if TYPE_CHECKING:
    from ..evaluation.results.run_record import RunRecord
    from .summary import Summary

#: What the last event of a run says that its folder can't tell later.
_OF_A_RUN_ITSELF = ("event", "exit_status", "stored", "failed_before")


@reporting
def show(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN",
            help="A run folder, or a picture; else the newest run.",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[
        Path, typer.Option("--runs", metavar="DIR", help="Where the newest run is looked for.")
    ] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show a run: what and when, whether it is complete, scores, failures, where the pictures are.

    Of a picture that mezzotint wrote it shows the graph that the file carries, as YAML.
    """
    from ..evaluation.results.run_record import read_record
    from .redraw import Redraw, is_picture

    if run is not None and is_picture(run):
        carried = Redraw.of(run)
        text = json.dumps(carried.carried.graph, ensure_ascii=False) if as_json else carried.yaml().rstrip()
        typer.echo(text)
        return
    folder = run if run is not None else newest_run(runs)
    record = read_record(folder)
    summary = summary_of(folder, record)
    pictures = count_pictures(folder)
    if as_json:
        told = {key: value for key, value in summary.record().items() if key not in _OF_A_RUN_ITSELF}
        kept = record.model_dump(mode="json", include={"name", "digest", "axes", "history"})
        typer.echo(
            json.dumps({**kept, **told, "running": holder(folder), "pictures": pictures}, ensure_ascii=False)
        )
        return
    _show(summary, record, pictures)


def _show(summary: Summary, record: RunRecord, pictures: Mapping[str, int]) -> None:
    from rich.text import Text

    from ..evaluation.results.run_folder import read_run
    from ..graphs.problem import GraphError
    from .scores import score_tables
    from .terminal import write

    summary.show(_about(summary, record, pictures))
    with suppress(GraphError):  # the summary has said why
        for table in score_tables(read_run(summary.folder)):
            write(Text(), table)
    if summary.outcome.failures:
        summary.show_failures()


def _about(summary: Summary, record: RunRecord, pictures: Mapping[str, int]) -> list[tuple[str, str]]:
    """What a run was, when it was, and where its pictures are."""
    from .terminal import count

    folder, entries = summary.folder, record.history
    lines = [("what", _description(folder))]
    if entries:
        again = f"; {count(len(entries), 'run')} in all" if len(entries) > 1 else ""
        lines.append(("when", f"{entries[-1].started.astimezone():%Y-%m-%d %H:%M}{again}"))
    lines.append(("state", _state(summary)))
    lines.append(("axes", " × ".join(f"{name} ({length:,})" for name, length in record.axes.items())))
    lines += [("pictures", f"{number:,} in {folder / 'images' / name}") for name, number in pictures.items()]
    return [(name, line) for name, line in lines if line]


def _state(summary: Summary) -> str:
    if running := holder(summary.folder):
        return f"running now: {running}"
    return "complete" if summary.complete else "not finished: the same command goes on"


def summary_of(folder: Path, record: RunRecord) -> Summary:
    """The summary of a run that ended earlier: all that its folder's runs made, and what failed at last."""
    from ..evaluation.results.run_record import failures_of
    from ..graphs.running import Outcome
    from .summary import Summary

    outcome = Outcome(failures=failures_of(folder), flags=Counter(record.flags))
    for entry in record.history:
        for name, step in entry.steps.items():
            outcome.made[name] += step.made
            outcome.seconds[name] += step.seconds
        outcome.damaged += entry.damaged
    for last in record.history[-1:]:
        outcome.skipped.update({name: step.skipped for name, step in last.steps.items()})
        outcome.peak_memory = last.peak_memory
    seconds = sum(entry.seconds for entry in record.history)
    return Summary(folder, outcome, None, seconds, complete=record.complete)


def count_pictures(folder: Path) -> dict[str, int]:
    """How many pictures each output has."""
    images = folder / "images"
    outputs = sorted(path for path in images.iterdir() if path.is_dir()) if images.is_dir() else []
    return {path.name: sum(1 for file in path.iterdir() if file.is_file()) for path in outputs}


def _description(folder: Path) -> str:
    from ..graphs.problem import GraphError
    from ..graphs.spec import read_spec

    try:
        return read_spec(folder / "graph.yaml").description
    except GraphError:
        return ""
