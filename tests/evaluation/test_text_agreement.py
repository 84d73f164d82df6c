"""What a prompt quotes, and how far what was read agrees with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.text_agreement import edit_distance, found_words, normalized, quoted, similarity

TEXTS = st.text(alphabet="abc '", max_size=8)


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ('a sign that says "Open"', ["Open"]),
        ("a sign that says 'until nine o'clock'", ["until nine o'clock"]),
        ("the dogs' bowl says 'REX'", ["REX"]),
        ("“Hello” over „Welt“ and «monde»", ["Hello", "Welt", "monde"]),
        ('a poster ‘it’s here’ and "It\'s there"', ["it’s here", "It's there"]),
        ("招牌写着「你好」和『世界』", ["你好", "世界"]),
        ("a cat", []),
        ("it's the cat's", []),
        ('an empty "" sign', []),
        ('a lonely " mark', []),
    ],
)
def test_what_stands_in_quotes_is_wanted(prompt, texts):
    assert quoted(prompt) == texts


def test_typographic_quotes_spaces_and_case_make_no_difference():
    assert normalized("  It’s\n“OPEN”  ") == normalized('it\'s "open"')
    assert normalized("Open", case=True) != normalized("open", case=True)


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "abc", 0), ("ab", "ba", 2)],
)
def test_edit_distance(left, right, distance):
    assert edit_distance(left, right) == distance


@given(TEXTS, TEXTS, TEXTS)
def test_edit_distance_is_a_distance(one, two, three):
    assert edit_distance(one, two) == edit_distance(two, one)
    assert (edit_distance(one, two) == 0) == (one == two)
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)
    assert abs(len(one) - len(two)) <= edit_distance(one, two) <= max(len(one), len(two))


def test_similarity_counts_wrong_missing_and_surplus_letters():
    assert similarity("open", ["OPEN"]) == 1
    assert similarity("opon", ["open"]) == 0.75
    assert similarity("ope", ["open"]) == 0.75
    assert similarity("opens", ["open"]) == 0.8
    assert similarity("", ["open"]) == 0


def test_several_texts_may_be_read_in_any_order():
    assert similarity("sale open", ["open", "sale"]) == 1
    assert similarity("one two three four five", ["five", "four", "three", "two", "one"]) < 1


def test_words_are_found_in_any_order_and_counted_once_each():
    assert found_words("daily open", ["Open daily"]) == 1
    assert found_words("the", ["the more the better"]) == 0.25
    assert found_words("open, daily!", ["open daily"]) == 1
    assert found_words("", ["open"]) == 0
    assert found_words("世你", ["你好"]) == 0.5
    assert found_words("!!!", ["!!!"]) == 1
    assert found_words("???", ["!!!"]) == 0
