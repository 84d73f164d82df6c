"""The pictures that ``mezzotint score`` is pointed at: one file, or a folder with all folders in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...graphs.problem import Place, fail, nearest
from ...graphs.tables import IMAGE_SUFFIXES
from ...nodes.picture_folders import FoundPictures, pictures_below


@dataclass(frozen=True)
class Picture:
    """A picture's file; ``name`` is how it is called below the folder, with slashes."""

    path: Path
    name: str


@dataclass(frozen=True)
class Pictures:
    """Pictures by name, what can't be opened with the reason, and how many files are none."""

    root: Path
    found: list[Picture]
    unreadable: dict[str, str]
    others: int = 0

    def where(self, name: str) -> Path:
        """The path of a picture of that name, as messages show it."""
        return self.root if self.root.is_file() else self.root / name

    @property
    def total(self) -> int:
        """Pictures, whether they can be opened or not."""
        return len(self.found) + len(self.unreadable)


def find_pictures(root: Path) -> Pictures:
    """The pictures at a path, sorted by name; nothing is decoded.

    Of a folder those that :func:`~mezzotint.nodes.picture_folders.pictures_below` finds. GraphError where
    there is no picture.
    """
    place = Place(str(root), 0)
    if root.is_file():
        if root.suffix.lower() not in IMAGE_SUFFIXES:
            message = f"by its name this is no picture: it doesn't end in {_endings()}"
            raise fail(place, message, "rename it if it is one")
        one = FoundPictures()
        one.add(root)
        return _named(root, one, root.parent)
    if not root.is_dir():
        raise fail(place, "there is no such folder or picture", _neighbours(root))
    found = _named(root, pictures_below(root), root)
    if not found.total:
        also = f"; it holds {found.others:,} other files" if found.others else ""
        raise fail(place, f"there is no picture in this folder{also}", f"pictures end in {_endings()}")
    return found


def _named(root: Path, found: FoundPictures, folder: Path) -> Pictures:
    def name(path: Path) -> str:
        return path.relative_to(folder).as_posix()

    pictures = [Picture(path.absolute(), name(path)) for path in found.pictures]
    unreadable = {
        name(path).encode("utf-8", "backslashreplace").decode(): reason
        for path, reason in found.unreadable.items()
    }
    return Pictures(root, sorted(pictures, key=lambda picture: picture.name), unreadable, found.others)


def _neighbours(path: Path) -> str:
    try:
        return nearest(path.name, (entry.name for entry in path.parent.iterdir()))
    except OSError:
        return f"there is no folder {path.parent}"


def _endings() -> str:
    return ", ".join(sorted(IMAGE_SUFFIXES))
