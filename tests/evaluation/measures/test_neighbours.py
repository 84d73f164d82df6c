"""Nearest neighbours and balls: every answer as if all distances had been computed, ties among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation.measures import distance_bounds, neighbours
from mezzotint.evaluation.measures.distance_bounds import Bounds, Frame, squared_distances
from mezzotint.evaluation.measures.neighbours import PointSet, bounds_between

KINDS = ("continuous", "grid", "clusters", "copies", "far away", "huge", "tiny", "one point")


def points(kind: str, n: int, d: int, seed: int) -> np.ndarray:
    """Points that make trouble in one way each."""
    rng = np.random.default_rng(seed)
    if kind == "grid":  # ties everywhere
        return rng.integers(0, 3, (n, d)).astype(float)
    if kind == "clusters":  # all distances in one are below what products resolve
        return 100 * np.random.default_rng(0).normal(size=(3, d))[rng.integers(0, 3, n)] + 1e-7 * rng.normal(
            size=(n, d)
        )
    if kind == "copies":
        return np.random.default_rng(1).normal(size=(4, d))[rng.integers(0, 4, n)]
    if kind == "far away":
        return 1e6 + rng.normal(size=(n, d))
    if kind == "one point":
        return np.full((n, d), 0.1)
    return rng.normal(size=(n, d)) * {"huge": 1e30, "tiny": 1e-30}.get(kind, 1.0)


def all_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.square(np.subtract(a[:, None], b[None], dtype=np.float64)).sum(axis=-1)


cases = given(
    kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)),
    sizes=st.tuples(st.integers(6, 40), st.integers(6, 40)),
    d=st.integers(1, 20),
    k=st.integers(1, 5),
    seed=st.integers(0, 10_000),
    dtype=st.sampled_from([np.float32, np.float64]),
)


@settings(max_examples=150, deadline=None)
@cases
def test_a_radius_is_the_distance_to_the_kth_neighbour(kinds, sizes, d, k, seed, dtype):
    x = points(kinds[0], sizes[0], d, seed).astype(dtype)
    expected = np.sort(all_distances(x, x), axis=1)[:, k]
    found = PointSet.of(x)
    place = [int(np.flatnonzero((found.rows == row).all(axis=1))[0]) for row in x]
    assert np.array_equal(found.squared_radii(k)[place], expected)


@settings(max_examples=150, deadline=None)
@cases
def test_a_point_lies_in_a_ball_exactly_when_its_distance_says_so(kinds, sizes, d, k, seed, dtype):
    a, b = (
        points(kind, n, d, seed + i).astype(dtype)
        for i, (kind, n) in enumerate(zip(kinds, sizes, strict=True))
    )
    # Radii that are some of the distances, so that surfaces are hit.
    limits = all_distances(a, b)[k % len(a)]
    for closed in (True, False):
        expected = all_distances(a, b) <= limits if closed else all_distances(a, b) < limits
        frame = Frame.around(b, a)
        i, j = Bounds.between(frame.place(a), frame.place(b)).within(limits[None], closed=closed)
        found = np.zeros_like(expected)
        found[i, j] = True
        assert np.array_equal(found, expected)


@settings(max_examples=100, deadline=None)
@cases
def test_no_distance_is_outside_its_bounds(kinds, sizes, d, k, seed, dtype):
    a, b = (
        points(kind, n, d, seed + i).astype(dtype)
        for i, (kind, n) in enumerate(zip(kinds, sizes, strict=True))
    )
    for frame in (Frame.around(b, a), Frame.around(b, a).finer()):
        bounds = Bounds.between(frame.place(a), frame.place(b))
        exact = all_distances(a, b) / frame.unit**2
        assert (bounds.lower <= exact).all()
        slack = frame.slack(bounds.left.squares[:, None], bounds.right.squares)
        assert (exact <= bounds.lower + slack).all()


@pytest.mark.parametrize("kind", ["continuous", "grid", "clusters", "copies"])
def test_blocks_leave_no_seam(kind, monkeypatch):
    a, b = points(kind, 70, 8, 1), points(kind, 90, 8, 2)
    radii = np.sort(all_distances(b, b), axis=1)[:, 3]
    monkeypatch.setattr(neighbours, "ROW_BLOCK", 16)
    monkeypatch.setattr(neighbours, "COLUMN_BLOCK", 24)
    left, right = PointSet.of(a), PointSet.of(b)
    pairs = 0
    for rows, columns, bounds in bounds_between(left, right):
        i, j = bounds.within(right.squared_radii(3)[None, columns], closed=True)
        pairs += int((left.counts[rows][i] * right.counts[columns][j]).sum())
    assert pairs == (all_distances(a, b) <= radii).sum()


def test_a_distance_is_the_same_both_ways_and_in_any_company():
    x = np.random.default_rng(0).normal(size=(50, 333)).astype(np.float32)
    every = np.arange(50)
    together = squared_distances(x, x, np.repeat(every, 50), np.tile(every, 50)).reshape(50, 50)
    assert np.array_equal(together, together.T)
    assert not together.diagonal().any()
    alone = squared_distances(x[[7]], x[[31]], np.array([0]), np.array([0]))
    assert alone[0] == together[7, 31]


def test_few_distances_are_computed(monkeypatch):
    computed = []

    def count(left, right, i, j):
        computed.append(len(i))
        return squared_distances(left, right, i, j)

    monkeypatch.setattr(distance_bounds, "squared_distances", count)
    monkeypatch.setattr("mezzotint.evaluation.measures.candidates.squared_distances", count)
    x = points("continuous", 400, 64, 3)
    PointSet.of(x).squared_radii(3)
    assert sum(computed) < 2 * 400


def test_equal_rows_are_held_once():
    found = PointSet.of(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]))
    assert found.rows.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found.counts.tolist() == [2, 1]
    assert found.total == 3
    assert found.share(np.array([True, False])) == pytest.approx(2 / 3)


def test_rows_that_only_begin_alike_are_different():
    rows = np.zeros((3, 40))
    rows[1, 39] = 1
    assert PointSet.of(rows).counts.tolist() == [2, 1]


def test_too_few_points_are_an_error():
    with pytest.raises(ValueError, match="the distance of neighbour 3 needs at least 4 images, got 3"):
        PointSet.of(np.eye(3)).squared_radii(3)
