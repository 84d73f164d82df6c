"""The Vendi score: the published definition, for every order, from either form of the kernel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation.measures.vendi import Vendi

ORDERS = (0.1, 0.5, 1, 2, 4.5, 100, np.inf)


def features(n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) + rng.normal(size=d)


def by_definition(x: np.ndarray, order: float) -> float:
    """The exponential of the Rényi entropy of the eigenvalues of the cosines of all pairs, over n."""
    units = x / np.linalg.norm(x, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(units @ units.T / len(units))
    values = values[values > 1e-12]
    if order == 1:
        return float(np.exp(-(values * np.log(values)).sum()))
    if order == np.inf:
        return float(1 / values.max())
    return float(np.exp(np.log((values**order).sum()) / (1 - order)))


def gathered(order: float, *batches) -> Vendi:
    metric = Vendi(order)
    for batch in batches:
        metric.update(batch)
    return metric


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 30),
    d=st.integers(2, 12),
    order=st.sampled_from(ORDERS),
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, 30), max_size=5),
)
def test_it_is_the_definition_however_the_set_was_cut_and_ordered(n, d, order, seed, cuts):
    x = features(n, d, seed)
    merged = Vendi(order)
    for part in np.split(np.random.default_rng(seed).permutation(x), sorted(cut % (n + 1) for cut in cuts)):
        merged.merge(gathered(order, *np.array_split(part, 2)))
    assert merged.count == n
    assert merged.compute() == pytest.approx(by_definition(x, order), rel=1e-9)


@pytest.mark.parametrize("order", [0, *ORDERS])
def test_images_that_have_nothing_in_common_count_one_each(order):
    assert gathered(order, np.eye(7)).compute() == pytest.approx(7)
    assert gathered(order, np.repeat(np.eye(7), 3, axis=0)).compute() == pytest.approx(7)


@pytest.mark.parametrize("order", [0, *ORDERS])
def test_equal_images_count_once(order):
    assert gathered(order, np.tile([[0.1, 0.2, 0.3]], (20, 1))).compute() == pytest.approx(1)
    assert gathered(order, np.ones((1, 5))).compute() == pytest.approx(1)


def test_a_higher_order_minds_rare_images_less():
    x = np.concatenate([np.tile(np.eye(5)[0], (96, 1)), np.eye(5)[1:]])
    scores = [gathered(order, x).compute() for order in (0, *ORDERS)]
    assert scores[0] == pytest.approx(5)
    assert scores[-1] == pytest.approx(1 / 0.96)
    assert scores == sorted(scores, reverse=True)


def test_the_order_2_is_one_over_the_mean_squared_cosine():
    x = features(40, 8, 1)
    units = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert gathered(2, x).compute() == pytest.approx(1 / np.square(units @ units.T).mean())


def test_no_more_is_kept_than_a_square_of_the_dimension():
    metric = gathered(1, *np.split(features(64, 4, 2), 16))
    assert metric._state is not None
    assert metric._state.shape == (4, 4)


@pytest.mark.parametrize("n", [0, 1, 4, 5, 30])
def test_what_is_packed_can_be_taken_in_elsewhere(n):
    there = gathered(1, features(3, 5, 3))
    there.absorb(gathered(1, features(n, 5, 4)).pack())
    assert there.compute() == pytest.approx(
        gathered(1, features(3, 5, 3), features(n, 5, 4)).compute(), rel=1e-12
    )


def test_merging_leaves_the_other_state_as_it_is():
    first, second = Vendi(), gathered(1, features(10, 4, 5))
    before = second.compute()
    first.merge(second)
    first.update(features(10, 4, 6))
    assert second.compute() == before


def test_bad_input_is_an_error():
    with pytest.raises(ValueError, match="at least 1 image, got 0"):
        Vendi().compute()
    with pytest.raises(ValueError, match="order of a Vendi score is 0 or more, got -1"):
        Vendi(-1)
    with pytest.raises(ValueError, match="order of a Vendi score is 0 or more, got nan"):
        Vendi(float("nan"))
    with pytest.raises(ValueError, match="dimension 4 can't join a set of dimension 3"):
        gathered(1, np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="length 0"):
        gathered(1, np.zeros((2, 3)))
