"""Long texts fall apart at the borders of words, and nothing of them is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.long_texts import pieces


def at_most(length: int):
    return lambda text: len(text) <= length


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("short", ["short"]),
        ("", [""]),
        ("one two three", ["one two", "three"]),
        ("a incomprehensible b", ["a", "incomprehensible", "b"]),
    ],
)
def test_pieces_are_as_long_as_fits(text, found):
    assert pieces(text, at_most(8)) == found


@given(st.text(alphabet="ab \n", max_size=60), st.integers(1, 20))
def test_every_word_is_in_one_piece_in_order(text, length):
    found = pieces(text, at_most(length))
    assert " ".join(found).split() == text.split()
    assert all(len(piece) <= length or len(piece.split()) == 1 for piece in found) or found == [text]
