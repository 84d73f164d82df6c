"""Numbers as people read them: no more digits than their errors allow."""

from __future__ import annotations

from typing import Any

import pytest

from mezzotint.evaluation.uncertainty.estimate import Estimate, Uncertainty
from mezzotint.evaluation.uncertainty.wording import told
from mezzotint.graphs.figures import interval_of, with_error


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (12.3456, 0.81, "12.35 ± 0.81"),
        (0.0067, 0.001, "0.0067 ± 0.0010"),
        (1234.5, 56.7, "1234 ± 57"),
        (0.5, None, "0.5"),
        (1.0, 0.0, "1"),
        (1e-9, 2e-10, "0.00000000100 ± 0.00000000020"),
    ],
)
def test_a_value_has_the_digits_that_its_error_allows(value: float, error: float | None, said: str) -> None:
    assert with_error(value, error) == said


def test_an_interval_has_those_that_its_width_allows() -> None:
    assert interval_of(0.63123, 0.98765) == "0.631 to 0.988"
    assert interval_of(1.0, 1.0) == "1.0000 to 1.0000"


def score(value: float, **known: Any) -> Estimate:
    return Estimate(value, Uncertainty(**known))


def test_a_score_tells_how_sure_it_is_and_what_it_lacks() -> None:
    sure = score(12.31, standard_error=0.8, interval=(11.1, 13.9), n=32, clusters=8)
    assert told(sure, "prompt") == "12.31 ± 0.80 (95 % 11.10 to 13.90; 32 values of 8 prompts)"
    lacking = score(0.5, standard_error=0.1, interval=(0.3, 0.7), n=1, clusters=1, flagged={"blank": 3})
    assert told(lacking, "prompt", 2) == "0.50 ± 0.10 (95 % 0.30 to 0.70; 1 prompt; 3 blank; 2 missing)"


def test_a_biased_score_tells_what_its_interval_is_about() -> None:
    biased = score(12.3, standard_error=0.8, interval=(8.2, 11.4), corrected=9.8, n=8, clusters=8)
    assert told(biased, "prompt") == "12.30 ± 0.80, 9.80 less its bias (95 % 8.20 to 11.40; 8 prompts)"


def test_without_an_interval_the_reason_is_told() -> None:
    assert told(score(3.0, n=3, reason="too few")) == "3 (3 values; no interval: too few)"
    assert told(score(3.0)) == "3"
