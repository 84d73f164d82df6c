"""Which pictures lie in a folder: those below it, each once, and why others can't be opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mezzotint.nodes.picture_folders import pictures_below


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.JPG", "below/c.WebP", "notes.txt", "plain", ".hidden.png", ".git/d.png"):
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "pictures"


def test_pictures_are_told_by_their_endings_and_sorted(folder: Path) -> None:
    found = pictures_below(folder)
    names = [path.relative_to(folder).as_posix() for path in found.pictures]
    assert names == ["a.JPG", "b.png", "below/c.WebP"]
    assert (found.others, found.unreadable) == (2, {})


def test_links_are_followed_and_each_folder_is_met_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e.png").touch()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "below" / "back").symlink_to(folder)
    names = [path.relative_to(folder).as_posix() for path in pictures_below(folder).pictures]
    assert names == ["a.JPG", "b.png", "below/c.WebP", "linked/e.png"]


def test_what_cannot_be_opened_is_named(folder: Path) -> None:
    (folder / "lost.png").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.png")
    assert pictures_below(folder).unreadable == {
        folder / "lost.png": "it links to nothing",
        folder / "pipe.png": "it is not a regular file",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named_folders_too(folder: Path) -> None:
    (folder / "b.png").chmod(0)
    (folder / "below").chmod(0)
    unreadable = pictures_below(folder).unreadable
    (folder / "below").chmod(0o700)
    assert unreadable == {
        folder / "b.png": "there is no permission to read it",
        folder / "below": "Permission denied, for this folder and all in it",
    }
