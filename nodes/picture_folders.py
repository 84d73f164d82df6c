"""Which pictures lie in a folder and in all folders below it; no picture is opened."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..graphs.tables import IMAGE_SUFFIXES


@dataclass
class FoundPictures:
    """Paths of pictures, sorted; the reason by the path of what can't be opened; how many files are none."""

    pictures: list[Path] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    others: int = 0

    def add(self, path: Path) -> None:
        """Count a file in."""
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            self.others += 1
        elif reason := _obstacle(path):
            self.unreadable[path] = reason
        else:
            self.pictures.append(path)


def pictures_below(folder: Path) -> FoundPictures:
    """The pictures in a folder, told by the endings of their names.

    Links are followed, a folder that is met again is left out, hidden files and folders are none. Folders
    that can't be opened stand among what is unreadable.
    """
    found = FoundPictures()

    def note(error: OSError) -> None:
        found.unreadable[Path(error.filename)] = f"{error.strerror}, for this folder and all in it"

    met = set()
    for name, folders, files in os.walk(folder, followlinks=True, onerror=note):
        state = os.stat(name)
        if (state.st_dev, state.st_ino) in met:  # a link that leads back
            folders.clear()
            continue
        met.add((state.st_dev, state.st_ino))
        folders[:] = sorted(below for below in folders if not below.startswith("."))
        for file in files:
            if not file.startswith("."):
                found.add(Path(name, file))
    found.pictures.sort()
    return found


def _obstacle(path: Path) -> str:
    """Why a file can't be opened, where that can be told without opening it; empty where nothing is."""
    try:
        str(path).encode()
        mode = path.stat().st_mode
    except UnicodeEncodeError:
        return "its name is not text in UTF-8; rename it"
    except OSError as error:
        return "it links to nothing" if path.is_symlink() else str(error.strerror)
    if not stat.S_ISREG(mode):
        return "it is not a regular file"
    return "" if os.access(path, os.R_OK) else "there is no permission to read it"
