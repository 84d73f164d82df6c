"""What votes on a rating page come to, as tables and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from .terminal import count, printable, table, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from ..evaluation.rating.outcome import Outcome, Tally
    from ..evaluation.uncertainty.estimate import Estimate


def show_outcome(outcome: Outcome) -> None:
    """Write who is how strong, how every two fared, and how far raters agree."""
    typer.echo(printable(outcome.question))
    raters, prompts = count(len(outcome.raters), "rater"), count(outcome.prompts, "prompt")
    pairs = f"{outcome.judged:,} of {count(outcome.asked, 'pair')}"
    typer.echo(f"{count(outcome.votes, 'vote')} of {raters} on {pairs}, {prompts}")
    typer.echo("")
    if len(outcome.standings) > 2:
        write(_standings(outcome))
        typer.echo("")
    write(_duels(outcome))
    typer.echo("")
    if len(outcome.standings) > 2:
        typer.echo("strength: log-odds of being chosen where a vote decides, 0 on average")
    else:
        typer.echo("difference: log-odds of being chosen where a vote decides")
    typer.echo("strengths are Bradley and Terry's; intervals are 95 %, over fresh prompts with these raters")
    for verdict in _verdicts(outcome):
        typer.echo(printable(verdict))
    if outcome.agreement is not None:
        agreed = outcome.agreement
        alpha = "" if agreed.alpha is None else f" (Krippendorff's alpha {agreed.alpha:.2f})"
        typer.echo(f"raters agree in {agreed.share:.0%} of {count(agreed.comparisons, 'comparison')}{alpha}")
    if outcome.left is not None:
        typer.echo(f"the left picture was chosen in {_share(outcome.left)} of decisions")
    for note in outcome.notes:
        typer.echo(printable(f"note: {note}"))


def _verdicts(outcome: Outcome) -> Iterator[str]:
    for duel in outcome.duels:
        if (
            duel.difference is not None
            and duel.difference.interval is not None
            and len(outcome.standings) == 2
        ):
            stronger, weaker = duel.contestants
            told = duel.difference.interval[0] > 0
            yield (
                f"{stronger} is preferred to {weaker}"
                if told
                else f"{stronger} and {weaker} can't be told apart"
            )


def _standings(outcome: Outcome) -> Table:
    made = table(
        "rank", "contestant", "strength", "95 %", *_TALLY, numbers=("strength", *_TALLY), folds="contestant"
    )
    for standing in outcome.standings:
        strength = standing.strength
        made.add_row(
            _ranks(standing.ranks),
            printable(standing.contestant),
            "" if strength is None else f"{strength:+.2f}",
            _ends(strength),
            *_tally(standing.tally),
        )
    return made


def _duels(outcome: Outcome) -> Table:
    made = table(
        "stronger", "weaker", "difference", "95 %", *_TALLY, numbers=("difference", *_TALLY), folds="stronger"
    )
    for duel in outcome.duels:
        made.add_row(
            *map(printable, duel.contestants),
            "" if duel.difference is None else f"{duel.difference:+.2f}",
            _ends(duel.difference),
            *_tally(duel.tally),
        )
    return made


_TALLY = ("wins", "losses", "ties", "both bad", "win rate")


def _tally(tally: Tally) -> list[str]:
    counts = [f"{number:,}" for number in (tally.wins, tally.losses, tally.ties, tally.bad)]
    return [*counts, "" if tally.win_rate is None else _share(tally.win_rate)]


def _ranks(ranks: tuple[int, int] | None) -> str:
    if ranks is None:
        return ""
    best, worst = ranks
    return str(best) if best == worst else f"{best}–{worst}"


def _ends(estimate: Estimate | None) -> str:
    if estimate is None or estimate.interval is None:
        return ""
    low, high = estimate.interval
    return f"{low:+.2f} to {high:+.2f}"


def _share(share: Estimate) -> str:
    if share.interval is None:
        return f"{share:.0%}"
    low, high = share.interval
    return f"{share:.0%} ({low:.0%}–{high:.0%})"
