"""What people write at gates, and what they are told where it can't be read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.comparing.allowances import (
    Amount,
    allowances_of_suite,
    parse_allowance,
    parse_difference,
)
from mezzotint.graphs.problem import GraphError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clip_score: 0.5 worse", Amount("clip_score", None, 0.5, False)),
        ("clip_score:0.5worse", Amount("clip_score", None, 0.5, False)),
        ("  fd :  1e-3  worse ", Amount("fd", None, 0.001, False)),
        ("seconds: 2 % worse", Amount("seconds", None, 0.02, True)),
        ("seconds: 2% worse", Amount("seconds", None, 0.02, True)),
        ("fd: no worse", Amount("fd", None, 0.0, False)),
        ("fd: 0 worse", Amount("fd", None, 0.0, False)),
        ("correct[two]: .05 worse", Amount("correct", "two", 0.05, False)),
        ("correct[a: b]: no worse", Amount("correct", "a: b", 0.0, False)),
    ],
)
def test_an_allowance_is_a_score_and_how_much_worse_it_may_be(text: str, expected: Amount) -> None:
    found = parse_allowance(text)
    assert found == replace(expected, amount=pytest.approx(expected.amount))
    assert parse_allowance(found.text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "clip_score",
        "clip_score: 0.5",
        "clip_score 0.5 worse",
        "clip_score: worse",
        "clip_score: 0.5 better",
        "clip_score: half worse",
        "clip_score: -1 worse",
        "clip_score: nan worse",
        "clip_score: 1e999 worse",
        "clip_score: 1..2 worse",
        "[two]: 1 worse",
        "correct[]: 1 worse",
        ": no worse",
    ],
)
def test_anything_else_is_told_what_to_write_in_one_message(text: str) -> None:
    with pytest.raises(GraphError) as refused:
        parse_allowance(text)
    (problem,) = refused.value.problems
    assert problem.message.startswith("--allow: ")
    assert "write 'clip_score: 0.5 worse', 'clip_score: 2 % worse', 'clip_score: no worse'" in problem.hint


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    for parse in (parse_allowance, parse_difference):
        with suppress(GraphError):
            assert parse(text).amount >= 0


def test_a_difference_is_a_score_and_an_amount() -> None:
    assert parse_difference("clip_score: 0.5") == Amount("clip_score", None, 0.5, False)
    assert parse_difference("correct[two]: 5 %") == Amount("correct", "two", 0.05, True)
    for text in ("clip_score", "clip_score: 0", "clip_score: 0.5 worse", "clip_score: much"):
        with pytest.raises(GraphError, match="is no difference of a score"):
            parse_difference(text)


def test_a_suite_names_its_gates() -> None:
    graph = {"suite": {"gates": {"clip_score": "0.5 worse", "correct[two]": "no worse"}}}
    assert [gate.text for gate in allowances_of_suite(graph)] == [
        "clip_score: 0.5 worse",
        "correct[two]: no worse",
    ]
    assert allowances_of_suite({}) == allowances_of_suite({"suite": {"name": "starter"}}) == []


def test_all_malformed_gates_of_a_suite_are_told_at_once() -> None:
    with pytest.raises(GraphError) as refused:
        allowances_of_suite({"suite": {"gates": {"fd": 0.5, "clip_score": "0.5 worse", "kid": "worse"}}})
    assert [problem.message for problem in refused.value.problems] == [
        "the suite's gates: 'fd: 0.5' is no allowance",
        "the suite's gates: 'kid: worse' is no allowance",
    ]
    with pytest.raises(GraphError, match="gates are a list of 1"):
        allowances_of_suite({"suite": {"gates": ["fd: 0.5 worse"]}})
