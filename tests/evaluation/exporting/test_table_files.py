"""Tables as files: as they are in JSON lines and Parquet, and harmless to a spreadsheet in CSV."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pyarrow import csv, parquet

from mezzotint.evaluation.exporting.table_files import without_formulas, write_table

TABLE = pyarrow.table(
    {
        "prompt": ["=1+1", 'a "star", a\nheart', None, "+x", "-x", "@x", "\tx", "a=1"],
        "score": [-1.5, None, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        "right": [True, False, None, True, True, True, True, True],
    }
)


def test_json_lines_and_parquet_hold_every_cell_as_it_is(tmp_path: Path) -> None:
    assert write_table(TABLE, tmp_path / "t.jsonl", "jsonl") == 0
    assert write_table(TABLE, tmp_path / "t.parquet", "parquet") == 0
    lines = (tmp_path / "t.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == TABLE.to_pylist()
    assert parquet.read_table(tmp_path / "t.parquet").equals(TABLE)


def test_csv_holds_no_formulas_and_says_how_many_it_would(tmp_path: Path) -> None:
    assert write_table(TABLE, tmp_path / "t.csv", "csv") == 5
    options = csv.ParseOptions(newlines_in_values=True)
    read = csv.read_csv(tmp_path / "t.csv", parse_options=options).to_pydict()
    prompts = ["'=1+1", 'a "star", a\nheart', "", "'+x", "'-x", "'@x", "'\tx", "a=1"]
    assert [prompt or "" for prompt in read["prompt"]] == prompts
    assert read["score"] == TABLE["score"].to_pylist()  # a negative number is none
    assert read["right"] == TABLE["right"].to_pylist()


@given(some.lists(some.none() | some.text()))
def test_no_text_is_a_formula_and_all_else_is_kept(texts: list[str | None]) -> None:
    table = pyarrow.table({"text": pyarrow.array(texts, pyarrow.string())})
    safe, changed = without_formulas(table)
    pairs = list(zip(texts, safe["text"].to_pylist(), strict=True))
    assert not any(text and text[0] in "=+-@\t\r" for _, text in pairs)
    assert sum(before != after for before, after in pairs) == changed
    assert all(before == after or after == f"'{before}" for before, after in pairs)


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(pyarrow.ArrowException):  # CSV has no lists
        write_table(pyarrow.table({"a": [[1]]}), tmp_path / "t.csv", "csv")
    assert list(tmp_path.iterdir()) == []
