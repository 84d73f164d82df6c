"""What several commands take: the graph file, values from outside, files of nodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..graphs.program.graph import Graph

File = Annotated[Path, typer.Argument(metavar="FILE", help="The graph file (YAML).", show_default=False)]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Give an input a value, or an option of a node: node.option=value. Wins over --inputs.",
        show_default=False,
    ),
]
Eaches = Annotated[
    list[str] | None,
    typer.Option(
        "--each",
        metavar="NAME=A,B,C",
        help=r'Give an input each of several values: a,b,c, or \["a", "b, c"], or {file: prompts.txt}, '
        "or {range: 4}.",
        show_default=False,
    ),
]
Inputs = Annotated[
    Path | None,
    typer.Option(
        "--inputs",
        metavar="FILE",
        help="A YAML file of values for inputs: plain values, or {each: …}.",
        show_default=False,
    ),
]
Nodes = Annotated[
    list[Path] | None,
    typer.Option(
        "--nodes",
        metavar="FILE",
        help="A Python file of further node types. Its code is run.",
        show_default=False,
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="The store, unless it is the usual one.", show_default=False),
]


def _batch(text: str) -> int | str:
    """A micro-batch size as it is written on the command line."""
    if text == "auto":
        return text
    if not (text.isdecimal() and int(text) >= 1):
        raise typer.BadParameter(f"{text!r} is neither a whole number from 1 nor auto")
    return int(text)


Batches = Annotated[
    Any,
    typer.Option(
        "--batch",
        metavar="N|auto",
        parser=_batch,
        help="Most items in one call of a node; auto finds the fastest size and remembers it.",
    ),
]


def open_graph(
    file: Path,
    sets: list[str] | None,
    eaches: list[str] | None,
    inputs: Path | None,
    nodes: list[Path] | None,
) -> Graph:
    """The graph of a file with the values from outside put in; GraphError says what can't be."""
    from .. import load
    from ..graphs.problem import Place, fail
    from .overrides import read_overrides
    from .redraw import is_picture

    if is_picture(file):
        hint = (
            f"`mezzotint show {file}` shows the graph that it carries, `mezzotint run {file}` draws it again"
        )
        raise fail(Place(str(file), 0), "this is a picture, not a graph file", hint)
    graph = load(file, nodes=nodes or ())
    return graph.override(read_overrides(inputs, sets or (), eaches or ()))
