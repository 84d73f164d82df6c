"""``mezzotint run``: make everything a graph gives, into a run folder."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Eaches, File, Folder, Inputs, Nodes, Sets, open_graph
from .statuses import Status, reporting, say, show_problems
from .stopping import Stopping

if TYPE_CHECKING:
    from .progress import Silent


@reporting
def run(
    file: File,
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
    batch: Annotated[
        int | None,
        typer.Option(
            "--batch",
            metavar="N",
            min=1,
            help="Most items in one call of a node; changes no result.",
            show_default=False,
        ),
    ] = None,
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
    store: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an event, on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Run a graph and leave pictures, scores and a table of all items in a run folder.

    The same command again makes only what is missing. Exits with status 3 when some items failed.
    """
    from ..graphs.calls import Interrupted
    from ..graphs.profile import Profile, Tracer
    from ..graphs.running import Settings
    from ..graphs.store import Store
    from .progress import JsonLines
    from .summary import Summary

    started = time.monotonic()
    graph = open_graph(file, sets, eaches, inputs, nodes)
    if not quiet:
        show_problems(list(graph.check().warnings), word="warning: ")
    on_terminal = sys.stderr.isatty() and not (as_json or quiet)
    stopping = Stopping(announce=not on_terminal)
    tracer = Profile() if profile or trace else Tracer()
    watching = _watching(stopping, as_json=as_json, quiet=quiet, on_terminal=on_terminal)
    try:
        with Store(store) as opened, stopping, watching:
            folder, outcome = graph.run_to_folder(
                out,
                root=runs,
                store=opened,
                settings=Settings(batch=batch, fresh=fresh, tracer=tracer),
                report=watching,
                should_stop=stopping,
            )
    except Interrupted:
        if isinstance(watching, JsonLines):
            watching.write({"event": "interrupted", "exit_status": int(stopping.status)})
        if not stopping.pipe_closed:
            tallies = watching.tally.nodes.values()
            made, total = sum(node.made for node in tallies), sum(node.total for node in tallies)
            say(f"Stopped: {made:,} of {total:,} items made, all of them kept. To go on:")
            # Made anew already: a second --fresh would begin at the beginning.
            say(f"    mezzotint {shlex.join(part for part in sys.argv[1:] if part != '--fresh')}")
        raise typer.Exit(stopping.status) from None
    summary = Summary(folder, outcome, watching.tally.plan, time.monotonic() - started)
    if isinstance(watching, JsonLines):
        watching.write(summary.record())
    elif not quiet:
        summary.show()
    if isinstance(tracer, Profile):
        from .timings import show_timings

        path = trace or folder / "trace.json"
        tracer.write(path)
        if not (as_json or quiet):
            show_timings(tracer, path)
    if outcome.failures:
        if not as_json:
            summary.show_failures()
        raise typer.Exit(Status.ITEMS_FAILED)


def _watching(stopping: Stopping, *, as_json: bool, quiet: bool, on_terminal: bool) -> Silent:
    from .progress import JsonLines, Lines, Silent

    if as_json:
        return JsonLines(stopping)
    if quiet:
        return Silent()
    if on_terminal:
        from .bars import Bars

        return Bars(stopping)
    return Lines()
