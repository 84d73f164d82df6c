"""``mezzotint gate``: may this run stand in for its baseline?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .compare import By, Force
from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..evaluation.comparing.allowances import Amount
    from ..evaluation.comparing.gates import GateResult
    from ..evaluation.results.run_folder import Run

_STATUS = {
    "passed": Status.FINE,
    "failed": Status.GATE_FAILED,
    "inconclusive": Status.GATE_INCONCLUSIVE,
}


@reporting
def gate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder to judge.", show_default=False)],
    baseline: Annotated[
        Path, typer.Option("--baseline", metavar="RUN", help="The run that it may not be worse than.")
    ],
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="GATE",
            help="How much worse it may be: 'clip_score: 0.5 worse', 'fd: 2 % worse', 'correct: no worse', "
            "'correct\\[two]: 0.05 worse'. Beside those of its suite, or in place of the same.",
        ),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", help="Also as JUnit XML; what is inconclusive is an error."),
    ] = None,
    by: By = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Judge a run against a baseline, by the paired difference and its 95 % interval.

    A gate passes where all of the interval is within what is allowed, and fails where all of it is beyond;
    else it is inconclusive, and says what size of a fresh run would decide. Exit status: 0 passed, 100
    failed, 4 inconclusive; one that failed outweighs any that is inconclusive.
    """
    from ..evaluation.comparing.gates import judge_gates, overall
    from ..evaluation.comparing.junit import junit as as_junit
    from ..evaluation.results.run_folder import read_run
    from ..graphs.store import write_atomically

    judged, beside = read_run(run), read_run(baseline)
    results = judge_gates(judged, beside, _allowances(judged, allow or []), by=by, force=force)
    outcome = overall(results)
    if junit is not None:
        junit.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(junit, as_junit(results, str(run), str(baseline)).encode())
    if as_json:
        gates = [result.record() for result in results]
        told = {"outcome": outcome, "run": str(run), "baseline": str(baseline), "gates": gates}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _show(results)
    for side, folder in ((judged, run), (beside, baseline)):
        if not side.complete and not as_json:
            say(f"{folder} isn't finished: what is there was judged")
    raise typer.Exit(_STATUS[outcome])


def _allowances(run: Run, asked: Sequence[str]) -> list[Amount]:
    """Those of the run's suite and those asked for, of which one for the same score replaces the suite's."""
    from ..evaluation.comparing.allowances import allowances_of_suite, parse_allowance
    from ..graphs.problem import GraphError, fail

    problems = []
    found = {allowance.score: allowance for allowance in allowances_of_suite(run.graph)}
    for text in asked:
        try:
            allowance = parse_allowance(text)
        except GraphError as error:
            problems += error.problems
            continue
        found[allowance.score] = allowance
    if problems:
        raise GraphError(problems)
    if not found:
        raise fail(None, "nothing to judge: no gate is given", "write --allow 'clip_score: 0.5 worse'")
    return list(found.values())


def _show(results: Sequence[GateResult]) -> None:
    from rich.table import Table
    from rich.text import Text

    from .terminal import write

    styles = {"passed": "green", "failed": "bold red", "inconclusive": "yellow"}
    lines = Table.grid(padding=(0, 2, 0, 0))
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    for result in results:
        lines.add_row(Text(result.outcome, style=styles[result.outcome]), Text(result.words))
    write(lines)
