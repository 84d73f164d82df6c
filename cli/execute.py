"""Running a graph into a folder under watch: progress, interruptions, and how to go on after one."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .statuses import say
from .stopping import Stopping

if TYPE_CHECKING:
    from ..graphs.program.graph import Graph
    from ..graphs.running import Settings
    from .progress import Silent
    from .summary import Summary

#: The file of a run folder that a profile goes to, unless it is told otherwise.
TRACE = "trace.json"


def execute(
    graph: Graph,
    settings: Settings,
    *,
    out: Path | None,
    runs: Path,
    store: Path | None,
    trace: Path | None = None,
    as_json: bool = False,
    quiet: bool = False,
) -> Summary:
    """Run a graph; neither its summary nor its trace is shown yet.

    Where the run is interrupted it ends the command, and leaves the trace of what there was, in ``trace``.
    """
    from ..graphs.calls import Interrupted
    from ..graphs.running import TooManyFailures
    from ..graphs.store import Store
    from .progress import JsonLines
    from .summary import Summary
    from .timings import leave_trace

    started = time.monotonic()
    on_terminal = sys.stderr.isatty() and not (as_json or quiet)
    stopping = Stopping(announce=not on_terminal)
    watching = _watching(stopping, as_json=as_json, quiet=quiet, on_terminal=on_terminal)
    complete = True
    try:
        with Store(store) as opened, stopping, watching:
            folder, outcome = graph.run_to_folder(
                out, root=runs, store=opened, settings=settings, report=watching, should_stop=stopping
            )
    except TooManyFailures as stop:
        folder, outcome, complete = stop.folder, stop.outcome, False
    except Interrupted as stop:
        if isinstance(watching, JsonLines):
            watching.write({"event": "interrupted", "exit_status": int(stopping.status)})
        if not stopping.pipe_closed:
            tallies = watching.tally.nodes.values()
            made, total = sum(node.made for node in tallies), sum(node.total for node in tallies)
            say(f"Stopped: {made:,} of {total:,} items made, all of them kept. To go on:")
            # Made anew already: a second --fresh would begin at the beginning, and so with what failed.
            done = ("--fresh", "--retry-failed")
            say(f"    mezzotint {shlex.join(part for part in sys.argv[1:] if part not in done)}")
        leave_trace(settings.tracer, trace or stop.folder / TRACE, quiet=as_json or quiet)
        raise typer.Exit(stopping.status) from None
    summary = Summary(folder, outcome, watching.tally.plan, time.monotonic() - started, complete)
    if isinstance(watching, JsonLines):
        watching.write(summary.record())
    return summary


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
