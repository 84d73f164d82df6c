"""Where a run's time went: a table by node, and the parts of the engine."""

from __future__ import annotations

from pathlib import Path

import typer

from ..graphs.profile import Profile, Total, Tracer


def leave_trace(tracer: Tracer, path: Path, *, quiet: bool) -> None:
    """Write the trace of a run that was profiled, and unless ``quiet`` its table; else do nothing."""
    if isinstance(tracer, Profile):
        tracer.write(path)
        if not quiet:
            _show(tracer, path)


def _show(profile: Profile, trace: Path) -> None:
    """Write the table to stdout: most seconds first, node by node and then what isn't a node's."""
    from .terminal import rate, table, write

    lines = table(
        "time by node", "calls", "items", "seconds", "rate", "share",
        numbers=("calls", "items", "seconds", "rate", "share"),
    )  # fmt: skip
    whole = profile.seconds
    for kind in ("node", "engine"):
        own = [total for total in profile.totals if (total.kind == "node") == (kind == "node")]
        for total in sorted(own, key=lambda total: (total.background, -total.seconds)):
            lines.add_row(
                _title(total),
                f"{total.calls:,}",
                f"{total.items:,}" if total.items else "",
                f"{total.seconds:.3f}",
                rate(total.items / total.seconds) if total.items and total.seconds else "",
                "" if total.background else f"{total.seconds / whole:.1%}",
            )
        lines.add_section()
    lines.add_row("total", "", "", f"{whole:.3f}", "", "")
    write(lines)
    typer.echo(f"\ntrace: {trace} (open it in https://ui.perfetto.dev)")


def _title(total: Total) -> str:
    """``store``, ``png, beside the run``; what no span covers is the engine's."""
    name = "engine, the rest" if total.kind == "run" else total.name
    return f"{name}, beside the run" if total.background else name
