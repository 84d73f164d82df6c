"""``mezzotint nodes``: the node types there are, and all about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from .completion import node_types, packages
from .options import Nodes
from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..graphs.registry import Registry


@reporting
def nodes(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A node type.", autocompletion=node_types, show_default=False),
    ] = None,
    package: Annotated[
        str | None,
        typer.Option(
            "--package",
            metavar="PACKAGE",
            help="Only the node types of this package, and where it comes from.",
            autocompletion=packages,
            show_default=False,
        ),
    ] = None,
    nodes: Nodes = None,
) -> None:
    """List the node types, or show all about one: ports, options with types and defaults, an example.

    Ends with the packages that node types come from: distribution, version and file.
    """
    from .. import registry
    from .node_help import show_node

    found = registry(nodes or ())
    if package is not None and package not in found.packages:
        _unknown(found, f"there is no package of nodes {package!r}", package, found.packages)
    if name is None:
        _list(found, package)
        return
    wanted = name.partition("@")[0]
    if package is not None and "." not in wanted:
        wanted = f"{package}.{wanted}"
    if wanted not in found:
        known = [declared.name for declared in found.of_package(package)] if package else found.names()
        _unknown(found, f"there is no node type {wanted!r}", name.partition("@")[0], known)
    show_node(found[wanted])


def _unknown(registry: Registry, what: str, name: str, known: Iterable[str]) -> NoReturn:
    from ..graphs.problem import nearest

    say(what)
    say(f"    {nearest(name, known)}")
    say("    `mezzotint nodes` lists them")
    _warn(registry, None)
    raise typer.Exit(Status.MISTAKE)


def _list(registry: Registry, package: str | None) -> None:
    from rich.text import Text

    from .terminal import table, write

    lines = table("name", "what it does", "package", folds="what it does")
    for name in registry.names():
        declared = registry[name]
        if package in (None, declared.package):
            lines.add_row(Text(name, style="bold"), Text(declared.summary), declared.package)
    sources = table("package", "distribution", "version", "file", folds="file")
    for name, origin in registry.packages.items():
        if package in (None, name):
            sources.add_row(Text(name, style="bold"), origin.distribution, origin.version, Text(origin.file))
    write(lines, Text(), sources)
    _warn(registry, package)


def _warn(registry: Registry, package: str | None) -> None:
    for warning in registry.warnings(package):
        say(f"warning: {warning}")
