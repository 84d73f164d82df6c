"""``mezzotint plan --why``: which part of a node's key changed since the last run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .run_folders import newest_run
from .terminal import count

if TYPE_CHECKING:
    from ..evaluation.results.run_record import RunRecord
    from ..graphs.check import CheckedGraph
    from ..graphs.explain import Cause
    from ..graphs.plan import Plan

#: As many steps as a line names before it counts the rest.
_MOST_NAMES = 8


def show_why(graph: CheckedGraph, planned: Plan, node: str, runs: Path, since: Path | None) -> None:
    """Write to stdout what changed in a node since a run, the newest of this graph unless one is named.

    GraphError for a node that isn't in the graph, and where there is no run to compare with.
    """
    from ..evaluation.results.run_record import read_record
    from ..graphs.explain import causes, made_of
    from ..graphs.keys import Keys
    from ..graphs.parts import Parts, parts_of
    from ..graphs.problem import fail, nearest
    from ..graphs.record import PARTS

    if node not in graph.steps:
        raise fail(None, f"--why: the graph has no node {node!r}", nearest(node, graph.steps))
    folder = since or newest_run(runs, graph.spec.name)
    record = read_record(folder)
    now = parts_of(graph, Keys(graph))
    found = causes(Parts.read(folder / PARTS), now, node)
    line = planned.steps[node]
    typer.echo(f"{node}: {count(line.items, 'item')}, {line.to_do:,} to do; compared with {folder}")
    if not found:
        typer.echo(f"  nothing in it changed{_but(line.to_do, record)}")
    for cause in found:
        followers = made_of(now, cause.path[-1])
        if cause.order:  # it changes those alone that mind it, such as a sheet of pictures
            followers = [name for name in followers if planned.steps[name].to_do]
        _show(cause, followers)


def _show(cause: Cause, followers: list[str]) -> None:
    typer.echo(f"  {cause.path[-1]}: {cause.what}")
    if followers:
        rest = len(followers) - _MOST_NAMES
        listed = ", ".join(followers[:_MOST_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")
        typer.echo(f"      so {listed} {'changes' if len(followers) == 1 else 'change'} too")


def _but(to_do: int, record: RunRecord) -> str:
    if not to_do:
        return ""
    if not record.complete:
        return "; that run was not finished"
    return "; what is to do failed there, isn't kept, or is no longer in the store"
