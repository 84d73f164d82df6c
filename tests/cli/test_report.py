"""``mezzotint report``: where it goes, what it says, and what it makes of folders that are no runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]


@pytest.fixture
def run(invoke: Invoke, folder: Path) -> Path:
    """A run of the toy graph, which has no pictures."""
    assert invoke("run", "graph.yaml", "--out", "runs/one").exit_code == 0
    return folder / "runs/one"


def report(invoke: Invoke, *arguments: str) -> Result:
    return invoke("report", *arguments, toys=False)


def test_a_report_goes_into_the_folder_of_its_run(invoke: Invoke, run: Path) -> None:
    result = report(invoke, "runs/one")
    assert result.exit_code == 0
    assert result.stdout == "runs/one/report/index.html\n"
    assert (run / "report/data/report.js").is_file()


def test_the_newest_run_is_reported_on_unless_one_is_named(invoke: Invoke, run: Path) -> None:
    assert report(invoke).stdout == "runs/one/report/index.html\n"


def test_a_run_goes_on_beside_its_report(invoke: Invoke, run: Path) -> None:
    report(invoke, "runs/one")
    again = invoke("run", "graph.yaml", "--out", "runs/one")
    assert again.exit_code == 0
    assert "nothing: all was there" in again.stdout
    assert report(invoke, "runs/one").exit_code == 0


def test_a_report_on_several_runs_stands_beside_them(invoke: Invoke, run: Path) -> None:
    invoke("run", "graph.yaml", "--set", "scale=7", "--out", "runs/two")
    result = report(invoke, "runs/one", "runs/two")
    assert result.exit_code == 0
    (made,) = (run.parent).glob("report-*")
    assert result.stdout == f"runs/{made.name}/index.html\n"
    assert report(invoke, "runs/one", "runs/two", "-o", "both").stdout == "both/index.html\n"


def test_a_title_is_shown(invoke: Invoke, run: Path) -> None:
    report(invoke, "runs/one", "--title", "Seven <b>numbers</b>")
    assert "Seven \\\\u003cb>numbers" in (run / "report/data/report.js").read_text()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.json", None, "no run's folder"),
        ("metrics.json", None, "no metrics.json yet"),
        ("metrics.json", "{", "not what a run writes"),
        ("metrics.json", json.dumps({"mezzotint": 1, "metrics": {}}), "earlier version"),
        ("graph.yaml", "nodes: [", "not what a run writes"),
        ("items.parquet", None, "no items.parquet"),
        ("items.parquet", "PAR1", "not what a run writes"),
    ],
)
def test_a_folder_that_is_no_whole_run_is_a_mistake(
    invoke: Invoke, run: Path, name: str, content: str | None, said: str
) -> None:
    if content is None:
        (run / name).unlink()
    else:
        (run / name).write_text(content)
    result = report(invoke, "runs/one")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (run / "report").exists()


def test_a_folder_of_something_else_is_left_alone(invoke: Invoke, run: Path) -> None:
    result = report(invoke, "runs/one", "-o", ".")
    assert result.exit_code == 2
    assert "holds files that are not of a report" in result.stderr
    assert "-o" in result.stderr
