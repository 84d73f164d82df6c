"""Packages of nodes: where each comes from, how it is imported, and why one that fails does."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: What a package's ``pyproject.toml`` lists its module of nodes under.
ENTRY_POINT_GROUP = "mezzotint.nodes"
#: What stands before the dot in ``use: package.node``.
PACKAGE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Origin:
    """Where a package of nodes comes from. ``distribution`` is what pip calls it; a file has none."""

    file: str = ""
    distribution: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".rstrip() if self.distribution else self.file


class BrokenPackageError(Exception):
    """A package of nodes can't be used; the message says why, with file and line where there are any."""


def offered() -> list[EntryPoint]:
    """The packages that are installed: by name, so that their order is the same on every machine."""
    from importlib.metadata import entry_points  # slow to import, and not needed to check a graph

    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: (point.name, str(origin(point))))


def origin(point: EntryPoint) -> Origin:
    """Where an entry point comes from; its file is not known before it is imported."""
    distribution = getattr(point, "dist", None)
    if distribution is None:
        return Origin(point.value)
    about = distribution.metadata
    return Origin("", str(about["Name"] or point.value), str(about["Version"] or ""))


def import_package(point: EntryPoint) -> ModuleType:
    """The module that an entry point names. Raises :class:`BrokenPackageError`, whatever the module raises.

    What it prints goes to stderr: stdout belongs to the command that asks.
    """
    if not _MODULE.fullmatch(point.value.partition(":")[0].strip()):
        raise BrokenPackageError(f"its entry point says {point.value!r}, which is not the name of a module")
    try:
        with redirect_stdout(sys.stderr):
            return importlib.import_module(point.module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a stranger's module may raise anything, and exit
        raise BrokenPackageError(_why(error, point.module)) from error


def _why(error: BaseException, module: str) -> str:
    place = _place(error, module)
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    if missing and not place and f"{module}.".startswith(f"{missing}."):
        return f"its entry point names the module {module!r}, and there is no {missing!r}"
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, SystemExit):
        said = f"it calls exit({error.code!r}) when it is imported"
    return f"{place}: {said}" if place else said


def _place(error: BaseException, module: str) -> str:
    """The file and line of a package's own code that an error came from; empty where it came from none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno or 1}"
    own = tuple(_folders(module.partition(".")[0]))
    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file in own or any(Path(folder) in Path(file).parents for folder in own):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _folders(name: str) -> list[str]:
    """The folders of a package, or the file of a module, without importing it."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    return list(spec.submodule_search_locations or [spec.origin or ""])
