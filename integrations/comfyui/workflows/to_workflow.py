"""A graph as a workflow of ComfyUI, at one point of its axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from ....graphs.check import CheckedGraph, Step
from ....graphs.draft import Output, Source
from ....graphs.problem import GraphError, Problems, fail
from ....graphs.types import PlainType
from ....graphs.values import Point
from ....nodes.conditioning import ConditioningType
from ....nodes.image_files import PictureFilesType
from ....nodes.latents import LatentsType
from ....nodes.model import ModelType
from ....nodes.pictures import ImagesType
from . import our_classes
from .batches import batch_axis
from .models_folder import ModelsFolder
from .our_nodes import shows
from .stock_equals import EQUALS
from .stock_pictures import PREVIEW
from .writing import Writing, before_feeding, feeds

#: More workflows than this are no set to click through.
MOST_WORKFLOWS = 10_000


@dataclass(frozen=True)
class ConvertedWorkflow:
    """A workflow in plain data, the point of the graph that it is, and in words what differs.

    ``batch`` is the axis that became a batch, if one did.
    """

    workflow: Mapping[str, Any]
    point: Point
    notes: tuple[str, ...]
    batch: str | None = None


def to_workflow(graph: CheckedGraph, models: Path | None = None) -> ConvertedWorkflow:
    """The workflow of the first point; GraphError lists what has no equal."""
    graph.require_complete()
    first = dict.fromkeys(graph.axes, 0)
    stock = _stock_steps(graph, first)
    converted = _written(graph, first, batch_axis(graph, stock), stock, ModelsFolder(models))
    chosen = [
        f"{name}: the first of {len(axis)} values, as a workflow holds one."
        for name, axis in graph.axes.items()
        if len(axis) > 1 and name != converted.batch
    ]
    return replace(converted, notes=(*chosen, *converted.notes))


def to_workflows(graph: CheckedGraph, models: Path | None = None) -> Iterator[ConvertedWorkflow]:
    """A workflow for every point, the last axis fastest; GraphError where they are too many.

    Seeds that count up and that only stock samplers take, at every point, are one batch of ComfyUI's, and no
    axis any more.
    """
    graph.require_complete()
    batch = batch_axis(graph, _stock_steps(graph, dict.fromkeys(graph.axes, 0)))
    if batch is not None and any(
        batch_axis(graph, _stock_steps(graph, point)) != batch for point in _points(graph, batch)
    ):
        batch = None
    for point in _points(graph, batch):
        yield _written(graph, point, batch, _stock_steps(graph, point), ModelsFolder(models))


def _points(graph: CheckedGraph, batch: str | None) -> Iterator[Point]:
    lengths = {name: 1 if name == batch else len(axis) for name, axis in graph.axes.items()}
    if prod(lengths.values()) > MOST_WORKFLOWS:
        what = f"{prod(lengths.values()):,} workflows; {MOST_WORKFLOWS:,} are the most"
        raise fail(graph.spec.place, what, "run the graph itself, or give its inputs fewer values")
    for indices in product(*map(range, lengths.values())):
        yield dict(zip(lengths, indices, strict=True))


def _written(
    graph: CheckedGraph, point: Point, batch: str | None, stock: set[str], models: ModelsFolder
) -> ConvertedWorkflow:
    to = Writing(graph, point, batch, models)
    problems = Problems()
    failed: set[str] = set()
    for step in graph.steps.values():
        if feeds(graph, step):
            continue
        if any(output.step in failed for output in _inputs(graph, step)):
            failed.add(step.name)
            continue
        try:
            _reduces_one_set(graph, step, batch)
            if step.name in stock:
                EQUALS[step.type.name].write(to, step)
            elif any(isinstance(kind, PictureFilesType) for kind in step.type.outputs.values()):
                reason = EQUALS[step.type.name].reason(step, point)
                raise fail(step.place, f"{step.name} ({step.type.name}) has no equal", reason)
            else:
                our_classes.write(to, step)
        except GraphError as error:
            problems.extend(error.problems)
            failed.add(step.name)
    for name, source in graph.outputs.items():
        if not (isinstance(source, Output) and source.step in failed):
            try:
                _output(to, name, source)
            except GraphError as error:
                problems.extend(error.problems)
    problems.raise_if_any()
    _say_what_differs(to)
    return ConvertedWorkflow(to.nodes, point, tuple(to.notes), batch)


def _inputs(graph: CheckedGraph, step: Step) -> Iterator[Output]:
    for output in step.inputs():
        source = before_feeding(graph, output)
        if isinstance(source, Output):
            yield source


def _say_what_differs(to: Writing) -> None:
    if to.batch is not None:
        to.note(
            f"{to.batch}: its {to.batch_size} seeds are a batch, whose pictures share one draw of noise in "
            "ComfyUI: the first is the same, the others are not."
        )
    if any(step.timeout is not None for step in to.graph.steps.values()):
        to.note("ComfyUI has no timeouts.")


def _output(to: Writing, name: str, source: Source) -> None:
    """What a workflow is run for: pictures are saved, the rest is shown."""
    if not isinstance(source, Output):
        to.note(f"Output {name} is an input of the graph, and left out.")
        return
    step = to.graph.steps[source.step]
    kind = step.type.outputs[source.name]
    if isinstance(kind, PictureFilesType) or (shows(step.type) and isinstance(kind, PlainType)):
        return
    wire = to.wires.get((source.step, source.name))
    if wire is None or isinstance(kind, (LatentsType, ConditioningType, ModelType)):
        what = f"output {name} is of type {kind.name}, which ComfyUI neither saves nor shows"
        raise fail(step.place, what, "decode latents to pictures")
    if not isinstance(kind, ImagesType):
        to.add("PreviewAny", {"source": wire}, name)
    elif name.startswith(PREVIEW):
        to.add("PreviewImage", {"images": wire}, name)
    else:
        to.add("SaveImage", {"filename_prefix": name, "images": wire}, name)


def _reduces_one_set(graph: CheckedGraph, step: Step, batch: str | None) -> None:
    long = [name for name in step.over if len(graph.axes[name]) > 1 and name != batch]
    if long:
        what = f"{step.name} ({step.type.name}) reduces {', '.join(long)}, and a workflow holds one point"
        given = " ".join(f"--each {name}=…" for name in long)
        hint = f"give one value: {given}; seeds that count up become a batch of ComfyUI's samplers"
        raise fail(step.place, what, hint)


def _stock_steps(graph: CheckedGraph, point: Point) -> set[str]:
    """The steps that ComfyUI's own nodes do; those that share a model or a conditioning do all or none."""
    group = {name: name for name in graph.steps}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for step in graph.steps.values():
        for output in step.inputs():
            kind = graph.steps[output.step].type.outputs[output.name]
            if isinstance(kind, (ModelType, ConditioningType)):
                group[root(step.name)] = root(output.step)
    ours = {root(step.name) for step in graph.steps.values() if _reason(step, point)}
    return {name for name in graph.steps if root(name) not in ours}


def _reason(step: Step, point: Point) -> str:
    own = step.type.package == "mezzotint" and step.type.name in EQUALS
    return EQUALS[step.type.name].reason(step, point) if own else f"ComfyUI has no {step.type.name}"
