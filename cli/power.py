"""``mezzotint power``: how large a fresh run must be to see a difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .compare import By
from .statuses import reporting

if TYPE_CHECKING:
    from rich.table import Table

    from ..evaluation.comparing.power import Advice


@reporting
def power(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder at hand.", show_default=False)],
    difference: Annotated[
        list[str] | None,
        typer.Option(
            "--difference",
            metavar="AMOUNT",
            help="What should be seen: 'clip_score: 0.5', 'fd: 2 %', 'correct\\[two]: 0.05'.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", metavar="RUN", help="A second run, for comparisons paired like these two."
        ),
    ] = None,
    chance: Annotated[
        float, typer.Option("--power", min=0.5, max=0.99, help="How often the difference should be seen.")
    ] = 0.8,
    by: By = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say how many prompts and seeds a fresh run needs to see a difference, by the spread of a run at hand.

    Without --difference it shows what two runs of this size would see of each score, and the sizes that see
    half as much. It is advice for a fresh run: going on with this one until a difference shows finds
    differences that aren't there.
    """
    from ..evaluation.comparing.advice import advise
    from ..evaluation.comparing.allowances import parse_difference
    from ..evaluation.results.run_folder import read_run

    wanted = [parse_difference(text) for text in difference or ()]
    other = None if baseline is None else read_run(baseline)
    found = advise(read_run(run), other, wanted, by=by, power=chance)
    if as_json:
        typer.echo(json.dumps({"advice": [advice.record() for advice in found]}, ensure_ascii=False))
        return
    _show(found)


def _show(found: Sequence[Advice]) -> None:
    from rich.text import Text

    from ..evaluation.comparing.wording import called
    from .terminal import write

    told = [advice for advice in found if not advice.reason]
    if told:
        write(_spread(told), Text(), _sizes(told), Text())
    for advice in found:
        if advice.reason:
            write(Text(f"{called(advice.name, advice.at, advice.category)}: no advice: {advice.reason}"))
    for note in _notes(told):
        write(Text(note, overflow="fold", style="dim"))


def _spread(found: Sequence[Advice]) -> Table:
    from rich.text import Text

    from ..evaluation.comparing.wording import called, number
    from .terminal import table

    headings = ("score", "value", "prompts", "seeds", "sd by prompt", "sd by seed", "smallest seen")
    made = table(*headings, numbers=headings[1:], folds="score")
    for advice in found:
        made.add_row(
            Text(called(advice.name, advice.at, advice.category)),
            number(advice.value),
            f"{advice.prompts or 0:,}",
            number(advice.seeds or 0),
            "" if advice.between is None else number(advice.between),
            "?" if advice.within is None else number(advice.within),
            "nothing" if advice.seen is None else number(advice.seen),
        )
    return made


def _sizes(found: Sequence[Advice]) -> Table:
    from rich.text import Text

    from ..evaluation.comparing.wording import called, number
    from .terminal import table

    seeds = sorted({size.seeds for advice in found for size in advice.sizes})
    headings = [f"{count} seed{'' if count == 1 else 's'}" for count in seeds]
    made = table("to see a difference of", "in", *headings, numbers=tuple(headings), folds="in")
    for advice in found:
        if advice.difference is None:
            continue
        prompts = {size.seeds: size.prompts for size in advice.sizes}
        made.add_row(
            number(advice.difference),
            Text(called(advice.name, advice.at, advice.category)),
            *(_prompts(prompts[count]) if count in prompts else "?" for count in seeds),
        )
    return made


def _prompts(prompts: int | None) -> str:
    return f"{prompts:,} prompts" if prompts is not None else "over 1,000,000"


def _notes(found: Sequence[Advice]) -> list[str]:
    if not found:
        return []
    often = f"in {found[0].power:.0%} of all comparisons, at 5 %"
    if found[0].paired:
        notes = [f"For two fresh runs paired as these two are; a difference is seen {often}."]
    else:
        notes = [
            f"For two fresh runs, as if unpaired; a difference is seen {often}. Runs of the same prompts and "
            "seeds mostly need fewer: --baseline RUN tells."
        ]
    few = min(advice.prompts or 0 for advice in found)
    if few < 30:
        low, high = _off_by(few)
        notes.append(
            f"The spread of {few} prompts is itself uncertain: {low:.2g} to {high:.2g} times as many."
        )
    if any(advice.within is None for advice in found):
        notes.append("?: one seed a prompt doesn't tell how much seeds differ.")
    notes.append("Each is a fresh run of its own: never go on with a run until a difference shows.")
    return notes


def _off_by(prompts: int) -> tuple[float, float]:
    """By which factors a number of prompts may be off, since a variance of so few is: 95 %."""
    from scipy.stats import chi2

    freedom = prompts - 1
    return freedom / float(chi2.ppf(0.975, freedom)), freedom / float(chi2.ppf(0.025, freedom))
