"""``mezzotint doctor``: whether all that a run needs is here and works."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from .options import Nodes
from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from .findings import Finding

_MARKS = {"fine": ("", ""), "note": ("note: ", "yellow"), "broken": ("broken: ", "bold red")}


@reporting
def doctor(
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="SOURCE",
            help="Also draw with this model, to see that a picture is the same alone and in a batch.",
            show_default=False,
        ),
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", help="Of a hub id: branch, tag or commit.", show_default=False)
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option("--dtype", help="Of the model: float32, float16 or bfloat16.", show_default="float32"),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device", help="Where the model computes: auto, cuda, mps or cpu.", show_default="auto"
        ),
    ] = None,
    nodes: Nodes = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Look at versions, devices, caches and packages of nodes; say what is wrong and what to do about it.

    Exits with status 1 when something is broken.
    """
    from ..nodes.device import TorchDevice
    from ..nodes.model import DeviceName, Dtype
    from . import findings as look

    of_a_model = (
        ("--revision", revision, ()),
        ("--dtype", dtype, get_args(Dtype)),
        ("--device", device, get_args(DeviceName)),
    )
    for name, value, known in of_a_model:
        if value is not None and known and value not in known:
            say(f"{name}: {value!r} is not one of {', '.join(known)}")
            raise typer.Exit(Status.MISTAKE)
        if value is not None and model is None:
            say(f"{name} goes with --model SOURCE")
            raise typer.Exit(Status.MISTAKE)
    TorchDevice().quiet()
    found = [*look.libraries(), *look.devices(), *look.caches(), *look.packages(nodes or [])]
    if model is not None:
        found += look.batching(model, revision, dtype or "float32", device or "auto")
    broken = sum(finding.state == "broken" for finding in found)
    if as_json:
        record = {"findings": [asdict(finding) for finding in found], "broken": broken}
        typer.echo(json.dumps(record, ensure_ascii=False))
    else:
        _show(found, broken)
    if broken:
        raise typer.Exit(Status.BROKEN)


def _show(found: list[Finding], broken: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from .terminal import count, write

    for area in dict.fromkeys(finding.area for finding in found):
        rows = Table.grid(padding=(0, 2, 0, 0))
        rows.add_column(no_wrap=True)
        rows.add_column(overflow="fold")
        for finding in found:
            if finding.area == area:
                word, style = _MARKS[finding.state]
                rows.add_row(f"  {finding.name}", Text.assemble((word, style), finding.value))
                if finding.hint:
                    rows.add_row("", Text(finding.hint, style="italic"))
        write(Text(area, style="bold"), rows)
    notes = sum(finding.state == "note" for finding in found)
    said = f"{count(broken, 'thing')} broken" if broken else "all is fine"
    typer.echo(f"\n{said}; {count(notes, 'note')}" if notes else f"\n{said}")
