"""The folder of a report: files of its own, and never anything else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ...graphs.problem import fail
from ...graphs.store import write_atomically

#: Lists the files of a report, below a line that says what it is.
MANIFEST = "files.txt"
_FIRST_LINE = "mezzotint report 1"
PAGE = Path(__file__).with_name("page")
#: What the page is made of.
_PAGE_FILES = (".html", ".css", ".js", ".svg", ".png", ".ico")


class ReportFolder:
    """A folder that is new, empty, or holds an earlier report; GraphError for any other.

    What is :meth:`claimed` stays or is written; what an earlier report left besides is gone in the end.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._earlier = _listed(folder)
        self._claimed: set[str] = set()

    def begin(self) -> None:
        """Mark the folder as a report's, before anything else is in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_manifest(self._earlier)

    def claim(self, path: str) -> Path:
        """A file of this report, by its path below the folder, with the folders above it made."""
        self._claimed.add(path)
        whole = self.folder / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        return whole

    def write(self, path: str, content: bytes) -> None:
        """Write a file, whole or not at all; one that holds just that is left as it is."""
        whole = self.claim(path)
        if not (whole.is_file() and whole.read_bytes() == content):
            write_atomically(whole, content)

    def write_page(self) -> None:
        """Copy the files of the page."""
        for file in sorted(PAGE.rglob("*")):
            if file.is_file() and file.suffix in _PAGE_FILES:
                self.write(file.relative_to(PAGE).as_posix(), file.read_bytes())

    def finish(self) -> None:
        """Remove what an earlier report left and this one hasn't, and note what there is."""
        for path in sorted(self._earlier - self._claimed):
            file = self.folder / path
            if not file.parent.resolve().is_relative_to(self.folder.resolve()):
                continue  # somebody has put a link in the way
            file.unlink(missing_ok=True)
            for above in file.relative_to(self.folder).parents[:-1]:
                if _is_empty(self.folder / above):
                    (self.folder / above).rmdir()
        self._write_manifest(())

    def _write_manifest(self, besides: Iterable[str]) -> None:
        files = sorted(self._claimed.union(besides))
        write_atomically(self.folder / MANIFEST, "\n".join([_FIRST_LINE, *files, ""]).encode())


def _listed(folder: Path) -> frozenset[str]:
    """The files of the report that a folder holds; none in a new or empty one."""
    if not folder.exists():
        return frozenset()
    hint = "give a new or an empty folder, or that of an earlier report, with -o"
    if not folder.is_dir():
        raise fail(None, f"{folder} is a file", hint)
    try:
        first, *paths = (folder / MANIFEST).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        first, paths = "", []
    if first != _FIRST_LINE:
        if next(folder.iterdir(), None) is None:
            return frozenset()
        raise fail(None, f"{folder} holds files that are not of a report", hint)
    return frozenset(path for path in paths if _is_below(path))


def _is_below(path: str) -> bool:
    """Whether a path that somebody may have edited stays in the folder."""
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None
