"""A sample of a suite's prompts: every category has its share, and more of them keeps all that were drawn."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.suites.sampling import sample

RECORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=60).map(
    lambda names: [{"prompt": f"{name} {number}", "category": name} for number, name in enumerate(names)]
)


@given(RECORDS, st.integers(1, 60))
def test_every_category_has_its_share(records: list[dict[str, str]], limit: int) -> None:
    limit = min(limit, len(records))
    sizes = Counter(record["category"] for record in records)
    taken = Counter(records[place]["category"] for place in sample(records, limit))
    assert sum(taken.values()) == limit
    for name, size in sizes.items():
        assert abs(taken[name] - limit * size / len(records)) < len(sizes)


@given(RECORDS, st.integers(1, 60), st.integers(1, 60))
def test_a_larger_sample_keeps_a_smaller_one(records: list[dict[str, str]], one: int, other: int) -> None:
    few, many = sorted((one, other))
    assert set(sample(records, few)) <= set(sample(records, many))


@given(RECORDS, st.integers(1, 60))
def test_the_order_of_the_prompts_stays(records: list[dict[str, str]], limit: int) -> None:
    places = sample(records, limit)
    assert places == sorted(places)


def test_equal_categories_take_turns() -> None:
    records = [{"prompt": str(number), "category": "ab"[number // 10]} for number in range(20)]
    assert Counter(records[place]["category"] for place in sample(records, 4)) == {"a": 2, "b": 2}


def test_prompts_without_categories_are_not_the_first_ones() -> None:
    assert sample([{"prompt": str(number)} for number in range(100)], 5) != [0, 1, 2, 3, 4]
