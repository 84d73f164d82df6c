"""What a report says of several runs beside each other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import pytest
from pyarrow import parquet
from pydantic import TypeAdapter

from mezzotint.evaluation.report import contract

Report = Callable[..., Any]
Edit = Callable[[Path], None]


@pytest.fixture
def twin(run_folder: Path, tmp_path: Path) -> Path:
    """The same run once more, in a folder of its own."""
    return Path(shutil.copytree(run_folder, tmp_path / "twin"))


def change_column(folder: Path, name: str, values: Any) -> None:
    path = folder / "items.parquet"
    table = parquet.read_table(path)
    place = table.column_names.index(name)
    parquet.write_table(table.set_column(place, name, pyarrow.array(values)), path)


def column(folder: Path, name: str) -> list[Any]:
    found: list[Any] = parquet.read_table(folder / "items.parquet")[name].to_pylist()
    return found


def test_one_run_has_nothing_beside_it(report: Report, run_folder: Path) -> None:
    assert report(run_folder).data["comparison"] is None


def test_the_second_run_is_told_from_the_first(report: Report, run_folder: Path, twin: Path) -> None:
    light = numpy.array(column(twin, "light"), float)
    change_column(twin, "light", light + 0.1)
    made = report(run_folder, twin)
    comparison = made.data["comparison"]
    adapter = TypeAdapter(contract.Comparison)
    assert adapter.dump_python(adapter.validate_python(comparison), mode="json") == comparison
    assert comparison["refused"] is None
    rows = [row for row in comparison["rows"] if row["name"] == "light" and row["at"] == {"steps": 4}]
    assert [row["category"] for row in rows] == [None, "one", "two"]
    assert rows[0]["difference"] == pytest.approx(0.1)
    assert (rows[0]["a"], rows[0]["b"], rows[0]["wins"], rows[0]["losses"]) == (0, 1, 4, 0)
    assert all(row["words"] for row in comparison["rows"])


def test_three_runs_are_ranked(report: Report, run_folder: Path, twin: Path, tmp_path: Path) -> None:
    third = Path(shutil.copytree(run_folder, tmp_path / "third"))
    ranking = report(run_folder, twin, third).data["comparison"]["ranking"]
    assert {tuple(entry["order"]) for entry in ranking} == {(0, 1, 2)}
    assert {tuple(map(tuple, entry["groups"])) for entry in ranking} == {((0, 1, 2),)}


def measured_otherwise(folder: Path) -> None:
    path = folder / "metrics.json"
    said = json.loads(path.read_text())
    said["items"]["light"]["protocol"]["gamma"] = "/home/somebody/gamma.json"
    path.write_text(json.dumps(said))


def of_other_prompts(folder: Path) -> None:
    change_column(folder, "row.prompt", [f"other {prompt}" for prompt in column(folder, "row.prompt")])


@pytest.mark.parametrize(("edit", "words"), [(measured_otherwise, "gamma"), (of_other_prompts, "no prompt")])
def test_what_can_not_be_compared_is_shown_side_by_side_with_the_reason(
    report: Report, run_folder: Path, twin: Path, edit: Edit, words: str
) -> None:
    edit(twin)
    made = report(run_folder, twin)
    comparison = made.data["comparison"]
    assert words in comparison["refused"]
    assert "somebody" not in comparison["refused"]
    assert comparison["rows"] == comparison["ranking"] == []
    assert {score["run"] for score in made.data["scores"]} == {0, 1}


def test_a_metric_that_one_run_lacks_is_said_to_be_missing(
    report: Report, run_folder: Path, twin: Path
) -> None:
    path = twin / "metrics.json"
    said = json.loads(path.read_text())
    del said["metrics"]["mean"]
    path.write_text(json.dumps(said))
    rows = report(run_folder, twin).data["comparison"]["rows"]
    (row,) = [row for row in rows if row["name"] == "mean"]
    assert row["verdict"] == "untested"
    assert row["reason"]


def test_categories_that_one_run_lacks_are_not_compared(report: Report, run_folder: Path, twin: Path) -> None:
    table = parquet.read_table(twin / "items.parquet").drop_columns(["row.category"])
    parquet.write_table(table, twin / "items.parquet")
    made = report(run_folder, twin)
    assert {row["category"] for row in made.data["comparison"]["rows"]} == {None}
    assert made.data["runs"][1]["images"][0]["counts"]["shown"] == 16
