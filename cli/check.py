"""``mezzotint check``: everything that is wrong with a graph file, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from .options import Eaches, File, Inputs, Nodes, Sets, open_graph
from .statuses import reporting, show_problems

if TYPE_CHECKING:
    from ..graphs.check import CheckedGraph


@reporting
def check(
    file: File, sets: Sets = None, eaches: Eaches = None, inputs: Inputs = None, nodes: Nodes = None
) -> None:
    """Check a graph file: names, types, options, axes. Loads no model.

    Lists all problems at once, each as file:line:column, and exits with status 2 when there are any.
    """
    graph = open_graph(file, sets, eaches, inputs, nodes).check()
    show_problems(list(graph.warnings), word="warning: ")
    typer.echo(f"{file}: {describe(graph)}")


def describe(graph: CheckedGraph) -> str:
    """One line about a graph that is right."""
    from .terminal import count

    axes = ", ".join(f"{name} ({len(axis)})" for name, axis in graph.axes.items())
    said = f"fine; {count(len(graph.steps), 'node')}, " + (
        f"{count(len(graph.axes), 'axis', 'axes')}: {axes}" if axes else "no axes"
    )
    missing = missing_inputs(graph)
    return f"{said}; still to be given: {', '.join(missing)}" if missing else said


def missing_inputs(graph: CheckedGraph) -> list[str]:
    """Names of the inputs and open graphs without which the graph can't run."""
    from ..graphs.draft import Unset

    places = {problem.place for problem in graph.unset}
    unset = [
        name for name, given in graph.inputs.items() if isinstance(given, Unset) and given.place in places
    ]
    opened = [name for name, given in graph.spec.inputs.items() if given.interface and given.place in places]
    return [*opened, *unset]
