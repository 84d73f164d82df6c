"""``mezzotint draw``: a picture of a graph, as Mermaid text, in the terminal, or as SVG."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Eaches, File, Inputs, Nodes, Sets, open_graph
from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from ..graphs.drawing.diagram import Diagram


class Format(str, Enum):
    """How a graph is drawn."""

    mermaid = "mermaid"
    text = "text"
    svg = "svg"


_BY_SUFFIX = {".mmd": Format.mermaid, ".mermaid": Format.mermaid, ".svg": Format.svg, ".txt": Format.text}


@reporting
def draw(
    file: File,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where to: .svg, .mmd or .txt.", show_default=False),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How: by default as FILE ends, a tree in a terminal, Mermaid in a pipe.",
            show_default=False,
        ),
    ] = None,
    sets: Sets = None,
    eaches: Eaches = None,
    inputs: Inputs = None,
    nodes: Nodes = None,
) -> None:
    """Draw a graph: nodes with their axes, edges with the type that travels, reducers set apart."""
    from ..graphs.drawing.checked_diagram import diagram

    chosen = form or _usual(out)
    graph = open_graph(file, sets, eaches, inputs, nodes).check()
    drawn = diagram(graph)
    title = graph.spec.name
    if out is None:
        _print(drawn, chosen, title)
        return
    with out.open("w", encoding="utf-8") as opened:
        if chosen is Format.text:
            from rich.console import Console

            from .tree import tree

            Console(file=opened, width=200, highlight=False).print(tree(drawn, title))
        else:
            opened.write(_text(drawn, chosen, title))
    typer.echo(str(out))


def _usual(out: Path | None) -> Format:
    if out is None:
        return Format.text if sys.stdout.isatty() else Format.mermaid
    found = _BY_SUFFIX.get(out.suffix.lower())
    if found is None:
        say(f"{out}: no drawing ends in {out.suffix or 'nothing'!r}")
        say(f"    end it in {', '.join(_BY_SUFFIX)}, or say --format")
        raise typer.Exit(Status.MISTAKE)
    return found


def _print(drawn: Diagram, chosen: Format, title: str) -> None:
    if chosen is Format.text:
        from .terminal import write
        from .tree import tree

        write(tree(drawn, title))
    else:
        typer.echo(_text(drawn, chosen, title), nl=False)


def _text(drawn: Diagram, chosen: Format, title: str) -> str:
    if chosen is Format.svg:
        from ..graphs.drawing.svg import svg

        return svg(drawn, title)
    from ..graphs.drawing.mermaid import mermaid

    return mermaid(drawn)
