"""Pictures for a report: a thumbnail of each, and the picture itself beside it, made once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...graphs.store import whole

if TYPE_CHECKING:
    from PIL.Image import Image

#: The longest side of a thumbnail, in pixels.
LONGEST = 192
#: Up to this side nothing is lost in a thumbnail, since nothing is won: lossy WebP blurs colours there.
_LOSSLESS = 128
_QUALITY = 80

State = Literal["shown", "damaged", "lost"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Picture:
    """A picture of a run, and where its thumbnail goes; ``beside`` is where it goes itself, if it does."""

    source: Path
    thumbnail: Path
    beside: Path | None


def show(pictures: Sequence[Picture], progress: Progress | None = None) -> list[State]:
    """Make thumbnails and put pictures in their places, in parallel; what is up to date is left alone.

    The state of each: shown; damaged, where the file is no picture that can be read; lost, where it isn't
    there.
    """
    states: list[State] = []
    with ThreadPoolExecutor(os.cpu_count() or 1, "mezzotint thumbnails") as threads:
        for state in threads.map(_show, pictures):
            states.append(state)
            if progress is not None:
                progress(len(states), len(pictures))
    return states


def size_of(source: Path) -> tuple[int, int]:
    """Width and height of a picture, of which only the head is read."""
    from PIL import Image

    with Image.open(source) as image:
        return image.width, image.height


def _show(picture: Picture) -> State:
    try:
        changed = picture.source.stat().st_mtime_ns
        if not _is_of(picture.thumbnail, changed):
            _write_thumbnail(picture.source, picture.thumbnail, changed)
        if picture.beside is not None:
            _put(picture.source, picture.beside)
    except FileNotFoundError:
        return _gone(picture, "lost")
    except _UnreadableError:
        return _gone(picture, "damaged")
    return "shown"


class _UnreadableError(Exception):
    """A file that is no picture that can be read."""


def _gone(picture: Picture, state: State) -> State:
    picture.thumbnail.unlink(missing_ok=True)
    if picture.beside is not None:
        picture.beside.unlink(missing_ok=True)
    return state


def _is_of(thumbnail: Path, changed: int) -> bool:
    """Whether a thumbnail was made of a picture as it is: it has taken over the time of its last change."""
    try:
        return thumbnail.stat().st_mtime_ns == changed
    except FileNotFoundError:
        return False


def _write_thumbnail(source: Path, target: Path, changed: int) -> None:
    small, lossless = _small(source)
    with whole(target) as temporary:
        small.save(temporary, "WEBP", quality=_QUALITY, lossless=lossless, method=2)
        os.utime(temporary, ns=(changed, changed))


def _small(source: Path) -> tuple[Image, bool]:
    from PIL import Image

    try:
        with Image.open(source) as image:
            lossless = max(image.size) <= _LOSSLESS
            image.draft("RGB", (LONGEST, LONGEST))
            image.thumbnail((LONGEST, LONGEST), reducing_gap=2.0)
            return image.convert(
                "RGBA" if "transparency" in image.info or "A" in image.mode else "RGB"
            ), lossless
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _UnreadableError from error


def _put(source: Path, target: Path) -> None:
    """A second name of the same file where the file system can, and else a copy."""
    there, wanted = _stat(target), source.stat()
    if there is not None and (
        os.path.samestat(there, wanted)
        or (there.st_size, there.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)
    ):
        return
    linked = target.with_name(f".{target.name}.link")
    try:
        linked.unlink(missing_ok=True)
        os.link(source, linked)
        linked.replace(target)
    except OSError:  # another file system, or one that has no such thing
        with whole(target) as temporary:
            shutil.copy2(source, temporary)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
