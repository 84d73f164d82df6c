"""``mezzotint rate``: people choose between pictures without knowing who made them, and their votes are
counted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .statuses import Status, reporting, say, show_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..evaluation.rating.key import RatingKey

_DEFAULT = Path("rating")


@reporting
def rate(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Run folders; or one, whose settings are compared. With --votes the page's folder.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where page and key go.", show_default=str(_DEFAULT)),
    ] = None,
    votes: Annotated[
        list[Path] | None,
        typer.Option("--votes", metavar="FILE", help="A file of votes; may be repeated.", show_default=False),
    ] = None,
    question: Annotated[
        str | None,
        typer.Option(
            "--question",
            metavar="TEXT",
            help="What is asked of every pair.",
            show_default="Which picture shows the prompt better?",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=1, help="At most N pairs, of many prompts first.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Decides pairs, order and sides.")] = 0,
    raters: Annotated[
        str | None,
        typer.Option(
            "--raters",
            metavar="A,B,C",
            help="Names to choose from, where raters are known.",
            show_default=False,
        ),
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(
            "--images", metavar="OUTPUT", help="Which pictures, of several outputs.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Make a page on which people choose the better of two pictures, blind; then count their votes.

    The page is a folder of static files that asks about pictures of equal prompts and seeds, in random
    order and on random sides. It works without a network and tells nobody who made a picture: the key, in a
    file beside it, does. Raters save their votes as a file. Of votes, strengths (Bradley–Terry) are shown
    with 95 % intervals over prompts.
    """
    from .counting import Counting

    if votes is not None:
        for_pages = {
            "--out": out,
            "--question": question,
            "--limit": limit,
            "--raters": raters,
            "--images": images,
        }
        _expect_a_page(folders, [name for name, value in for_pages.items() if value is not None])
        _count(folders[0], votes, as_json=as_json)
        return
    from ..evaluation.rating.blind_page import QUESTION, make_page
    from ..evaluation.rating.run_pictures import contestants_of
    from ..evaluation.results.run_folder import read_run

    _expect_runs(folders)
    runs = [read_run(folder) for folder in folders]
    for run in runs:
        if not run.complete:
            say(f"note: {run.folder} isn't finished: only what it has is rated")
    contestants = contestants_of(runs, images)
    with Counting("pairs", shown=not as_json) as counting:
        key = make_page(
            contestants,
            out or _DEFAULT,
            question=question or QUESTION,
            seed=seed,
            limit=limit,
            raters=[name.strip() for name in (raters or "").split(",") if name.strip()],
            progress=counting,
        )
    _tell_page(key, out or _DEFAULT, as_json=as_json)


def _expect_a_page(folders: list[Path], surplus: list[str]) -> None:
    from ..graphs.problem import fail

    if surplus:
        hint = "mezzotint rate DIR --votes FILE [--votes FILE]"
        raise fail(None, f"{surplus[0]} is for making a page, and --votes for counting its votes", hint)
    if len(folders) > 1:
        hint = "every file of votes has its own: mezzotint rate DIR --votes FILE --votes FILE"
        raise fail(None, "votes are counted for one page at a time", hint)


def _expect_runs(folders: list[Path]) -> None:
    from ..evaluation.rating.key import KEY
    from ..graphs.problem import fail

    for folder in folders:
        if (folder / KEY).is_file():
            hint = f"to count its votes: mezzotint rate {folder} --votes FILE"
            raise fail(None, f"{folder} is no run but a page that is made already", hint)


def _tell_page(key: RatingKey, out: Path, *, as_json: bool) -> None:
    from ..evaluation.rating.blind_page import PAGE
    from ..evaluation.rating.key import KEY
    from .terminal import count

    page, secret = out / PAGE / "index.html", out / KEY
    if as_json:
        record = {
            "page": str(page),
            "key": str(secret),
            "pairs": len(key.pairs),
            "contestants": key.contestants,
            "left_out": key.left_out,
        }
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    prompts = count(len({pair.prompt for pair in key.pairs}), "prompt")
    typer.echo(f"{page}: {count(len(key.pairs), 'pair')} of {prompts}, {' against '.join(key.contestants)}")
    typer.echo(f"    give raters the folder {page.parent}: nothing in it tells who made a picture")
    typer.echo(f"{secret}: who made which; keep it to yourself")
    typer.echo(f"    it counts the votes that raters hand back: mezzotint rate {out} --votes FILE")
    _tell_left_out(key.left_out)


def _tell_left_out(left_out: Mapping[str, int]) -> None:
    from ..evaluation.rating.blind_page import REASONS
    from .terminal import count

    for reason, number in left_out.items():
        typer.echo(f"not asked about: {count(number, 'pair')} {REASONS.get(reason, reason)}")


def _count(folder: Path, files: list[Path], *, as_json: bool) -> None:
    from ..evaluation.rating.key import read_key
    from ..evaluation.rating.outcome import outcome_of
    from ..evaluation.rating.votes import read_votes
    from .rating_tables import show_outcome

    key = read_key(folder)
    ballots = read_votes(files, key)
    show_problems(ballots.problems)
    if not ballots.votes:
        say(f"mezzotint: there are no votes on the page of {folder}")
        raise typer.Exit(Status.MISTAKE)
    outcome = outcome_of(ballots.votes, key)
    if as_json:
        record = {**outcome.record(), "left_out": key.left_out}
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    show_outcome(outcome)
    _tell_left_out(key.left_out)
