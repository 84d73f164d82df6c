"""``mezzotint store``: how large the store is and what fills it; trims it to a limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .statuses import Status, reporting, say


@reporting
def store(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--store",
            "--folder",
            metavar="DIR",
            help="The store, unless it is the usual one.",
            show_default=False,
        ),
    ] = None,
    trim: Annotated[
        str | None,
        typer.Option(
            "--trim",
            metavar="SIZE",
            help="Drop what was used longest ago until the store is no larger: 5GB, 500MiB, 0.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show the size of the store by node type, and trim it.

    The store keeps every item that a run has made, so that no run makes it again. Whatever is trimmed
    is made anew when it is needed.
    """
    from ..graphs.digest import cache_folder
    from ..graphs.store import Store
    from .sizes import read_size, show_size
    from .terminal import count, table, write

    try:
        limit = None if trim is None else read_size(trim)
    except ValueError as error:
        say(f"--trim: {error}")
        raise typer.Exit(Status.MISTAKE) from None
    path = folder or cache_folder() / "store"
    if folder is not None and not (folder / "items.db").is_file():  # opening it would make one there
        say(f"{folder} is not a store")
        raise typer.Exit(Status.MISTAKE)
    with Store(path) as opened:
        dropped, freed = opened.trim(limit) if limit is not None else (0, 0)
        rows = opened.by_node()
    total = sum(size for _, _, size in rows)
    if as_json:
        nodes = [{"node": node, "items": items, "bytes": size} for node, items, size in rows]
        record = {"folder": str(path), "bytes": total, "nodes": nodes}
        if limit is not None:
            record |= {"dropped_items": dropped, "dropped_bytes": freed}
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    if limit is not None:
        typer.echo(f"dropped {count(dropped, 'item')}, {show_size(freed)}")
    typer.echo(f"{path}: {show_size(total)}")
    if rows:
        lines = table("node", "items", "size", numbers=("items", "size"))
        for node, items, size in rows:
            lines.add_row(node, f"{items:,}", show_size(size))
        write(lines)
