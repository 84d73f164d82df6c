"""The pictures that ``mezzotint score`` is pointed at: one file, or a folder with all folders in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...graphs.problem import Place, fail, nearest
from ...graphs.tables import IMAGE_SUFFIXES


@dataclass(frozen=True)
class Picture:
    """A picture's file; ``name`` is how it is called below the folder, with slashes."""

    path: Path
    name: str


@dataclass(frozen=True)
class Pictures:
    """Pictures by name, files that can't be opened with the reason, and how many files are none."""

    root: Path
    found: list[Picture]
    unreadable: dict[str, str]
    others: int = 0

    @property
    def total(self) -> int:
        """Pictures, whether they can be opened or not."""
        return len(self.found) + len(self.unreadable)


def find_pictures(root: Path) -> Pictures:
    """The pictures at a path, sorted by name; nothing is decoded.

    Links are followed, a folder that is met again is left out, hidden files and folders are none. GraphError
    where there is no picture.
    """
    place = Place(str(root), 0)
    if root.is_file():
        if root.suffix.lower() not in IMAGE_SUFFIXES:
            raise fail(place, f"this is no picture: its name doesn't end in {_endings()}")
        return _sorted(root, [root], root.parent)
    if not root.is_dir():
        raise fail(place, "there is no such folder or picture", _neighbours(root))
    found = _sorted(root, list(_files(root)), root)
    if not found.total:
        also = f"; it holds {found.others:,} other files" if found.others else ""
        raise fail(place, f"there is no picture in this folder{also}", f"pictures end in {_endings()}")
    return found


def _sorted(root: Path, files: list[Path], folder: Path) -> Pictures:
    found: list[Picture] = []
    unreadable: dict[str, str] = {}
    others = 0
    for path in files:
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            others += 1
            continue
        name = path.relative_to(folder).as_posix()
        reason = _unreadable(path)
        if reason:
            unreadable[name.encode("utf-8", "backslashreplace").decode()] = reason
        else:
            found.append(Picture(path.absolute(), name))
    return Pictures(root, sorted(found, key=lambda picture: picture.name), unreadable, others)


def _unreadable(path: Path) -> str | None:
    """Why a file can't be opened, where that can be told without opening it."""
    try:
        str(path.absolute()).encode()
        mode = path.stat().st_mode
    except UnicodeEncodeError:
        return "its name is not text in UTF-8; rename it"
    except OSError as error:
        return "it links to nothing" if path.is_symlink() else str(error.strerror)
    if not stat.S_ISREG(mode):
        return "it is not a regular file"
    return None if os.access(path, os.R_OK) else "there is no permission to read it"


def _files(root: Path) -> Iterator[Path]:
    met = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        state = os.stat(folder)
        if (state.st_dev, state.st_ino) in met:  # a link that leads back
            folders.clear()
            continue
        met.add((state.st_dev, state.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in files if not name.startswith("."))


def _neighbours(path: Path) -> str:
    try:
        return nearest(path.name, (entry.name for entry in path.parent.iterdir()))
    except OSError:
        return f"there is no folder {path.parent}"


def _endings() -> str:
    return ", ".join(sorted(IMAGE_SUFFIXES))
