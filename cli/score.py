"""``mezzotint score``: metrics of pictures from anywhere, by a graph like any other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .execute import execute
from .options import Batches, Folder, Nodes
from .statuses import Status, reporting, say
from .terminal import count

if TYPE_CHECKING:
    from ..evaluation.metric_types import MetricType
    from ..graphs.program.graph import Graph
    from ..graphs.registry import Registry
    from .scoring.graph import ScoreGraph
    from .scoring.pictures import Pictures
    from .scoring.prompt_table import Prompts
    from .scoring.results import Result
    from .summary import Summary


@reporting
def score(
    images: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGES",
            help="A folder of pictures, with all folders in it, or one picture.",
            show_default=False,
        ),
    ],
    metrics: Annotated[
        str,
        typer.Option(
            "--metrics",
            metavar="A,B,C",
            help="What to measure; without it the names of all metrics are told.",
            show_default=False,
        ),
    ] = "",
    prompts: Annotated[
        Path | None,
        typer.Option(
            "--prompts",
            metavar="FILE",
            help="The prompts: txt, csv, tsv, jsonl or parquet, tied by a column of file names, or by the "
            "words or the number in a picture's name. Without it: what is beside or in the pictures, or "
            "their names.",
            show_default=False,
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="REF",
            help="What to compare with: a folder of real pictures, their statistics or features, or starter.",
            show_default=False,
        ),
    ] = None,
    as_graph: Annotated[
        bool,
        typer.Option("--as-graph", help="Print the graph that does it instead; `mezzotint run` runs it."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="The run folder itself.", show_default=False),
    ] = None,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where run folders go.")] = Path("runs"),
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="METRIC.OPTION=VALUE",
            help="Set an option of a metric: clip_score.model=clip:ViT-L-14/openai.",
            show_default=False,
        ),
    ] = None,
    nodes: Nodes = None,
    batch: Batches = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Make everything anew, whatever is stored.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed in an earlier run.")
    ] = False,
    store: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an event, on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Score pictures, whoever made them: how real, how diverse, how true to their prompts.

    Prompts are tied to pictures by a file of them, by what stands beside a picture, by what ComfyUI,
    AUTOMATIC1111's web UI and others write into it, or by its name. Transparent pixels are laid on white; of
    animations the first picture counts. The same command again scores only what is new. Exits with status 3
    when something could not be scored.
    """
    from .. import registry
    from ..graphs.running import Settings
    from .scoring.graph import score_graph
    from .scoring.metrics import chosen, given, literal_reference
    from .scoring.pictures import find_pictures
    from .scoring.prompt_table import Prompts
    from .scoring.prompts import prompts_of
    from .scoring.results import record, results

    known = registry(nodes or ())
    wanted = chosen(metrics, known)
    settings = given(sets or (), wanted)
    pictures = find_pictures(images)
    if not pictures.found:
        _say_unreadable(pictures)
        say("mezzotint: none of the pictures can be opened")
        raise typer.Exit(Status.MISTAKE)
    asks_prompts = prompts is not None or any(metric.text for metric in wanted.values())
    found = prompts_of(pictures, prompts) if asks_prompts else Prompts()
    graph = score_graph(pictures, found, wanted, literal_reference(reference), settings, fetch=not as_graph)
    if not (quiet or as_json):
        _remark(pictures, found, wanted, reference)
    if not graph.scores:
        _say_unscored(graph)
        raise typer.Exit(Status.MISTAKE)
    if as_graph:
        if asks_prompts and not quiet:
            say(f"prompts: {_about_prompts(pictures, found)}")
        _say_unscored(graph)
        typer.echo(graph.yaml(), nl=False)
        return
    summary = execute(
        _runnable(graph, known),
        Settings(batch=batch, fresh=fresh, retry_failed=retry_failed),
        out=out,
        runs=runs,
        store=store,
        as_json=as_json,
        quiet=quiet,
    )
    scored = results(graph, pictures, summary.metrics)
    if as_json:
        typer.echo(json.dumps(record(scored, pictures, found if asks_prompts else None), ensure_ascii=False))
    elif not quiet:
        _show(summary, scored, pictures, found if asks_prompts else None)
    _say_unscored(graph)
    if summary.outcome.failures and not as_json:
        summary.show_failures()
    if summary.outcome.failures or any(result.missing for result in scored):
        raise typer.Exit(Status.ITEMS_FAILED)


def _runnable(graph: ScoreGraph, registry: Registry) -> Graph:
    from ..graphs.problem import Place
    from ..graphs.program.graph import Graph
    from ..graphs.source import Tree
    from ..graphs.spec import parse_spec
    from ..nodes.device import TorchDevice

    spec = parse_spec(Tree.of(graph.content(), Place("mezzotint score", 0)), graph.name, Path())
    return Graph(spec, registry, TorchDevice)


def _remark(
    pictures: Pictures, prompts: Prompts, metrics: Mapping[str, MetricType], reference: str | None
) -> None:
    """What was odd about what was given, on stderr."""
    _say_unreadable(pictures)
    for remark in prompts.remarks:
        say(remark)
    if reference is not None and not any(metric.reference for metric in metrics.values()):
        say(f"--reference {reference}: no metric here compares with a reference")


def _say_unreadable(pictures: Pictures) -> None:
    for name, reason in pictures.unreadable.items():
        shown = str(pictures.where(name)).replace("\n", r"\n")
        say(f"{shown}: left out: {reason}")


def _say_unscored(graph: ScoreGraph) -> None:
    for name, reason in graph.unscored.items():
        say(f"{name}: not scored: {reason}")


def _show(summary: Summary, scored: Sequence[Result], pictures: Pictures, prompts: Prompts | None) -> None:
    from .scoring.results import table
    from .terminal import write

    about = [("pictures", _about_pictures(pictures))]
    if prompts is not None:
        about.append(("prompts", _about_prompts(pictures, prompts)))
    summary.show(about, scores=False)
    typer.echo()
    write(table(scored))


def _about_pictures(pictures: Pictures) -> str:
    said = [f"{pictures.total:,} in {pictures.root}"]
    if pictures.unreadable:
        said.append(f"{len(pictures.unreadable):,} can't be opened")
    if pictures.others:
        said.append(f"beside {count(pictures.others, 'other file')}")
    return "; ".join(said)


def _about_prompts(pictures: Pictures, prompts: Prompts) -> str:
    without = pictures.total - len(prompts.texts)
    lacking = f"; {count(without, 'picture')} {'has' if without == 1 else 'have'} none"
    return f"{prompts.told}{lacking if without and prompts.texts else ''}"
