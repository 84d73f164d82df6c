"""``mezzotint bench``: a suite's prompts drawn by a generator of yours, scored, and told by category."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .execute import execute
from .options import Batches, Eaches, Folder, Inputs, Nodes, Sets
from .overrides import read_overrides
from .statuses import Status, reporting, say, show_problems

if TYPE_CHECKING:
    from ..evaluation.suites import Suite
    from ..graphs.grammar import GraphSpec


@reporting
def bench(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            help="The name of a suite, or a graph file that is one. --list shows them.",
            show_default=False,
        ),
    ] = "",
    generator: Annotated[
        Path | None,
        typer.Option(
            "--generator",
            metavar="GRAPH",
            help="The graph that draws: it has the inputs prompt and seed and the output images.",
            show_default=False,
        ),
    ] = None,
    sets: Sets = None,
    eaches: Eaches = None,
    inputs: Inputs = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help="So many prompts, of every category its share; a larger limit keeps those of a smaller.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="K",
            min=1,
            help="So many pictures a prompt, each prompt with seeds of its own.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="PATH",
            help="The suite's prompts as they are published: a file, or a folder that holds it.",
            show_default=False,
        ),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch the prompts from the Hugging Face Hub instead.")
    ] = False,
    any_version: Annotated[
        bool,
        typer.Option("--any-version", help="Take prompts that aren't the published ones; the run says so."),
    ] = False,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="REF",
            help="The real pictures, of suites that compare with some: a folder, or their features.",
            show_default=False,
        ),
    ] = None,
    metrics: Annotated[
        str,
        typer.Option("--metrics", metavar="A,B,C", help="Measure these outputs alone.", show_default=False),
    ] = "",
    without: Annotated[
        str,
        typer.Option(
            "--without",
            metavar="A,B,C",
            help="Leave these outputs out, or all that is made with these nodes.",
            show_default=False,
        ),
    ] = "",
    list_suites: Annotated[
        bool,
        typer.Option("--list", help="Show the suites, and what is missing to run each here."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="The run folder itself.", show_default=False),
    ] = None,
    runs: Annotated[
        Path, typer.Option("--runs", metavar="DIR", help="Where run folders go, named after the suite.")
    ] = Path("runs"),
    nodes: Nodes = None,
    batch: Batches = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Make everything anew, whatever is stored.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed in an earlier run of this suite.")
    ] = False,
    max_failures: Annotated[
        int | None,
        typer.Option(
            "--max-failures",
            metavar="N",
            min=1,
            help="Stop the run once N items have failed in it; what is finished is kept.",
            show_default=False,
        ),
    ] = None,
    store: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an event, on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Draw a benchmark's prompts with a graph of yours, score them, and tell the scores by category.

    --set generator.steps=20 sets an input of the generator, --set generator.latent.guidance=5 an option of
    its node latent, --set clip.model=starter one of the suite's own. The same command again makes only what
    is missing. Exits with status 3 when some items failed.
    """
    from .. import registry
    from ..evaluation.suites import load_suite
    from ..graphs.program.graph import Graph
    from ..graphs.running import Settings
    from ..nodes.device import TorchDevice
    from .suite_list import show_suites
    from .suite_scores import scores_record, show_categories

    known = registry(nodes or ())
    if list_suites:
        show_suites([suite] if suite else [], known, as_json=as_json)
        return
    if not suite or generator is None:
        what = "name a suite" if not suite else "name the graph that draws: --generator GRAPH"
        say(f"mezzotint bench: {what}")
        say("    `mezzotint bench --list` shows the suites")
        raise typer.Exit(Status.MISTAKE)
    chosen = load_suite(suite)
    prompts = chosen.prompts(data, fetch=fetch, any_version=any_version)
    spec = chosen.filled(prompts.sampled(limit), generator=generator, seeds=seeds, reference=reference)
    spec = _measuring(chosen, _override(spec, inputs, sets, eaches, seeds), metrics, without, quiet=quiet)
    graph = Graph(spec, known, TorchDevice)
    if not quiet:
        for remark in prompts.remarks:
            say(remark)
        show_problems(list(graph.check().warnings), word="warning: ")
    settings = Settings(batch=batch, fresh=fresh, retry_failed=retry_failed, max_failures=max_failures)
    summary = execute(graph, settings, out=out, runs=runs, store=store, as_json=as_json, quiet=quiet)
    if as_json:
        typer.echo(json.dumps(scores_record(summary.folder), ensure_ascii=False))
    elif not quiet:
        summary.show()
        show_categories(summary.folder)
    if summary.outcome.failures:
        if not as_json:
            summary.show_failures()
        raise typer.Exit(Status.ITEMS_FAILED)


def _override(
    spec: GraphSpec,
    inputs: Path | None,
    sets: list[str] | None,
    eaches: list[str] | None,
    seeds: int | None,
) -> GraphSpec:
    """The suite's graph with what was given for the options of its nodes, and for the generator's inputs.

    GraphError for prompts, which the run's record tells the origin of, and for seeds that --seeds gives too.
    """
    from ..evaluation.suites.suite import ROWS, SEEDS
    from ..graphs.problem import fail
    from ..graphs.spec import override

    given = read_overrides(inputs, sets or (), eaches or ())
    if ROWS in given:
        hint = "give --data, or a suite file of your own"
        raise fail(given[ROWS].place, f"{ROWS} holds the prompts, which are the suite's", hint)
    if SEEDS in given and seeds is not None:
        raise fail(given[SEEDS].place, "the seeds are given here and by --seeds", "give one of them")
    return override(spec, given)


def _measuring(suite: Suite, spec: GraphSpec, metrics: str, without: str, *, quiet: bool) -> GraphSpec:
    """The graph with the outputs that were asked for, less those that so few seeds can't make."""
    from ..evaluation.suites import seeds_of, selected

    chosen = selected(spec, _names(metrics), _names(without))
    seeds = seeds_of(spec)
    lacking = [
        name
        for name, least in suite.about.least_seeds.items()
        if seeds is not None and seeds < least and name in chosen.outputs
    ]
    for name in lacking if not quiet else ():
        least = suite.about.least_seeds[name]
        say(f"{name}: left out: it takes {least} seeds a prompt, and there are {seeds}")
    return selected(chosen, [], lacking) if lacking else chosen


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
