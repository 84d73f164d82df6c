"""A picture inside the terminal, where the terminal can show one."""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import typer

Protocol = Literal["kitty", "iterm"]

#: kitty's protocol takes at most this much of base64 text an escape.
_PIECE = 4096


def protocol(environment: Mapping[str, str]) -> Protocol | None:
    """How the terminal takes pictures, told by its environment; None where it doesn't, or not for sure."""
    if environment.get("TMUX") or environment.get("TERM", "").startswith(("screen", "tmux")):
        return None  # what stands between swallows the escapes
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if program in ("iTerm.app", "WezTerm") or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    if environment.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return "kitty"
    return None


def escapes(picture: bytes, how: Protocol) -> str:
    """The escape sequences that show the content of a PNG file as wide as the terminal allows.

    https://sw.kovidgoyal.net/kitty/graphics-protocol and https://iterm2.com/documentation-images.html
    """
    text = b64encode(picture).decode()
    if how == "iterm":
        settings = f"inline=1;size={len(picture)};width=100%;preserveAspectRatio=1"
        return f"\x1b]1337;File={settings}:{text}\x07"
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    written = []
    for number, piece in enumerate(pieces):
        first = "a=T,f=100," if number == 0 else ""
        more = int(number < len(pieces) - 1)
        written.append(f"\x1b_G{first}m={more};{piece}\x1b\\")
    return "".join(written)


def show_inline(path: Path) -> None:
    """Show a PNG file where stdout is a terminal that can; elsewhere write nothing."""
    how = protocol(os.environ)
    if how is not None and sys.stdout.isatty():
        typer.echo(escapes(path.read_bytes(), how))
