"""``mezzotint convert``: a workflow of ComfyUI as a graph file, or a graph as a workflow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Eaches, Inputs, Nodes, Sets, open_graph
from .statuses import reporting, say

if TYPE_CHECKING:
    from ..graphs.check import CheckedGraph

#: How graph files end; whatever else there is, is a workflow or a picture that carries one.
_GRAPHS = (".yaml", ".yml")


@reporting
def convert(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A workflow (JSON in the API format), a picture that carries one, or a graph file (YAML).",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where to; else stdout.", show_default=False),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            metavar="DIR",
            help="ComfyUI's models folder: checkpoints, upscalers and input pictures are looked for there.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Of a graph, a workflow for every point, in the folder that -o names."),
    ] = False,
    sets: Sets = None,
    eaches: Eaches = None,
    inputs: Inputs = None,
    nodes: Nodes = None,
) -> None:
    """Convert a workflow of ComfyUI to a graph, or a graph to a workflow.

    Only what means the same is converted. What has no equal is listed by node, with the reason; then the
    status is 2 and nothing is written. What differs all the same, such as noise, is said.
    """
    from ..graphs.problem import Place, fail

    is_graph = file.suffix.lower() in _GRAPHS
    values = [name for name, given in (("--set", sets), ("--each", eaches), ("--inputs", inputs)) if given]
    if not is_graph and (values or every):
        what = f"{[*values, '--all'][0]} goes with a graph file, and this is none"
        raise fail(Place(str(file), 0), what, f"a graph file ends in {' or '.join(_GRAPHS)}")
    if every and out is None:
        raise fail(None, "--all makes several files", "say -o FOLDER")
    if models is not None and not models.is_dir():
        raise fail(None, f"--models {models} is no folder", "it is ComfyUI's folder of that name")
    if is_graph:
        graph = open_graph(file, sets, eaches, inputs, nodes).check()
        _write_all(graph, models, out) if every and out is not None else _write_first(graph, models, out)
    else:
        _write_graph(file, models, out, nodes)


def _write_graph(file: Path, models: Path | None, out: Path | None, nodes: list[Path] | None) -> None:
    from .. import registry
    from ..graphs.check import check
    from ..graphs.source import read_text
    from ..graphs.spec import parse_spec
    from ..integrations.comfyui.workflows.reading import read_workflow
    from ..integrations.comfyui.workflows.to_graph import to_graph

    known = registry(nodes or ())
    name = str(out or file)
    converted = to_graph(read_workflow(file), known, models, Path(name).parent)
    text = converted.text
    check(parse_spec(read_text(text, name), Path(name).stem, Path(name).parent), known)
    _put(text, out)
    _say(converted.notes)


def _write_first(graph: CheckedGraph, models: Path | None, out: Path | None) -> None:
    from ..integrations.comfyui.workflows.to_workflow import to_workflow

    converted = to_workflow(graph, models)
    _put(_text(converted.workflow), out)
    _say(converted.notes)


def _write_all(graph: CheckedGraph, models: Path | None, folder: Path) -> None:
    """One file a point, named by its place on every axis; nothing is written before all are made."""
    from ..graphs.file_names import indices
    from ..integrations.comfyui.workflows.to_workflow import to_workflows

    lengths = {name: len(axis) for name, axis in graph.axes.items()}
    notes: dict[str, None] = {}
    texts = {}
    for converted in to_workflows(graph, models):
        texts[f"{indices(converted.point, lengths)}.json"] = _text(converted.workflow)
        notes.update(dict.fromkeys(converted.notes))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    typer.echo(f"{folder}: {len(texts)} workflow{'s' if len(texts) > 1 else ''}")
    _say(tuple(notes))


def _text(workflow: Mapping[str, Any]) -> str:
    return json.dumps(workflow, indent=2, ensure_ascii=False) + "\n"


def _put(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, "utf-8")
    typer.echo(str(out))


def _say(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}")
