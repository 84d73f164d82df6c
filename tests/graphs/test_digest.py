"""Digests of files: by content, remembered while a file is as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mezzotint.graphs.digest import cache_folder, file_digest, files_digest


def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what this process has met, so that only the cache folder knows it."""
    monkeypatch.setattr("mezzotint.graphs.digest._met", {})


def test_equal_content_has_equal_digests_wherever_it_lies(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"same")
    two.write_bytes(b"same")
    assert file_digest(one) == file_digest(two)
    two.write_bytes(b"else")
    assert file_digest(one) != file_digest(two)


def test_a_file_as_it_was_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"many bytes")
    first = file_digest(path)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("the file was read"))
    assert file_digest(path) == first
    another_process(monkeypatch)
    assert file_digest(path) == first


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = file_digest(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert file_digest(path) != first


def test_digests_work_without_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = file_digest(path)
    another_process(monkeypatch)
    (tmp_path / "blocked").write_bytes(b"")
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "blocked" / "cache"))
    assert file_digest(path) == first
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "damaged"))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "digests.db").write_bytes(b"rubbish" * 1000)
    another_process(monkeypatch)
    assert file_digest(path) == first


def test_names_and_content_of_several_files_matter_but_not_their_folder(tmp_path: Path) -> None:
    for folder, names in (("a", "xy"), ("b", "xy"), ("c", "xz")):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_bytes(b"1")
    digests = {
        folder: files_digest((tmp_path / folder).iterdir(), tmp_path / folder) for folder in ("a", "b", "c")
    }
    assert digests["a"] == digests["b"] != digests["c"]


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MEZZOTINT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "mezzotint"
