"""Runs a graph inside ComfyUI: inputs that stay inside their folder, progress, previews, interruption."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...graphs.digest import file_digest
from ...graphs.grammar import Each, InputSpec
from ...graphs.keys import Keys
from ...graphs.problem import GraphError, Place
from ...graphs.program.graph import Graph
from ...graphs.program.outputs import Results
from ...graphs.program.watching import Preview, RunProgress
from ...graphs.resolved import axes_digest
from ...graphs.source import Tree, read_text
from ...graphs.spec import parse_value
from .graph_files import input_folder, output_folder
from .progress import PREVIEW_SIZE, previews

#: Run folders lie below it, in ComfyUI's output folder.
RUNS = "mezzotint"
#: Parts of a progress bar that one item is.
PARTS = 1000


def setting(name: str, content: Any) -> InputSpec:
    """An input as a canvas gives it; files that it names are looked for in ComfyUI's input folder.

    Raises ValueError for a file or folder outside of it: who may queue a workflow may not read all there is.
    """
    folder = input_folder()
    spec = parse_value(Tree.of(content, Place(f"the input {name}", 0)), name, folder)
    for path in _named(spec.each):
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name}: {path} is outside of ComfyUI's input folder {folder}; put it there")
    return spec


def written(text: str) -> Mapping[str, Tree]:
    """Values for inputs, by name, written as YAML; GraphError, with line and column, for what is none."""
    if not text.strip():
        return {}
    tree = read_text(text, "inputs")
    if not tree.is_mapping:
        raise ValueError(f"inputs: expected a mapping such as `steps: 4`, and this is {tree.kind}")
    entries: Mapping[str, Tree] = tree.value
    return entries


def fingerprint(graph: Graph) -> str:
    """Names what a graph makes without values from outside: its nodes, and what the files it names hold."""
    digest = hashlib.blake2b(file_digest(Path(graph.spec.place.file)).encode(), digest_size=16)
    try:
        checked = graph.check()
        checked.require_complete()
    except GraphError:  # what is missing may come in when it runs, and what is wrong is told then
        return digest.hexdigest()
    keys = Keys(checked)
    digest.update(axes_digest(checked).encode())
    for step in checked.steps.values():
        digest.update(keys.digest_of(step))
    return digest.hexdigest()


def watched(graph: Graph, *, save: bool) -> Results:
    """Run a graph; ComfyUI shows how far it is, with a picture of what is being drawn, and can interrupt it.

    ``save`` also leaves a run folder below :data:`RUNS`. What is finished when it is interrupted stays
    stored. Outside ComfyUI it just runs.
    """
    out = output_folder() / RUNS / f"{graph.spec.name}-{fingerprint(graph)[:8]}" if save else None
    if "comfy.utils" not in sys.modules or "comfy.model_management" not in sys.modules:
        return graph.run(out=out)
    utils: Any = sys.modules["comfy.utils"]
    management: Any = sys.modules["comfy.model_management"]
    bar = utils.ProgressBar(PARTS)
    told: list[Any] = []

    def progress(now: RunProgress) -> None:
        management.throw_exception_if_processing_interrupted()
        share = now.step / now.steps if now.steps else 0.0
        done = (now.run_done + share) / max(now.run_to_do, 1)
        bar.update_absolute(min(int(done * PARTS), PARTS), PARTS, told.pop() if told else None)

    def preview(made: Preview) -> None:
        told[:] = [("JPEG", made.picture, PREVIEW_SIZE)]

    return graph.run(progress=progress, preview=preview if previews() else None, out=out)


def _named(each: Each | None) -> Iterator[Path]:
    """The files and folders that an axis is read from."""
    if each is None:
        return
    yield from (path for path in (each.file, each.folder) if path is not None)
    for part in (each.zip or {}).values():
        yield from _named(part)
