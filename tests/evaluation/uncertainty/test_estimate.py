"""A score that says how sure it is, and a plain number wherever one is wanted."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.uncertainty.estimate import Estimate, EstimateType, Uncertainty
from mezzotint.graphs.members import Member
from mezzotint.graphs.types import NumberType, accepts

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def estimate() -> Estimate:
    told = Uncertainty(0.5, (1.0, 3.0), n=3, clusters=2, method="plain", conditional_on=("reference",))
    return Estimate(2.0, told, np.array([0.1, -0.3, 0.2]))


def members() -> list[Member]:
    return [
        Member({"prompt": 1, "seed": 0}, "b", ("seed",), ("blank",)),
        Member({"prompt": 0, "seed": 1}, "a", ("seed",)),
        Member({"prompt": 0, "seed": 0}, "a", ("seed",), ("blank",)),
    ]


def test_it_is_a_number() -> None:
    assert estimate() + 1 == 3.0
    assert isinstance(estimate(), float)
    assert json.dumps(estimate()) == "2.0"
    assert accepts(NumberType(), EstimateType())


def test_it_shows_its_interval() -> None:
    assert repr(estimate()) == "2 (95 % 1 to 3)"
    assert repr(Estimate(2.5)) == "2.5"
    assert repr(estimate().with_(corrected=1.5)) == "2 (corrected 1.5, 95 % 1 to 3)"


def test_placed_it_knows_whose_influence_is_whose() -> None:
    placed = estimate().placed(members())
    told = EstimateType().by_member(placed)
    assert told is not None
    assert told.axes == ("prompt", "seed")
    assert told.places == [[0, 0], [0, 1], [1, 0]]
    assert told.columns == {"influence": [0.2, -0.3, 0.1]}
    assert placed.conditional_on == ("reference", "seed")
    assert placed.flagged == {"blank": 2}


def test_of_a_value_without_axes_there_is_no_member_to_tell_of() -> None:
    placed = Estimate(2.0, influence=np.array([0.0])).placed([Member({}, "0")])
    assert (placed, placed.axes) == (2.0, ())
    assert EstimateType().by_member(placed) is None
    assert EstimateType().decode(EstimateType().encode(placed)) == 2.0


def test_without_influence_it_still_counts_flags() -> None:
    placed = Estimate(1.0).placed(members())
    assert placed.flagged == {"blank": 2}
    assert EstimateType().by_member(placed) is None


@given(value=NUMBERS, error=st.none() | NUMBERS, influence=st.lists(NUMBERS, min_size=1), reason=st.text())
def test_what_is_stored_comes_back(value, error, influence, reason) -> None:
    given = Estimate(value, Uncertainty(error, reason=reason, n=len(influence)), np.array(influence))
    given = given.placed([Member({"prompt": index}, str(index)) for index in range(len(influence))])
    found = EstimateType().decode(EstimateType().encode(given))
    assert math.copysign(1, found) == math.copysign(1, given)
    assert found == given
    assert found.uncertainty == given.uncertainty
    assert found.influence.tolist() == influence
    assert found.places.tolist() == given.places.tolist()


def test_its_details_are_plain_data() -> None:
    details = EstimateType().details(estimate())
    assert json.loads(json.dumps(details)) == details
    assert details["interval"] == [1.0, 3.0]
    assert Uncertainty.of_record({**details, "unknown": 1}) == estimate().uncertainty


def test_it_can_be_sent_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(estimate()))
    assert sent == 2.0
    assert sent.interval == (1.0, 3.0)


def test_a_plain_number_becomes_one_that_knows_nothing() -> None:
    found = EstimateType().single(np.float64(1.5))
    assert isinstance(found, Estimate)
    assert found.standard_error is None


def test_text_is_no_number() -> None:
    with pytest.raises(ValueError, match="expected a number"):
        EstimateType().parse("1")
