"""``mezzotint new-package``: a project to begin a package of nodes with; it installs and passes as it is."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from importlib.abc import Traversable

TEMPLATE = "package_template"
_SUFFIX = ".template"
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


@reporting
def new_package(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="What pip is to call it, such as film-looks.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where to write it.", show_default="./NAME"),
    ] = None,
) -> None:
    """Write a package of nodes to begin with: a node, a reducer, a type of its own, tests, an example graph.

    It installs, passes its tests and runs its graph as it is written, offline.
    """
    from .. import __version__

    folder = Path(name) if out is None else out
    problem = _fault(name) or _occupied(folder)
    if problem:
        what, hint = problem
        say(what)
        say(f"    {hint}")
        raise typer.Exit(Status.MISTAKE)
    words = {"PACKAGE": _module(name), "PROJECT": name, "VERSION": __version__}
    _write(files(__package__) / TEMPLATE, folder, words)
    typer.echo(f"{folder}: a package of nodes called {_module(name)}. Next:")
    for line in (
        f"cd {folder}",
        'pip install -e ".[test]" && pytest',
        "mezzotint run examples/palette.yaml",
        f"mezzotint nodes --package {_module(name)}",
    ):
        typer.echo(f"  {line}")


def _module(name: str) -> str:
    """What Python and graph files call it."""
    return name.replace("-", "_")


def _fault(name: str) -> tuple[str, str] | None:
    """Why a package can't have a name, and what to do."""
    if not _NAME.fullmatch(name):
        words = re.findall("[a-z0-9]+", name.lower())
        while words and words[0][0].isdigit():
            words[0] = words[0].lstrip("0123456789")
            words = [word for word in words if word]
        hint = f"for example {_free('-'.join(words))}" if words else "for example film-looks"
        return (
            f"{name!r} is no name for a package: lower-case letters, digits and dashes, from a letter",
            hint,
        )
    holder = _holder(_module(name))
    return (
        (f"the name {_module(name)!r} is taken by {holder}", f"for example {_free(name)}") if holder else None
    )


def _free(name: str) -> str:
    """The name itself if it is free, else one like it that is."""
    candidates = (name, f"{name}-nodes", *(f"{name}-nodes-{number}" for number in range(2, 100)))
    return next(
        (each for each in candidates if _NAME.fullmatch(each) and not _holder(_module(each))), "film-looks"
    )


def _holder(module: str) -> str:
    """Who has a module name; empty where it is free."""
    from ..graphs.packages import offered, origin
    from ..graphs.registry import BUILT_IN

    if module == BUILT_IN:
        return "mezzotint itself"
    if keyword.iskeyword(module) or module in sys.builtin_module_names:
        return "Python itself"
    if module in sys.stdlib_module_names:
        return "a module of Python's own"
    package = next((point for point in offered() if point.name == module), None)
    if package is not None:
        return f"the installed package {origin(package)}"
    found = importlib.util.find_spec(module)
    return f"the installed module {found.origin}" if found is not None and found.origin else ""


def _occupied(folder: Path) -> tuple[str, str] | None:
    if folder.is_dir() and any(folder.iterdir()):
        return f"{folder} is there already, and not empty", "name another with -o DIR, or move it away"
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file", "name another with -o DIR, or move it away"
    return None


def _write(source: Traversable, target: Path, words: dict[str, str]) -> None:
    """Write a folder of the template, its words filled in, in names too."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        path = target / _filled(entry.name.removesuffix(_SUFFIX), words)
        if entry.is_dir():
            _write(entry, path, words)
        elif entry.name.endswith(_SUFFIX):
            path.write_text(_filled(entry.read_text("utf-8"), words), "utf-8")


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"\b(PACKAGE|PROJECT|VERSION)\b", lambda found: words[found[1]], text)
