"""Groups of runs that can't be told apart."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.comparing.comparison import Row
from mezzotint.evaluation.comparing.ranking import groups, rank


def apart(*pairs: tuple[int, int]) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in pairs}


def test_runs_that_nothing_tells_apart_are_one_group() -> None:
    assert groups([2, 0, 1], set()) == ((2, 0, 1),)


def test_runs_that_are_all_apart_are_groups_of_their_own() -> None:
    assert groups([2, 0, 1], apart((0, 1), (0, 2), (1, 2))) == ((2,), (0,), (1,))


def test_being_alike_is_not_transitive_so_the_middle_one_is_in_both_groups() -> None:
    assert groups([0, 1, 2], apart((0, 2))) == ((0, 1), (1, 2))


def test_a_cycle_of_likeness_has_a_group_for_each_link() -> None:
    assert groups([0, 1, 2, 3], apart((0, 2), (1, 3))) == ((0, 1), (0, 3), (1, 2), (2, 3))


@given(st.integers(3, 7), st.data())
def test_a_pair_shares_a_group_where_it_is_not_apart_and_no_group_is_idle(
    many: int, data: st.DataObject
) -> None:
    pairs = list(combinations(range(many), 2))
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    found = groups(range(many), apart(*chosen))
    for a, b in pairs:
        assert any(a in group and b in group for group in found) is ((a, b) not in chosen)
    assert not any(set(one) < set(other) for one in found for other in found)


def test_the_best_is_first_whichever_way_is_better() -> None:
    values = [1.0, 3.0, 2.0]
    for better, order in (("higher", (1, 2, 0)), ("lower", (0, 2, 1)), (None, (1, 2, 0))):
        rows = [
            Row("score", {}, None, a, b, better, whole_a=values[a], whole_b=values[b])  # type: ignore[arg-type]
            for a, b in combinations(range(3), 2)
        ]
        (ranking,) = rank(rows)
        assert ranking.order == order
        assert ranking.groups == (order,)


def test_two_runs_and_categories_have_no_ranking() -> None:
    assert rank([Row("score", {}, None, 0, 1, "higher", 1.0, 2.0)]) == []
    rows = [Row("score", {}, "two", a, b, "higher", 1.0, 2.0) for a, b in combinations(range(3), 2)]
    assert rank(rows) == []
