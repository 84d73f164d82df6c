"""``mezzotint nodes``: the node types there are, and all about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .completion import node_types
from .options import Nodes
from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from ..graphs.registry import Registry


@reporting
def nodes(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A node type.", autocompletion=node_types, show_default=False),
    ] = None,
    nodes: Nodes = None,
) -> None:
    """List the node types, or show all about one: ports, options with types and defaults, an example."""
    from .. import registry
    from ..graphs.problem import nearest
    from .node_help import show_node

    found = registry(nodes or ())
    if name is None:
        _list(found)
        return
    wanted = name.partition("@")[0]
    if wanted not in found:
        say(f"there is no node type {name!r}")
        say(f"    {nearest(wanted, found.names())}")
        say("    `mezzotint nodes` lists them")
        _say_broken(found)
        raise typer.Exit(Status.MISTAKE)
    show_node(found[wanted])


def _list(registry: Registry) -> None:
    from rich.text import Text

    from .terminal import table, write

    lines = table("name", "what it does", "package", folds="what it does")
    for name in registry.names():
        declared = registry[name]
        lines.add_row(Text(name, style="bold"), Text(declared.summary), declared.package)
    write(lines)
    _say_broken(registry)
    for name, origins in registry.conflicts.items():
        holder, *others = origins
        say(f"warning: several packages declare {name!r}: {holder} has the name; by full name: {others}")


def _say_broken(registry: Registry) -> None:
    for package, why in registry.broken.items():
        say(f"warning: the package {package} is broken: {why}")
