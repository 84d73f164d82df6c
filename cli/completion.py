"""What a shell offers where a name of a node or of a node type is due."""

from __future__ import annotations

from pathlib import Path

import typer


def node_types(incomplete: str) -> list[tuple[str, str]]:
    """Names of node types that begin so, with what they do."""
    from .. import registry

    found = registry()
    return [(name, found[name].summary) for name in found.names() if name.startswith(incomplete)]


def packages(incomplete: str) -> list[str]:
    """Names of packages of nodes that begin so."""
    from .. import registry

    return [name for name in registry().packages if name.startswith(incomplete)]


def nodes_of_graph(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Names of nodes in the graph file on the line that begin so, with their types; none if it is wrong."""
    from ..graphs.problem import GraphError
    from ..graphs.spec import read_spec

    # While an option is being typed, what stands before it isn't told from one.
    file = context.params.get("file") or next(
        (word for word in context.args if not word.startswith("-")), None
    )
    if file is None:
        return []
    try:
        nodes = read_spec(Path(file)).nodes
    except GraphError:
        return []
    return [(name, node.use) for name, node in nodes.items() if name.startswith(incomplete)]
