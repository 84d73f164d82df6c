"""The folder of a report: what is in it, what it leaves alone, and what a second report makes again."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.evaluation.report.writing import usual_folder
from mezzotint.evaluation.results.run_folder import read_run
from mezzotint.graphs.problem import GraphError

Report = Callable[..., Any]


def files(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items())}


def changes(folder: Path) -> dict[str, tuple[int, int]]:
    """When each file was written, and which it is."""
    found = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path.name: (state.st_mtime_ns, state.st_ino) for path, state in found.items()}


def test_the_same_runs_leave_the_same_files_but_for_the_time(
    report: Report, run_folder: Path, tmp_path: Path
) -> None:
    one, other = (report(run_folder, to=tmp_path / name) for name in ("one", "other"))
    first, second = files(one.folder), files(other.folder)
    for found in (first, second):
        found["data/report.js"] = re.sub(rb'"made":"[^"]*"', b"", found["data/report.js"])
    assert first == second


def test_a_second_report_makes_only_what_has_changed(report: Report, run_folder: Path) -> None:
    before = changes(report(run_folder).folder)
    picture = run_folder / "images/images/0-0-0.png"
    shutil.copy(run_folder / "images/images/1-0-0.png", picture)
    os.utime(picture, (1, 1))
    after = changes(report(run_folder).folder)
    changed = {name for name, state in after.items() if before[name] != state}
    assert changed - {"report.js", "files.txt"} == {"0.webp", "0-0-0.png"}


def test_a_report_can_be_moved_away_from_its_run(report: Report, run_folder: Path, tmp_path: Path) -> None:
    made = report(run_folder)
    moved = Path(shutil.copytree(made.folder, tmp_path / "elsewhere"))
    shutil.rmtree(run_folder)
    for name in filter(None, made.matrix["name"]):
        assert (moved / made.images["pictures"] / name).is_file()


def test_where_a_file_can_have_no_second_name_pictures_are_copied(
    report: Report, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    made = report(run_folder)
    copy = made.folder / made.images["pictures"] / "0-0-0.png"
    original = run_folder / "images/images/0-0-0.png"
    assert copy.read_bytes() == original.read_bytes()
    assert not os.path.samefile(copy, original)
    before = changes(made.folder)["0-0-0.png"]
    assert changes(report(run_folder).folder)["0-0-0.png"] == before


def test_a_linked_report_leads_to_the_run(report: Report, run_folder: Path) -> None:
    made = report(run_folder, link=True)
    assert made.images["pictures"] == "../painted/images/images/"
    assert (made.folder / made.images["pictures"] / made.matrix["name"][0]).is_file()
    assert not (made.folder / "pictures").exists()


def test_damaged_and_lost_pictures_are_said_to_be(report: Report, run_folder: Path) -> None:
    pictures = run_folder / "images/images"
    report(run_folder)
    (pictures / "0-0-0.png").write_bytes(b"no picture")
    whole = (pictures / "0-0-1.png").read_bytes()
    (pictures / "0-0-1.png").write_bytes(whole[: len(whole) // 2])
    (pictures / "0-1-0.png").unlink()
    made = report(run_folder)
    assert made.matrix["state"].startswith("ddl.")
    assert made.matrix["name"][:3] == [None, None, None]
    assert made.images["counts"] == {
        **{"shown": 13, "failed": 4, "damaged": 2, "lost": 1, "unmade": 0, "left_out": 0}
    }
    assert made.written.counts[0].lost == 1
    assert not (made.folder / made.images["thumbnails"] / "0.webp").exists()


def test_all_pictures_may_be_gone(report: Report, run_folder: Path) -> None:
    shutil.rmtree(run_folder / "images")
    made = report(run_folder)
    assert made.images["counts"]["lost"] == 16
    assert made.images["size"] is None


def test_the_best_and_worst_are_among_the_few_that_are_shown(report: Report, run_folder: Path) -> None:
    made = report(run_folder, most=10)
    assert made.images["counts"]["left_out"] == 6
    light = made.matrix["scores"]["light"]
    there = [value for value in light if value is not None]
    for row in (light.index(min(there)), light.index(max(there))):
        assert made.matrix["state"][row] == "."
    assert report(run_folder, most=0).images["counts"]["left_out"] == 16


def test_a_smaller_report_removes_what_it_made_and_nothing_else(
    report: Report, run_folder: Path, tmp_path: Path
) -> None:
    made = report(run_folder)
    mine = made.folder / made.images["pictures"] / "notes.txt"
    mine.write_text("mine")
    again = report(run_folder, most=0)
    assert mine.read_text() == "mine"
    assert not (again.folder / "thumbnails").exists()
    assert [path for path in mine.parent.iterdir() if path != mine] == []
    assert (run_folder / "images/images/0-0-0.png").is_file()


def test_an_edited_list_of_files_removes_nothing_outside(
    report: Report, run_folder: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    made = report(run_folder)
    with (made.folder / "files.txt").open("a") as opened:
        opened.write(f"../precious.txt\n{precious}\nlink/precious.txt\n")
    (made.folder / "link").symlink_to(tmp_path)
    report(run_folder)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("what", ["the run itself", "a file", "other files"])
def test_a_folder_of_something_else_is_left_alone(
    report: Report, run_folder: Path, tmp_path: Path, what: str
) -> None:
    places = {"the run itself": run_folder, "a file": tmp_path / "file", "other files": tmp_path / "folder"}
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/notes.txt").write_text("mine")
    before = files(tmp_path)
    with pytest.raises(GraphError, match=r"is a file|not of a report"):
        report(run_folder, to=places[what])
    assert files(tmp_path) == before


def test_a_run_goes_on_in_a_folder_with_a_report_in_it(report: Report, run_folder: Path) -> None:
    run = read_run(run_folder)
    assert usual_folder([run]) == run_folder / "report"
    report(run_folder, to=usual_folder([run]))
    assert read_run(run_folder).outputs.keys() == run.outputs.keys()
    assert report(run_folder).images["counts"]["shown"] == 16


def test_several_runs_have_names_of_their_own(report: Report, run_folder: Path, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(run_folder, tmp_path / "twin"))
    made = report(run_folder, twin)
    runs = made.data["runs"]
    assert len({run["id"] for run in runs}) == 2
    assert [run["label"] for run in runs] == ["painted", "twin"]
    assert made.data["title"] == "painted"
    assert {score["run"] for score in made.data["scores"]} == {0, 1}
    assert len({run["images"][0]["thumbnails"] for run in runs}) == 2
    with pytest.raises(GraphError, match="given twice"):
        report(run_folder, run_folder)


def test_a_column_that_no_run_has_is_a_mistake(report: Report, run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"no run has a column 'row\.kategory'\n.*row\.category"):
        report(run_folder, by="row.kategory")
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("cell", "output"),
    [
        ("images/images/../../../../secret.png", None),
        ("/etc/passwd", None),
        ("run.json", None),
        (None, "../../outside"),
    ],
)
def test_an_edited_run_leads_nowhere_else(
    report: Report, run_folder: Path, tmp_path: Path, cell: str | None, output: str | None
) -> None:
    import pyarrow
    from pyarrow import parquet

    table = parquet.read_table(run_folder / "items.parquet")
    if cell is not None:
        cells = pyarrow.array([cell, *table["images"].to_pylist()[1:]])
        table = table.set_column(table.column_names.index("images"), "images", cells)
    if output is not None:
        said = json.loads((run_folder / "metrics.json").read_text())
        said["items"][output] = said["items"].pop("images")
        (run_folder / "metrics.json").write_text(json.dumps(said))
        table = table.rename_columns([output if name == "images" else name for name in table.column_names])
    parquet.write_table(table, run_folder / "items.parquet")
    with pytest.raises(GraphError, match="not what a run writes"):
        report(run_folder)
    assert not (tmp_path / "report").exists()
