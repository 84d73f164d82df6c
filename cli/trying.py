"""``mezzotint try``: the first minute, with nothing but what the package carries."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .comparison import Comparison
from .execute import execute
from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from ..graphs.program.graph import Graph
    from .summary import Summary

GRAPH = "try.yaml"


@reporting
def try_(
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Write the graph to FILE instead.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="The run folder itself.", show_default=False),
    ] = None,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where the run folder goes.")] = Path(
        "runs"
    ),
) -> None:
    """Draw eight prompts with two settings and compare them: no file, no key, no download.

    Takes about a minute with the bundled starter, a toy model that knows coloured shapes and nothing else.
    """
    text = read_graph()
    if save is not None:
        _save(text, save)
        return
    from ..graphs.running import Settings

    summary = execute(_graph(text), Settings(), out=out, runs=runs, store=None)
    _show(summary, text)
    if summary.outcome.failures:
        summary.show_failures()
        raise typer.Exit(Status.ITEMS_FAILED)


def read_graph() -> str:
    """The text of the graph that the package carries."""
    return (files(__package__) / GRAPH).read_text("utf-8")


def _graph(text: str) -> Graph:
    from .. import registry
    from ..graphs.program.graph import Graph
    from ..graphs.source import read_text
    from ..graphs.spec import parse_spec
    from ..nodes.device import TorchDevice

    spec = parse_spec(read_text(text, GRAPH), Path(GRAPH).stem, Path())
    return Graph(spec, registry(), TorchDevice)


def _save(text: str, path: Path) -> None:
    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        say(f"{path} is there already, and nothing was written")
        say("    name another file")
        raise typer.Exit(Status.MISTAKE) from None
    typer.echo(f"{path}: run it with `mezzotint run {path}`, with a model of yours by")
    typer.echo(f"    mezzotint run {path} --set checkpoint=owner/name")


def _show(summary: Summary, text: str) -> None:
    from rich.text import Text

    from .inline import show_inline
    from .terminal import duration, write

    found = comparison(summary.folder)
    sheet = next(iter(sorted((summary.folder / "images" / "sheet").glob("*.png"))), None)
    if made := _made_and_stored(summary):
        typer.echo(f"{made} items made in {duration(summary.seconds)}, in {summary.folder}")
    else:
        typer.echo(f"all stored: {summary.reused} items, in {summary.folder} ({duration(summary.seconds)})")
    if sheet is not None:
        show_inline(sheet)
        typer.echo(f"the pictures on one sheet: {sheet}")
    typer.echo()
    write(found.table(), Text(f"\n{found.sentence()}"))
    typer.echo(f"\nThe graph that made this ({GRAPH}; `mezzotint try --save {GRAPH}` copies it out):\n")
    typer.echo("".join(f"    {line}\n" for line in text.splitlines()))
    write(
        Text(
            "The starter is a toy world of coloured shapes. For a real model name a folder or a hub id: "
            f"`mezzotint try --save {GRAPH}`, then `mezzotint run {GRAPH} --set checkpoint=owner/name`."
        )
    )


def _made_and_stored(summary: Summary) -> int:
    """How many of the items that were made the next run will find; a loaded model is none of them."""
    assert summary.plan is not None
    stored = {name for name, line in summary.plan.steps.items() if line.step.keep == "disk"}
    return sum(number for name, number in summary.outcome.made.items() if name in stored)


def comparison(folder: Path) -> Comparison:
    """The clip scores in a run folder of the graph, by guidance and prompt."""
    import pyarrow.parquet

    scores: dict[Any, dict[str, float]] = {}
    for row in pyarrow.parquet.read_table(folder / "items.parquet").to_pylist():
        if row["prompt"] is not None:
            known = scores.setdefault(row["guidance"], {})
            if row["clip_score"] is not None:
                known[row["prompt"]] = row["clip_score"]
    return Comparison("guidance", "CLIP score", scores)
