"""``mezzotint run``: make everything a graph gives, into a run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .execute import TRACE, execute
from .options import Batches, Eaches, Folder, Inputs, Nodes, Sets, open_graph
from .redraw import Redraw, is_picture, open_picture
from .statuses import Status, reporting, show_problems


@reporting
def run(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The graph file (YAML), or a picture that carries its graph.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="The run folder itself.", show_default=False),
    ] = None,
    runs: Annotated[
        Path, typer.Option("--runs", metavar="DIR", help="Where run folders go, named after the graph.")
    ] = Path("runs"),
    sets: Sets = None,
    eaches: Eaches = None,
    inputs: Inputs = None,
    nodes: Nodes = None,
    batch: Batches = "auto",
    profile: Annotated[
        bool,
        typer.Option(
            "--profile",
            help="Show the time by node, and leave a trace in the run folder; ui.perfetto.dev shows it.",
        ),
    ] = False,
    trace: Annotated[
        Path | None,
        typer.Option("--trace", metavar="FILE", help="Profile, with the trace in FILE.", show_default=False),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make everything anew, whatever is stored.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed in an earlier run of this graph.")
    ] = False,
    max_failures: Annotated[
        int | None,
        typer.Option(
            "--max-failures",
            metavar="N",
            min=1,
            help="Stop the run once N items have failed in it; what is finished is kept.",
            show_default=False,
        ),
    ] = None,
    store: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an event, on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Draw a picture again without being asked.")] = False,
) -> None:
    """Run a graph and leave pictures, scores and a table of all items in a run folder.

    The same command again makes only what is missing, and leaves alone what failed. Exits with status 3
    when some items failed.

    A picture that mezzotint wrote carries its graph: it is shown, drawn again once you agree, and compared.
    """
    from ..graphs.profile import Profile, Tracer
    from ..graphs.running import Settings
    from .timings import leave_trace

    picture = Redraw.of(file) if is_picture(file) else None
    if picture is None:
        graph = open_graph(file, sets, eaches, inputs, nodes)
    else:
        graph = open_picture(picture, sets, eaches, inputs, nodes, yes=yes, quiet=quiet)
    if not quiet:
        show_problems(list(graph.check().warnings), word="warning: ")
    tracer = Profile() if profile or trace else Tracer()
    settings = Settings(
        batch=batch, fresh=fresh, retry_failed=retry_failed, max_failures=max_failures, tracer=tracer
    )
    summary = execute(
        graph, settings, out=out, runs=runs, store=store, trace=trace, as_json=as_json, quiet=quiet
    )
    if not (as_json or quiet):
        summary.show()
    compared = picture.compare(summary.folder) if picture and not summary.outcome.failures else None
    if compared and as_json:
        typer.echo(json.dumps(compared.record()))
    elif compared and not quiet:
        stored = "" if summary.made else " (found in the store; --fresh draws it anew)"
        typer.echo(f"{compared.sentence}{stored}")
    leave_trace(tracer, trace or summary.folder / TRACE, quiet=as_json or quiet)
    if summary.outcome.failures:
        if not as_json:
            summary.show_failures()
        raise typer.Exit(Status.ITEMS_FAILED)
