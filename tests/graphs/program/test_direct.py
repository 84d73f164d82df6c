"""A node called without a graph: one item or a batch, options checked, reducers over what they are given."""

from __future__ import annotations

import inspect
import pickle
import re
from collections import Counter
from typing import Any

import numpy
import pytest

from mezzotint.graphs.calls import PlainDevice
from mezzotint.graphs.program.direct import as_function, call, call_items
from mezzotint.graphs.registry import Registry

PLAIN = PlainDevice()


def test_what_is_single_gives_something_single(registry: Registry) -> None:
    assert call(registry["shout"], PLAIN, "hey") == "hey!"
    assert call(registry["draw"], PLAIN, "hey", 3) == call(registry["draw"], PLAIN, ["hey"], [3])[0]


def test_a_batch_gives_a_batch_in_one_call(registry: Registry, calls: Counter[str]) -> None:
    assert call(registry["shout"], PLAIN, ["a", "b"], times=2) == ["a!!", "b!!"]
    assert calls["shout"] == 1


def test_a_batch_is_cut_into_the_micro_batches_of_a_run(registry: Registry, calls: Counter[str]) -> None:
    texts = [f"text {number}" for number in range(40)]
    assert call(registry["shout"], PLAIN, texts) == [f"{text}!" for text in texts]
    assert calls["shout"] == 3  # 16, 16 and 8


def test_what_is_single_goes_with_every_item_of_a_batch(registry: Registry) -> None:
    drawn = call(registry["draw"], PLAIN, "hey", [1, 2])
    assert drawn == [call(registry["draw"], PLAIN, "hey", seed) for seed in (1, 2)]
    assert call(registry["draw"], PLAIN, ["hey"], [1, 2]) == drawn


@pytest.mark.parametrize("seeds", [range(3), (0, 1, 2), numpy.arange(3)])
def test_whatever_lists_numbers_is_a_batch_of_them(registry: Registry, seeds: Any) -> None:
    assert call(registry["draw"], PLAIN, "hey", seeds) == call(registry["draw"], PLAIN, "hey", [0, 1, 2])


def test_a_generator_is_a_batch_of_what_it_yields(registry: Registry) -> None:
    assert call(registry["shout"], PLAIN, (text for text in "ab")) == ["a!", "b!"]
    assert call(registry["shout"], PLAIN, {"a": 1, "b": 2}.keys()) == ["a!", "b!"]
    assert call(registry["total"], PLAIN, iter(["a", "bc"])) == 3


def test_batches_of_unequal_length_are_refused(registry: Registry) -> None:
    with pytest.raises(ValueError, match=r"^draw: 2 of text and 3 of seed; give as many of each, or one"):
        call(registry["draw"], PLAIN, ["a", "b"], [1, 2, 3])


def test_no_items_make_no_items(registry: Registry, calls: Counter[str]) -> None:
    assert call(registry["shout"], PLAIN, []) == []
    assert calls["shout"] == 0


def test_what_does_not_stack_is_shared(registry: Registry) -> None:
    model = call(registry["load_toy"], PLAIN, source="other")
    drawn = call(registry["sample_toy"], PLAIN, model, ["a", "b"], 0)
    assert drawn == [call(registry["sample_toy"], PLAIN, model, text, 0) for text in "ab"]


def test_several_outputs_come_by_name(registry: Registry) -> None:
    made = call(registry["pair"], PLAIN, ["a", "bc"])
    assert (made.upper, made.length) == (["A", "BC"], [1, 2])
    assert pickle.loads(pickle.dumps(made)) == made


def test_a_port_of_many_takes_a_list_of_values(registry: Registry) -> None:
    assert call(registry["add"], PLAIN, [1, 2.5]) == 3.5
    assert call(registry["add"], PLAIN, [[1, 2], 10]) == [11, 12]
    with pytest.raises(ValueError, match="numbers takes a list of values; this is int"):
        call(registry["add"], PLAIN, 1)


def test_a_reducer_reduces_what_it_is_given(registry: Registry) -> None:
    assert call(registry["total"], PLAIN, ["a", "bc"]) == 3
    assert call(registry["total"], PLAIN, "abc") == 3


def test_a_reducer_takes_the_members_first_and_what_is_no_member_after(registry: Registry) -> None:
    model = call(registry["load_toy"], PLAIN, source="four")
    assert call(registry["against"], PLAIN, [1, 2], model, power=2) == 9


def test_a_reducer_is_told_where_each_item_stands(registry: Registry) -> None:
    assert call(registry["best"], PLAIN, [1, 7, 3]) == {"value": 7, "item": 1}


def test_the_first_item_that_fails_is_told(registry: Registry) -> None:
    with pytest.raises(ValueError, match="'so bad' holds 'bad'"):
        call(registry["fragile"], PLAIN, ["fine", "so bad"])
    with pytest.raises(ValueError, match="inverse made NaN or infinity"):
        call(registry["inverse"], PLAIN, [1, 0])


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"text": "a", "tmes": 2}, TypeError, "shout takes no 'tmes'; did you mean 'times'?"),
        ({"text": "a", "times": 9}, ValueError, "shout: times is 9; expected a whole number from 1 to 5"),
        ({"times": 2}, TypeError, "shout: missing a required argument: 'text'; it takes text, mark, times"),
        ({"text": None}, TypeError, "shout needs 'text', and it is None"),
        ({"text": [["a"]]}, ValueError, "shout: text: expected text"),
        ({"text": object()}, ValueError, "shout: text: expected text"),
        ({"text": ["a", None]}, ValueError, "shout: text: expected text (entry 2 of 2, NoneType)"),
        ({"text": numpy.array(["a", numpy.nan], object)}, ValueError, "this is absent (NaN) (entry 2 of 2"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    registry: Registry, given: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=re.escape(told)):
        call(registry["shout"], PLAIN, **given)


def test_a_port_that_another_node_feeds_takes_what_that_one_takes(
    registry: Registry, calls: Counter[str]
) -> None:
    assert call(registry["is_heavy"], PLAIN, ["abc", "abcdefgh"], scale=2) == [False, True]
    assert calls["weigh"] == 1


def test_items_go_in_and_come_out_as_they_are(registry: Registry) -> None:
    assert call_items(registry["pair"], {"text": ["a"]}, {}, PLAIN) == {"upper": ["A"], "length": [1]}


def test_a_function_of_it_has_its_signature_and_its_help(registry: Registry) -> None:
    function = as_function(registry["against"])
    assert list(inspect.signature(function).parameters) == ["number", "model", "power"]
    assert function.__doc__ == registry["against"].doc
    assert function.__name__ == "against"
