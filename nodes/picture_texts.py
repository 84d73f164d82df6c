"""Texts inside picture files: PNG text chunks, and for JPEG and WebP the user comment of their EXIF data."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from PIL.Image import Image

Format = Literal["PNG", "JPEG", "WEBP"]

#: Where EXIF keeps its own part, and the user comment in it; a comment begins with the name of its encoding.
_EXIF_PART, _USER_COMMENT, _ASCII = 0x8769, 0x9286, b"ASCII\0\0\0"

#: A JPEG's EXIF data fits one segment of 64 KiB, with a little of its own.
LONGEST_IN_JPEG = 65_000

#: Lossless at every level; this one takes a third of the default's time, for up to a fifth more bytes.
_PNG_EFFORT = 2

#: Stands for texts that a JPEG has no room for.
LEFT_OUT = "mezzotint:left_out"


def write(picture: Image, kind: Format, texts: Mapping[str, str], quality: int = 90) -> bytes:
    """The content of a file that holds a picture and texts.

    ``quality`` (1 to 100) is that of JPEG and WebP; PNG is lossless. A JPEG has room for 64 KiB of texts: the
    longest of more are left out, and a text of the key :data:`LEFT_OUT` names them.
    """
    buffer = io.BytesIO()
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        for key, value in texts.items():
            info.add_text(key, value)  # tEXt, or iTXt for what Latin-1 can't hold
        picture.save(buffer, "PNG", pnginfo=info, compress_level=_PNG_EFFORT)
    elif kind == "JPEG":
        # Colours at full resolution: halving it would show at the edges of flat shapes.
        picture.save(buffer, "JPEG", quality=quality, subsampling=0, exif=_comment(_fitting(texts)))
    else:
        picture.save(buffer, "WEBP", quality=quality, exif=_comment(texts))
    return buffer.getvalue()


def read(picture: Image) -> dict[str, str]:
    """The texts in an opened picture of any format, by key. Nothing of them is trusted."""
    found: dict[Any, Any] = dict(picture.info)
    comment = picture.getexif().get_ifd(_EXIF_PART).get(_USER_COMMENT)
    if isinstance(comment, bytes) and comment.startswith(_ASCII):
        try:
            carried = json.loads(comment[len(_ASCII) :])
        except (ValueError, RecursionError):
            carried = None  # another program's comment
        found |= carried if isinstance(carried, dict) else {}
    return {key: value for key, value in found.items() if isinstance(key, str) and isinstance(value, str)}


def _comment(texts: Mapping[str, str]) -> bytes:
    from PIL.Image import Exif

    exif = Exif()
    exif.get_ifd(_EXIF_PART)[_USER_COMMENT] = _ASCII + json.dumps(dict(texts)).encode("ascii")
    return exif.tobytes()


def _fitting(texts: Mapping[str, str]) -> dict[str, str]:
    kept = dict(texts)
    while len(json.dumps(kept)) > LONGEST_IN_JPEG:
        longest = max(kept, key=lambda key: len(json.dumps(kept[key])))
        del kept[longest]
        kept[LEFT_OUT] = " ".join(sorted(set(texts) - set(kept)))
    return kept
