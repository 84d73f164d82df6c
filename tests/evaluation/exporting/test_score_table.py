"""The table of scores: a row a score, of everything that is known of it, and of those that aren't there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mezzotint.evaluation.exporting.score_table import score_table
from mezzotint.evaluation.results.run_folder import read_run
from mezzotint.evaluation.results.scores import absences, scores


def test_a_score_is_a_row_with_all_that_is_known_of_it(folder: Path) -> None:
    run = read_run(folder)
    found = scores(run, "row.category")
    table = score_table(run, found, absences(run, "row.category"))
    rows = table.to_pylist()
    assert len(rows) == len(found) + 2  # the fd, and the category of which all failed
    four = next(row for row in rows if row["at.steps"] == 4 and row["at.row.category"] is None)
    (score,) = (score for score in found if score.at == {"steps": 4})
    assert (four["value"], four["n"], four["clusters"], four["unit"]) == (5.0, 2, 2, "prompt")
    assert (four["low"], four["high"]) == score.estimate.interval
    assert four["standard_error"] == score.estimate.standard_error
    assert (four["name"], four["better"], four["run"]) == ("clip", "higher", "drawn-0123abcd")
    assert json.loads(four["protocol"]) == {"node": "mezzotint.clip_score@2", "model": "starter"}
    twelve = next(row for row in rows if row["at.steps"] == 12 and row["at.row.category"] is None)
    assert (twelve["missing"], twelve["standard_error"]) == (1, None)
    assert twelve["reason"]


def test_a_number_that_is_not_there_is_a_row_without_value(folder: Path) -> None:
    run = read_run(folder)
    (fd,) = [row for row in score_table(run, [], absences(run)).to_pylist() if row["name"] == "fd"]
    assert (fd["value"], fd["missing"], fd["reason"]) == (None, 2, "too few members")


def test_what_a_reducer_does_not_say_is_null_and_not_zero(folder: Path) -> None:
    said = json.loads((folder / "metrics.json").read_text())
    said["metrics"]["fd"]["values"][0] |= {"value": 3.0, "failure": None}
    (folder / "metrics.json").write_text(json.dumps(said))
    run = read_run(folder)
    (fd,) = [row for row in score_table(run, scores(run)).to_pylist() if row["name"] == "fd"]
    assert (fd["value"], fd["n"], fd["clusters"], fd["standard_error"]) == (3.0, None, None, None)
    assert "doesn't tell how sure it is" in fd["reason"]


@pytest.mark.parametrize("by", [None, "row.category"])
def test_columns_have_types_of_their_own_even_where_they_are_empty(folder: Path, by: str | None) -> None:
    run = read_run(folder)
    types = {field.name: str(field.type) for field in score_table(run, scores(run, by)).schema}
    assert types["at.steps"] == "int64"
    assert (types["p_equal"], types["n"], types["method"]) == ("double", "int64", "string")
    assert ("at.row.category" in types) == (by is not None)
    assert "null" not in types.values()
