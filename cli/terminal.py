"""How tables and coloured text are written, on a terminal and into a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

#: Without a terminal there is no width to keep to; lines then are as long as what they say.
_PIPE_WIDTH = 400


#: Control characters, as Python writes them, but for tabs and the ends of lines.
_CODES = {code: repr(chr(code))[1:-1] for code in (*range(9), *range(11, 32), *range(127, 160))}


def printable(text: str) -> str:
    """Text, such as the name of a file from elsewhere, that holds no codes which a terminal would obey."""
    return text.translate(_CODES)


def console(*, err: bool = False) -> Console:
    """A console on stdout or stderr, made when it is used, so that redirections count."""
    from rich.console import Console

    made = Console(stderr=err, highlight=False, soft_wrap=False)
    return made if made.is_terminal else Console(stderr=err, highlight=False, width=_PIPE_WIDTH)


def write(*renderables: RenderableType) -> None:
    """Write to stdout; in a pipe without the blanks that fill lines up on a terminal."""
    out = console()
    if out.is_terminal:
        for renderable in renderables:
            out.print(renderable)
        return
    with out.capture() as captured:
        for renderable in renderables:
            out.print(renderable)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def table(*headings: str, numbers: tuple[str, ...] = (), folds: str = "") -> Table:
    """An empty table in the house's style; columns named in ``numbers`` stand to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for heading in headings:
        right = heading in numbers
        made.add_column(
            heading,
            justify="right" if right else "left",
            no_wrap=heading != folds,
            overflow="fold" if heading == folds else "ellipsis",
        )
    return made


def count(number: int, word: str, many: str = "") -> str:
    """``1 node``, ``2 nodes``, ``1,200 items``."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def duration(seconds: float) -> str:
    """``<0.1 s``, ``0.4 s``, ``12 s``, ``3:05``, ``1:02:03``."""
    if seconds < 0.1:
        return "<0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate(per_second: float) -> str:
    """``3.1/s``, or ``12 s each`` for what is slow."""
    if per_second >= 100:
        return f"{per_second:,.0f}/s"
    return f"{per_second:.1f}/s" if per_second >= 0.5 else f"{1 / per_second:.1f} s each"
