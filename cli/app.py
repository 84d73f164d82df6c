"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from .check import check
from .draw import draw
from .nodes import nodes
from .plan import plan
from .run import run
from .store import store

app = typer.Typer(
    name="mezzotint",
    help="Text-to-image pipelines as YAML graphs, run over every prompt, seed and setting, and scored.",
    epilog="Example: mezzotint run examples/txt2img.yaml --set steps=20",
    no_args_is_help=True,
    add_completion=False,
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


def _example(*lines: str) -> str:
    # Paragraphs of their own, or they would be joined to one line.
    return "\n\n".join(["Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)])


app.command(
    epilog=_example(
        "mezzotint run txt2img.yaml",
        "mezzotint run txt2img.yaml --set 'prompt=a red circle' --each seed=0,1,2 --out pictures",
        r"""mezzotint run txt2img.yaml --each 'prompt=\["one star", "a star, a heart"]'""",
    )
)(run)
app.command(epilog=_example("mezzotint check txt2img.yaml"))(check)
app.command(epilog=_example("mezzotint plan txt2img.yaml --each 'seed={range: 4}'"))(plan)
app.command(
    epilog=_example("mezzotint draw txt2img.yaml", "mezzotint draw txt2img.yaml -o txt2img.svg"),
)(draw)
app.command(epilog=_example("mezzotint nodes", "mezzotint nodes sample"))(nodes)
app.command(epilog=_example("mezzotint store", "mezzotint store --trim 5GB"))(store)
