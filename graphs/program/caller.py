"""Where the code stands that builds a graph: its line for messages, its folder for files that it names."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from ..grammar import Each
from ..problem import Place

_FOLDER = str(Path(__file__).parent)


def caller() -> Place:
    """The line that called into this package: where a mistake in a graph built in code stands."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_FOLDER) and frame.f_back is not None:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


def beside(path: Path, place: Place) -> Path:
    """A path as one in a file: beside the code that names it, if something is there, else from here."""
    found = Path(place.file).parent / path
    return found if not path.is_absolute() and found.exists() else path


def each_beside(each: Each, place: Place) -> Each:
    """The same of all files and folders that the values of an axis come from."""
    if each.zip is not None:
        return replace(each, zip={name: each_beside(part, place) for name, part in each.zip.items()})
    file = None if each.file is None else beside(each.file, place)
    folder = None if each.folder is None else beside(each.folder, place)
    return replace(each, file=file, folder=folder)
