"""``ocr_accuracy``: whether a picture holds the text that it should."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from ..graphs.node import Content, node
from ..graphs.types import Number, Text
from ..nodes.pictures import Images
from .extractors.preprocessing import as_pictures
from .optional_packages import OptionalPackage
from .text_agreement import found_words, quoted, similarity

if TYPE_CHECKING:
    from PIL import Image

PACKAGE = OptionalPackage("rapidocr", ("rapidocr", "onnxruntime"), extra="ocr", needed_by="ocr_accuracy")

#: The proportions beyond which a picture's shorter side is drawn out.
LONGEST = 4

_lock = threading.Lock()


def _digest(name: str, options: Mapping[str, Any], fetch: bool) -> str:
    return PACKAGE.digest()


class Legibility(NamedTuple):
    """How well the text in each picture agrees with the one that was wanted, and what was read."""

    accuracy: Number
    words: Number
    exact: Number
    read: Text


def _is_installed(options: Mapping[str, Any]) -> None:
    PACKAGE.check()


@node(version=1, batch=8, check=_is_installed, better="higher")
def ocr_accuracy(
    images: Images,
    text: Text,
    wanted: Text | None = None,
    *,
    case: bool = False,
    reader: Annotated[Literal["rapidocr"], Content(_digest)] = "rapidocr",
) -> Legibility:
    """Read the text in each picture, and say how well it agrees with the text that was wanted.

    ``accuracy`` is 1 − Levenshtein distance / length of the longer text, over the whole text that was read
    (the NED of AnyText, Tuo et al., 2023): misspelt, missing and surplus letters count. ``words`` is the
    share of the wanted words that were read, in any order. ``exact`` is 1 where all of the text is as wanted,
    else 0 (the sentence accuracy of AnyText). ``read`` is what was read. Several wanted texts may stand in
    any order, up to four of them. Typographic quotes and runs of spaces make no difference. The reader,
    PP-OCR by rapidocr, errs too: compare models by it, and don't take a score of 0.97 for a misspelling. Its
    weights come with the package: pip install 'mezzotint[ocr]'.

    Args:
        images: The pictures, rounded to 8 bits first.
        text: The prompt of each; what stands in quotes in it is the wanted text.
        wanted: The wanted text itself, where prompts don't quote it.
        case: Whether capitals and small letters differ.
        reader: What reads.

    Raises:
        ValueError: a prompt quotes nothing and no wanted text is given.
    """
    pictures = as_pictures(images)
    targets = [quoted(prompt) for prompt in text] if wanted is None else [[one] for one in wanted]
    if not len(images) == len(targets) == len(text):
        raise ValueError(f"{len(images)} images can't be compared with {len(targets)} texts")
    for target, prompt in zip(targets, text, strict=True):
        if not any(piece.strip() for piece in target):
            raise ValueError(
                f"no text is in quotes in {prompt!r}, so there is nothing to look for; "
                "give the text that the picture should hold as `wanted`"
            )
    reads = [_read(picture) for picture in pictures]
    pairs = list(zip(reads, targets, strict=True))
    accuracy = [similarity(read, target, case=case) for read, target in pairs]
    return Legibility(
        accuracy,
        [found_words(read, target, case=case) for read, target in pairs],
        [float(value == 1) for value in accuracy],
        reads,
    )


def _read(picture: Image.Image) -> str:
    """The lines in a picture from top to bottom, joined by spaces; empty where there are none."""
    with _lock:  # it keeps state between its steps
        return " ".join(_reader()(_widened(picture)).txts or ())


def _widened(picture: Image.Image) -> Image.Image:
    """The picture with its edges drawn out until it is no longer than :data:`LONGEST` times its width.

    The reader enlarges the shorter side to some 700 pixels, and would need a longer one of millions.
    """
    import numpy
    from PIL import Image

    least = -(-max(picture.size) // LONGEST)
    down, across = (max(least - side, 0) for side in (picture.height, picture.width))
    if not down and not across:
        return picture
    edges = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return Image.fromarray(numpy.pad(numpy.asarray(picture), edges, mode="edge"))


@cache
def _reader() -> Any:
    PACKAGE.check()
    from rapidocr import RapidOCR

    # By name, so that it downloads nothing: left to itself it fetches what it takes for damaged or missing.
    paths = {
        f"{part}.model_path": str(path)
        for part in ("Det", "Cls", "Rec")
        for path in PACKAGE.weights()
        if f"_{part.lower()}_" in path.name
    }
    if len(paths) < 3:
        raise ValueError("this version of rapidocr holds other weights than expected; install rapidocr>=3.10")
    return RapidOCR(params={"Global.log_level": "critical", **paths})
