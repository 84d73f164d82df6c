"""``mezzotint plan``: what a run would make, and what it would find stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .completion import nodes_of_graph
from .options import Eaches, File, Folder, Inputs, Nodes, Sets, open_graph
from .statuses import Status, reporting, say, show_problems

if TYPE_CHECKING:
    from ..graphs.check import CheckedGraph, Step
    from ..graphs.plan import Plan, StepPlan


@reporting
def plan(
    file: File,
    sets: Sets = None,
    eaches: Eaches = None,
    inputs: Inputs = None,
    nodes: Nodes = None,
    store: Folder = None,
    why: Annotated[
        str | None,
        typer.Option(
            "--why",
            metavar="NODE",
            help="Say what changed in a node, or in what it is made of, since the last run.",
            autocompletion=nodes_of_graph,
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="RUN", help="The run that --why compares with.", show_default=False),
    ] = None,
    runs: Annotated[
        Path, typer.Option("--runs", metavar="DIR", help="Where --why looks for the last run of the graph.")
    ] = Path("runs"),
) -> None:
    """Show what a run would do: items of every node, how many are stored, how many are to do.

    Loads no model and uses no network; what depends on a model that isn't here is unknown until fetched.
    """
    from ..graphs.store import Store

    if since is not None and why is None:
        say("--since goes with --why NODE")
        raise typer.Exit(Status.MISTAKE)
    graph = open_graph(file, sets, eaches, inputs, nodes)
    checked = graph.check()
    show_problems(list(checked.warnings), word="warning: ")
    with Store(store) as opened:
        planned = graph.plan(opened)
    if why is not None:
        from .why import show_why

        show_why(checked, planned, why, runs, since)
        return
    _show(checked, planned)


def _show(graph: CheckedGraph, planned: Plan) -> None:
    from .terminal import count, table, write

    lines = table(
        "node",
        "type",
        "axes",
        "items",
        "stored",
        "to do",
        numbers=("items", "stored", "to do"),
        folds="axes",
    )
    for name, line in planned.steps.items():
        lines.add_row(
            name,
            line.step.type.name,
            axes_of(graph, line.step),
            f"{line.items:,}",
            *_stored_and_to_do(line),
            style="dim" if not line.to_do else "",
        )
    lines.add_section()
    lines.add_row("total", "", "", f"{planned.items:,}", f"{planned.stored:,}", f"{planned.to_do:,}")
    write(lines)
    unknown = sum(line.unknown for line in planned.steps.values())
    if unknown:
        typer.echo(f"\n{count(unknown, 'item')} unknown until fetched: their model is not here yet.")
    elif not planned.to_do:
        typer.echo("\nNothing to make: all that the outputs need is stored.")


def _stored_and_to_do(line: StepPlan) -> tuple[str, str]:
    if line.unknown:
        return "unknown until fetched", f"{line.to_do:,}"
    # What is kept in memory only is made in every run that needs it.
    return f"{line.stored:,}" if line.step.keep == "disk" else f"({line.step.keep})", f"{line.to_do:,}"


def axes_of(graph: CheckedGraph, step: Step) -> str:
    """``prompt (8) × seed (4)``, and for a reducer what it takes away."""
    axes = " × ".join(f"{axis} ({len(graph.axes[axis])})" for axis in step.axes)
    over = f"over {', '.join(step.over)}" if step.over else ""
    return ", ".join(part for part in (axes, over) if part) or "–"
