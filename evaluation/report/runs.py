"""What a report says of one run: axes, outputs, how and when it was made, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...graphs.drawing.recorded_diagram import recorded_diagram
from ...graphs.drawing.svg import svg
from ...graphs.file_names import slug
from ...graphs.holder import holder
from ...graphs.problem import fail
from ..results.places import point_value, whole
from . import contract
from .scripts import without_local_paths

if TYPE_CHECKING:
    from ...graphs.calls import Failure
    from ...graphs.node_type import NodeType
    from ..results.run_folder import AxisRecord, Run
    from ..results.run_record import Entry

#: Kinds of failure, and letters of a message, that are shown.
_MOST_GROUPS, _LONGEST_MESSAGE = 100, 2000
_LONGEST_LABEL = 2000


def ids_of(runs: Sequence[Run]) -> list[str]:
    """A name for each run that is its own in the report, and safe in a path.

    GraphError where one folder is given twice.
    """
    seen: set[Path] = set()
    ids: list[str] = []
    for run in runs:
        if run.folder.resolve() in seen:
            raise fail(None, f"{run.folder} is given twice", "name each run once")
        seen.add(run.folder.resolve())
        stem = f"{slug(run.name)}-{slug(run.digest)}"
        copies = sum(1 for id in ids if id == stem or id.startswith(f"{stem}-"))
        ids.append(f"{stem}-{copies + 1}" if copies else stem)
    return ids


def labels_of_runs(runs: Sequence[Run], ids: Sequence[str]) -> list[str]:
    """What to call each run: the shortest of name, folder and id that tells all runs apart."""
    choices = [[run.name for run in runs], [run.folder.resolve().name for run in runs], list(ids)]
    return next((names for names in choices if len(set(names)) == len(names)), list(ids))


def run_data(
    run: Run,
    id: str,
    label: str,
    types: Mapping[str, NodeType],
    images: Sequence[contract.Images],
    flags: Mapping[str, int],
) -> contract.Run:
    """All that the page is told of a run at once."""
    suite = run.graph.get("suite")
    lengths = {name: axis.length for name, axis in run.axes.items()}
    drawing = svg(recorded_diagram(run.graph, lengths, types), run.name)
    return contract.Run(
        id,
        run.name,
        run.digest,
        run.folder.resolve().name,
        label,
        str(run.graph.get("description") or ""),
        without_local_paths(suite) if isinstance(suite, Mapping) else None,
        run.complete,
        sum(one.counts.shown for one in images),
        _notes(run, images),
        {name: _axis(run, axis) for name, axis in run.axes.items()},
        {
            name: contract.Output(
                output.kind,
                output.node,
                output.type,
                output.axes,
                output.over,
                output.better,
                without_local_paths(output.protocol),
            )
            for name, output in run.outputs.items()
        },
        drawing,
        [_pass(entry) for entry in run.history],
        _failures(run),
        flags,
        images,
    )


def axis_labels(run: Run, axis: AxisRecord) -> list[Any]:
    """What the values of an axis are called, at all of its positions; None where the items have none."""
    import numpy

    positions = run.indices(axis.name)
    found: list[Any] = [None] * axis.length
    there, first = numpy.unique(positions, return_index=True)
    column = axis.label if axis.label in run.items.column_names else f"{axis.name}.index"
    values = run.items[column].take(first).to_pylist()
    for position, value in zip(there.tolist(), values, strict=True):
        if position >= 0:
            found[position] = value[:_LONGEST_LABEL] if isinstance(value, str) else whole(value)
    return found


def _axis(run: Run, axis: AxisRecord) -> contract.Axis:
    values = None if axis.is_drawn else axis_labels(run, axis)
    return contract.Axis(axis.role, axis.length, axis.per, values)


def _notes(run: Run, images: Sequence[contract.Images]) -> list[str]:
    notes = []
    if holder(run.folder) is not None:
        notes.append("The run was still at work when this report was made: it shows what was there.")
    elif not run.complete:
        notes.append("The run isn't finished: this is what is there. The same command goes on with it.")
    if not any(output.type in ("number", "boolean") for output in run.outputs.values()):
        notes.append("The graph has no scores among its outputs.")
    if not images:
        notes.append("The graph has no pictures among its outputs.")
    return notes


def _pass(entry: Entry) -> contract.Pass:
    """What one pass did, without the steps at which it found everything done."""
    told = [
        contract.Step(
            name,
            str(getattr(step, "node", "")),
            step.made,
            step.seconds,
            int(getattr(step, "failed", 0)),
            step.skipped,
        )
        for name, step in entry.steps.items()
    ]
    steps = [step for step in told if step.made or step.failed or step.skipped]
    return contract.Pass(
        entry.started.isoformat(),
        entry.finished.isoformat(),
        entry.seconds,
        bool(getattr(entry, "complete", True)),
        sum(step.made for step in steps),
        steps,
        entry.peak_memory,
        _environment(entry),
    )


def _environment(entry: Entry) -> dict[str, str]:
    """Versions and the device, as far as they were noted."""
    noted = {key: value for key, value in (entry.model_extra or {}).items() if key != "complete"}
    versions = noted.pop("versions", {})
    flat = {**noted, **(versions if isinstance(versions, Mapping) else {})}
    return {
        str(key): without_local_paths(str(value))
        for key, value in flat.items()
        if isinstance(value, (str, int, float))
    }


def _failures(run: Run) -> contract.Failures:
    """Failures by what they say, the most frequent first."""
    groups: dict[tuple[str, str, str, str], list[Failure]] = {}
    for failure in run.failures:
        message = without_local_paths(failure.message)[:_LONGEST_MESSAGE]
        groups.setdefault((failure.step, failure.node, failure.error, message), []).append(failure)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return contract.Failures(
        len(run.failures),
        [
            contract.FailureGroup(*said, len(found), _point(run, found[0].point))
            for said, found in ordered[:_MOST_GROUPS]
        ],
    )


def _point(run: Run, point: Mapping[str, Any]) -> dict[str, Any]:
    """Where a failure was, with the labels of its axes."""
    return {
        name: without_local_paths(point_value(run.axes[name], value) if name in run.axes else value)
        for name, value in point.items()
    }
