"""What a picture's file carries: the graph that drew it, which output it is, and its key."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .picture_texts import LEFT_OUT, read

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

FORMATS = ("PNG", "JPEG", "WEBP")

#: As much text as a graph file may have; a picture carries one graph.
MOST_TEXT = 1 << 20

GRAPH, OUTPUT, KEY = "mezzotint", "mezzotint:output", "mezzotint:key"

#: By what other programs' pictures are known, and how those are called.
_OTHERS = {"workflow": "ComfyUI", "prompt": "ComfyUI", "parameters": "AUTOMATIC1111's web UI or one like it"}


@dataclass(frozen=True)
class Carried:
    """A graph as plain data, not checked yet, and the key of the item under it, in hexadecimal digits."""

    graph: Any
    output: str
    key: str


def read_carried(path: Path) -> Carried:
    """What a picture carries. Nothing of it is trusted: it is plain data, of bounded size.

    Raises ValueError, with the reason, for a file that is no picture, damaged, or carries no graph.
    """
    texts = read_texts(path)
    if GRAPH not in texts and LEFT_OUT in texts:
        raise ValueError(
            "this JPEG had no room for its graph, which is longer than 64 KiB; "
            "the run folder's graph.yaml has it"
        )
    if GRAPH not in texts:
        other = next((name for key, name in _OTHERS.items() if key in texts), None)
        whose = f"; it seems to come from {other}" if other else ""
        raise ValueError(
            f"this picture carries no graph of mezzotint's{whose}. What edits, sends or shows pictures often "
            "drops their text; the run folder's graph.yaml has the graph too"
        )
    text = texts[GRAPH]
    if len(text) > MOST_TEXT:
        raise ValueError(
            f"the graph in this picture has {len(text):,} characters; {MOST_TEXT:,} are the most"
        )
    try:
        graph = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the graph in this picture is damaged: it is not JSON") from None
    return Carried(graph, texts.get(OUTPUT, ""), texts.get(KEY, ""))


def read_texts(path: Path, *, header_only: bool = False) -> dict[str, str]:
    """The texts in a picture's file by their keys; with ``header_only`` no pixel is decoded for them.

    Raises ValueError, with the reason, for a file that is missing, damaged or no picture.
    """
    from PIL import Image, UnidentifiedImageError

    if not path.exists():
        raise ValueError("no such file")
    if not path.is_file():
        raise ValueError("this is not a file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on damage; what can't be read shows below
            with Image.open(path, formats=FORMATS) as picture:  # by name alone Pillow would try dozens more
                return read(picture, header_only=header_only)
    except UnidentifiedImageError:
        raise ValueError("this is not a picture, or it is damaged") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"this picture can't be read: {error}") from None
