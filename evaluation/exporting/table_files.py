"""Tables as files that other tools read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...graphs.store import whole

if TYPE_CHECKING:
    import pyarrow

Format = Literal["csv", "jsonl", "parquet"]
#: What a spreadsheet takes for the beginning of a formula, which may call programs and send data.
FORMULA = r"^[=+\-@\t\r]"


def write_table(table: pyarrow.Table, path: Path, kind: Format) -> int:
    """Write a table, whole or not at all, and give how many of its cells had to be changed.

    Of CSV, text that a spreadsheet would take for a formula gets ``'`` before it: prompts may come from
    strangers. JSON lines and Parquet hold every cell as it is.
    """
    changed = 0
    if kind == "csv":
        table, changed = without_formulas(table)
    with whole(path) as temporary:
        _write(table, temporary, kind)
    return changed


def without_formulas(table: pyarrow.Table) -> tuple[pyarrow.Table, int]:
    """A table whose texts are no formulas to a spreadsheet, and how many were changed for that."""
    import pyarrow
    from pyarrow import compute

    changed = 0
    for position, field in enumerate(table.schema):
        if field.type != pyarrow.string():
            continue
        texts = table[field.name]
        risky = compute.fill_null(compute.match_substring_regex(texts, FORMULA), False)
        count = compute.sum(risky).as_py() or 0
        if count:
            changed += count
            quoted = compute.binary_join_element_wise("'", texts, "")
            table = table.set_column(position, field, compute.if_else(risky, quoted, texts))
    return table, changed


def _write(table: pyarrow.Table, path: Path, kind: Format) -> None:
    if kind == "parquet":
        from pyarrow import parquet

        parquet.write_table(table, path)
    elif kind == "csv":
        from pyarrow import csv

        csv.write_csv(table, path)
    else:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for batch in table.to_batches(max_chunksize=4096):
                for row in batch.to_pylist():
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
