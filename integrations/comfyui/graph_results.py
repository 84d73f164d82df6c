"""What a graph made, as a canvas has it: values for the sockets, and what stands on the node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...graphs.program.face import face
from ...graphs.program.graph import Graph
from ...graphs.program.outputs import OutputValues, Results
from ...graphs.types import PlainType, PortType
from ...nodes.image_files import PictureFilesType
from ...nodes.pictures import ImagesType
from .graph_files import output_folder, temporary_picture
from .shown import cell, line
from .sockets import Border, Socket, socket_of

#: The most pictures that a node shows, the most rows of a table, and the most failures that it tells.
MOST_PICTURES, MOST_ROWS, MOST_FAILURES = 64, 200, 5


class NothingMadeError(RuntimeError):
    """A graph ran, and all of its items failed."""


def output_socket(kind: PortType) -> Socket:
    """The socket of an output."""
    return socket_of(_canvas_kind(kind))


def values_of(output: OutputValues, kind: PortType) -> list[Any]:
    """What goes out at an output: pictures in batches of one size, one value each of the rest.

    Items that failed are left out.
    """
    own = _canvas_kind(kind)
    items = [
        ImagesType().parse(kind.picture(item)) if isinstance(kind, PictureFilesType) else item
        for item in _made(output)
    ]
    socket = socket_of(own)
    if not socket.batches:
        return [socket.give([item], Border()) for item in items]
    alike: dict[Any, list[Any]] = {}
    for item in items:
        alike.setdefault(own.shape(item), []).append(item)
    return [socket.give(group, Border()) for group in alike.values()]


def kinds_of(graph: Graph) -> dict[str, PortType]:
    """The types of a graph's outputs, by name; GraphError where the graph isn't right."""
    outputs = face(graph.spec, graph.registry).outputs
    return {name: output.type for name, output in outputs.items()}


def first_values(results: Results, kinds: Mapping[str, PortType], socket: str) -> list[Any]:
    """What goes out of the first output that a socket of this name fits; nothing where none does."""
    fitting = (name for name, kind in kinds.items() if output_socket(kind).name == socket)
    return next((values_of(results[name], kinds[name]) for name in fitting), [])


def shown(results: Results, kinds: Mapping[str, PortType]) -> dict[str, list[Any]]:
    """What stands on the node: a line for each value, tables of what varies, pictures, and what failed.

    Raises NothingMadeError, with the reason, where every item failed.
    """
    failed = [reason for output in results.values() for reason in output.failures.values()]
    if failed and all(len(output.failures) == len(output) for output in results.values()):
        raise NothingMadeError(f"nothing could be made: {failed[0]}")
    plain = [results[name] for name, kind in kinds.items() if isinstance(kind, PlainType)]
    single = [line(output.name, value) for output in plain if not output.axes for value in _made(output)]
    pictures = [
        kind.picture(item)
        for name, kind in kinds.items()
        if isinstance(_canvas_kind(kind), ImagesType)
        for item in _made(results[name])
    ]
    return {
        "text": [*single, *_told(failed), *_more(len(pictures), MOST_PICTURES, "pictures"), *_left(results)],
        "table": list(_tables([output for output in plain if output.axes])),
        "images": [_as_file(picture) for picture in pictures[:MOST_PICTURES]],
    }


def _canvas_kind(kind: PortType) -> PortType:
    """The type that an output is on a canvas: files of pictures are pictures there."""
    return ImagesType() if isinstance(kind, PictureFilesType) else kind


def _made(output: OutputValues) -> list[Any]:
    failures = output.failures
    return [output[index] for index in range(len(output)) if index not in failures]


def _left(results: Results) -> Iterator[str]:
    if results.folder is not None:
        yield f"run folder: {results.folder.relative_to(output_folder())}"


def _told(failed: Sequence[str]) -> Iterator[str]:
    reasons = Counter(failed).most_common()
    for reason, count in reasons[:MOST_FAILURES]:
        yield f"not made: {reason}" + (f" ({count} times)" if count > 1 else "")
    yield from _more(len(reasons), MOST_FAILURES, "reasons")


def _more(count: int, most: int, what: str) -> Iterator[str]:
    if count > most:
        yield f"{count - most} more {what}"


def _tables(outputs: Sequence[OutputValues]) -> Iterator[dict[str, Any]]:
    """A table of each set of axes, with a row for each of its points."""
    groups: dict[tuple[str, ...], list[OutputValues]] = {}
    for output in outputs:
        groups.setdefault(tuple(output.axes), []).append(output)
    for axes, group in groups.items():
        points = group[0].points
        failures = [output.failures for output in group]
        rows = [
            [
                *(cell(point[axis]) for axis in axes),
                *(
                    "failed" if index in failed else cell(output[index])
                    for output, failed in zip(group, failures, strict=True)
                ),
            ]
            for index, point in enumerate(points[:MOST_ROWS])
        ]
        left_out = len(points) - len(rows)
        if left_out > 0:
            rows.append([f"{left_out} more"])
        yield {"columns": [*axes, *(output.name for output in group)], "rows": rows}


def _as_file(picture: Any) -> dict[str, str]:
    """A PIL image as a file that ComfyUI's page can show."""
    path = temporary_picture(picture)
    return {"filename": path.name, "subfolder": path.parent.name, "type": "temp"}
