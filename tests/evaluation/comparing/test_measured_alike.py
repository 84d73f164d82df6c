"""The size of a set is part of how it was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mezzotint.evaluation.comparing.measured_alike import lost_too_many, unlike


def test_sets_planned_unlike_are_unlike(made: Any) -> None:
    a, b = (made.of_set(1.0, {"x": 0.1, "y": -0.1}, n=n) for n in (1000, 500))
    assert unlike(a, b) == {"pictures": (1000, 500)}
    assert unlike(a, made.of_set(1.0, {"x": 0.1, "y": -0.1}, n=995)) == {}


def test_a_set_that_lost_members_is_not_of_another_protocol_but_of_another_value(made: Any) -> None:
    a, b = (made.of_set(1.0, {"x": 0.1, "y": -0.1}, n=n) for n in (1000, 500))
    b = replace(b, missing=500)
    assert unlike(a, b) == {}
    assert "one is of 1,000 pictures, the other of 500" in lost_too_many(a, b)
    less_bias = [replace(s, estimate=s.estimate.with_(corrected=0.9)) for s in (a, b)]
    assert lost_too_many(*less_bias) == ""


def test_means_of_any_number_are_alike(made: Any) -> None:
    a, b = made.by_prompt([[1.0], [2.0]]), made.by_prompt([[1.0], [2.0], [3.0]])
    assert unlike(a, b) == {}
    assert lost_too_many(a, b) == ""
    assert unlike(a, replace(b, protocol={"node": "score@2"})) == {"node": ("score@1", "score@2")}
