"""``mezzotint schema``: what an editor needs to complete and check graph files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .options import Nodes
from .statuses import reporting, say


@reporting
def schema(
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where to; else stdout.", show_default=False),
    ] = None,
    nodes: Nodes = None,
    metrics: Annotated[
        bool,
        typer.Option("--metrics", help="That of a run's metrics.json instead, for programs that read it."),
    ] = False,
) -> None:
    """Write the JSON Schema of graph files, with the ports, options and help of every node type here.

    An editor with a YAML language server completes and checks by it. It reads the first line of a graph file:

    # yaml-language-server: $schema=mezzotint.schema.json
    """
    from .. import registry
    from ..evaluation.results.metrics_file import metrics_schema
    from ..graphs.schema import graph_schema
    from ..graphs.store import write_atomically

    if metrics:
        text = json.dumps(metrics_schema(), indent=2, ensure_ascii=False) + "\n"
        if out is None:
            typer.echo(text, nl=False)
        else:
            write_atomically(out, text.encode())
        return
    found = registry(nodes or ())
    for package, why in found.broken.items():
        say(f"warning: the package {package} is broken, so its nodes are left out: {why}")
    text = json.dumps(graph_schema(found.types), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    write_atomically(out, text.encode())
    typer.echo(f"{out}: {len(found.names())} node types; let a graph file begin with")
    typer.echo(f"    # yaml-language-server: $schema={out}")
