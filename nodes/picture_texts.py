"""Texts inside picture files: PNG text chunks; in JPEG and WebP some fields of their EXIF data."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from PIL.Image import Image

Format = Literal["PNG", "JPEG", "WEBP"]

#: Where EXIF keeps its own part, and the user comment in it; a comment begins with the name of its encoding.
_EXIF_PART, _USER_COMMENT, _ASCII, _UNICODE = 0x8769, 0x9286, b"ASCII\0\0\0", b"UNICODE\0"

#: What ComfyUI's nodes write as ``key:text``, and where: the camera's model, its maker, the description.
_KEYED, _KEYED_FIELDS = ("prompt", "workflow"), (0x0110, 0x010F, 0x010E)

#: The key under which a user comment stands that is no mapping of texts.
COMMENT = "UserComment"

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


def read(picture: Image, *, header_only: bool = False) -> dict[str, str]:
    """The texts in an opened picture of any format, by key. Nothing of them is trusted.

    With ``header_only`` a PNG's texts behind its pixels are left out, and the pixels aren't decoded.
    """
    found: dict[Any, Any] = dict(picture.info)
    if not (header_only and picture.format == "PNG" and "exif" not in picture.info):
        exif = picture.getexif()
        for field in _KEYED_FIELDS:
            key, _, text = str(exif.get(field, "")).partition(":")
            if key.lower() in _KEYED:
                found.setdefault(key.lower(), text)
        found |= _commented(exif.get_ifd(_EXIF_PART).get(_USER_COMMENT))
    return {key: value for key, value in found.items() if isinstance(key, str) and isinstance(value, str)}


def _commented(comment: Any) -> dict[Any, Any]:
    """What a user comment holds: the texts that :func:`write` put there, or its text as it is."""
    if not isinstance(comment, bytes):
        return {}
    if comment.startswith(_UNICODE):
        return {COMMENT: _utf16(comment[len(_UNICODE) :])}
    if not comment.startswith(_ASCII):
        return {}
    text = comment[len(_ASCII) :]
    try:
        carried = json.loads(text)
    except (ValueError, RecursionError):  # another program's
        carried = None
    return carried if isinstance(carried, dict) else {COMMENT: text.decode("utf-8", "replace")}


def _utf16(data: bytes) -> str:
    """Text of an unknown byte order: the one in which more of the high bytes are zero."""
    big = data[::2].count(0) >= data[1::2].count(0)
    return data.decode("utf-16-be" if big else "utf-16-le", "replace").rstrip("\0")


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
