"""The commands, put together."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from typing import Annotated

import typer

from .bench import bench
from .check import check
from .compare import compare
from .convert import convert
from .doctor import doctor
from .draw import draw
from .export import export
from .gate import gate
from .new_package import new_package
from .nodes import nodes
from .plan import plan
from .power import power
from .rate import rate
from .reference import reference
from .report import report
from .run import run
from .schema import schema
from .score import score
from .show import show
from .store import store
from .trying import try_

app = typer.Typer(
    name="mezzotint",
    help="Text-to-image pipelines as YAML graphs, run over every prompt, seed and setting, and scored.",
    epilog="Example: mezzotint try",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"mezzotint {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


def _help(command: Callable[..., None]) -> str:
    # A paragraph a line, or the breaks of the docstring would stand beside those of the terminal.
    return "\n\n".join(part.replace("\n", " ") for part in cleandoc(command.__doc__ or "").split("\n\n"))


def _example(*lines: str) -> str:
    # Paragraphs of their own, or they would be joined to one line.
    return "\n\n".join(["Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)])


#: Every command with its examples, in the order in which somebody new would need them.
_COMMANDS: list[tuple[str, Callable[..., None], tuple[str, ...]]] = [
    ("try", try_, ("mezzotint try", "mezzotint try --save try.yaml")),
    (
        "run",
        run,
        (
            "mezzotint run txt2img.yaml",
            "mezzotint run txt2img.yaml --set 'prompt=a red circle' --each seed=0,1,2 --out pictures",
            "mezzotint run runs/txt2img-1f0c2a9e/images/images/3.png",
            r"""mezzotint run txt2img.yaml --each 'prompt=\["one star", "a star, a heart"]'""",
        ),
    ),
    (
        "score",
        score,
        (
            "mezzotint score pictures --metrics clip_score,diversity",
            "mezzotint score pictures --prompts prompts.csv --reference photos --metrics fd,clip_score",
        ),
    ),
    (
        "bench",
        bench,
        (
            "mezzotint bench --list",
            "mezzotint bench starter --generator txt2img.yaml",
            "mezzotint bench parti --data PartiPrompts.tsv --generator txt2img.yaml --limit 200",
        ),
    ),
    (
        "rate",
        rate,
        (
            "mezzotint rate runs/txt2img-1f0c2a9e runs/txt2img-77ab03d1 -o rating",
            "mezzotint rate rating --votes votes-ann.jsonl --votes votes-bob.jsonl",
        ),
    ),
    ("show", show, ("mezzotint show", "mezzotint show runs/txt2img-1f0c2a9e")),
    (
        "export",
        export,
        (
            "mezzotint export runs/score-1f0c2a9e --to csv -o tables",
            "mezzotint export runs/score-1f0c2a9e --to wandb --project models --offline",
        ),
    ),
    (
        "compare",
        compare,
        ("mezzotint compare runs/few-steps runs/many-steps", "mezzotint compare runs/sweep --between steps"),
    ),
    (
        "gate",
        gate,
        ("mezzotint gate runs/new --baseline runs/old --allow 'clip_score: 0.5 worse' --junit gates.xml",),
    ),
    (
        "power",
        power,
        ("mezzotint power runs/at-hand", "mezzotint power runs/at-hand --difference 'clip_score: 0.5'"),
    ),
    (
        "report",
        report,
        ("mezzotint report", "mezzotint report runs/sweep-1f0c2a9e runs/sweep-7b3d5e90 -o report"),
    ),
    ("check", check, ("mezzotint check txt2img.yaml",)),
    (
        "plan",
        plan,
        ("mezzotint plan txt2img.yaml --each 'seed={range: 4}'", "mezzotint plan txt2img.yaml --why image"),
    ),
    ("draw", draw, ("mezzotint draw txt2img.yaml", "mezzotint draw txt2img.yaml -o txt2img.svg")),
    (
        "convert",
        convert,
        (
            "mezzotint convert workflow.json -o graph.yaml --models ComfyUI/models",
            "mezzotint convert ComfyUI_00001_.png -o graph.yaml",
            "mezzotint convert graph.yaml -o workflow.json",
        ),
    ),
    ("nodes", nodes, ("mezzotint nodes", "mezzotint nodes sample", "mezzotint nodes --package mezzotint")),
    ("new-package", new_package, ("mezzotint new-package film-looks",)),
    (
        "reference",
        reference,
        (
            "mezzotint reference photos -o photos.npz --extractor inception-v3",
            "mezzotint reference photos -o photos.parquet --skip-unreadable",
        ),
    ),
    ("doctor", doctor, ("mezzotint doctor", "mezzotint doctor --model starter")),
    ("schema", schema, ("mezzotint schema -o mezzotint.schema.json",)),
    ("store", store, ("mezzotint store", "mezzotint store --trim 5GB")),
]

for _name, _command, _lines in _COMMANDS:
    app.command(_name, help=_help(_command), epilog=_example(*_lines))(_command)
