"""Data as scripts, whatever stands in a prompt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.report.scripts import plain, script, without_local_paths

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def unquoted(text: str) -> str:
    """A JavaScript literal in single quotes, read as a browser does."""
    assert text[0] == text[-1] == "'"
    found, index = [], 1
    while index < len(text) - 1:
        assert text[index] != "'"
        if text[index] == "\\":
            index += 1
            assert text[index] in "\\'"
        found.append(text[index])
        index += 1
    return "".join(found)


@given(JSON)
def test_a_browser_reads_what_was_written(value: object) -> None:
    written = script("window.x", value).decode("ascii")
    assert written.startswith("window.x = JSON.parse('")
    assert json.loads(unquoted(written[len("window.x = JSON.parse(") : -3])) == value


@given(st.text())
def test_nothing_can_end_the_script_or_its_line(text: str) -> None:
    written = script("x", {text: text})
    assert b"<" not in written
    assert written.count(b"\n") == 1
    assert all(byte < 128 for byte in written)


def test_what_json_has_no_word_for() -> None:
    @dataclass
    class Entry:
        path: Path
        values: tuple[float, ...]

    entry = Entry(Path("/home/somebody/cat.png"), (float("nan"), float("inf"), 1.5))
    assert plain(entry) == {"path": "cat.png", "values": [None, None, 1.5]}
    assert plain([2**53, -(2**60), True]) == [str(2**53), str(-(2**60)), True]
    assert b"\\ud800" in script("x", "\ud800")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("can't read /home/me/a b.png", "can't read …/a b.png"),
        ("'/data/x/model.safetensors' is damaged", "'…/model.safetensors' is damaged"),
        (r"C:\Users\me\cat.png: no", "…/cat.png: no"),
        ("~/models/x", "…/x"),
        (
            "https://example.com/a/b and stabilityai/sd-2 and/or 1/2",
            "https://example.com/a/b and stabilityai/sd-2 and/or 1/2",
        ),
    ],
)
def test_messages_name_files_without_their_folders(text: str, shown: str) -> None:
    assert without_local_paths({"a": [text]}) == {"a": [shown]}
