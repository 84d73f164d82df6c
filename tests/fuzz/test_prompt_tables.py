"""Tables of prompts, damaged: values to run over, or an error that names the file and what is wrong."""

from __future__ import annotations

import io
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from mezzotint.graphs.grammar import Each
from mezzotint.graphs.problem import GraphError, Place
from mezzotint.graphs.tables import read_axis
from mezzotint.graphs.values import canonical


def parquet_bytes(compression: str) -> bytes:
    table = pyarrow.table(
        {
            "prompt": ["a red circle", "zwei Sterne", None],
            "size": [1, 2, 3],
            "tags": [["a"], [], None],
            "image": [b"\x89PNG", b"", None],
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression=compression)
    return buffer.getvalue()


TABLES = {
    "txt": [b"a red circle\ntwo stars\n\n  3\n", b"\xef\xbb\xbf1\r\n2\r\n"],
    "csv": [b'prompt,size\n"a ""red"" circle",1\n"two\nstars",2\n', b"prompt\n\n\n7\n"],
    "tsv": [b"prompt\tsize\na star\t1\n\tx\n"],
    "jsonl": [b'{"prompt": "a star", "size": 1.5}\n["x", null]\n\n7\n"\\u00e9"\n'],
    "parquet": [parquet_bytes("none"), parquet_bytes("snappy")],
}
WORDS = (b'"', b",", b"\t", b"\r", b"{", b"[" * 50, b"1e999", b"\\ud800", b"\xed\xa0\x80", b"NaN", b"PAR1")


@pytest.mark.parametrize("kind", TABLES)
def test_damaged_tables(fuzzed: Any, damaged: Any, write: Any, kind: str) -> None:
    column = st.sampled_from([None, "prompt", "size", "image", "x"])

    @given(damaged(*TABLES[kind], words=WORDS), column)
    def property(content: bytes, column: str | None) -> None:
        path = write(f"table.{kind}", content)
        try:
            axis = read_axis("row", Each(Place("graph.yaml"), file=path, column=column))
        except GraphError as error:
            found = error.problems
        else:
            found = []
            assert len(axis.values) > 0
            for value in axis.values:
                canonical(value)
        assert all(problem.message and len(str(problem)) < 5000 for problem in found)

    fuzzed(property, parts=len(TABLES))
