"""Rows: every feature kept, in its own precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mezzotint.evaluation.measures.rows import Rows

X = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)


def gathered(*batches) -> Rows:
    rows = Rows()
    for batch in batches:
        rows.update(batch)
    return rows


def test_rows_come_back_in_order_and_in_their_precision():
    rows = gathered(X[:3], X[3:3], X[3:])
    assert rows.count == 10
    assert rows.dimension == 4
    assert rows.array().dtype == np.float32
    assert np.array_equal(rows.array(), X)
    assert rows.array() is rows.array()
    assert gathered(X.astype(np.float64)).array().dtype == np.float64


def test_merging_appends_and_leaves_the_other_as_it_is():
    first, second = gathered(X[:3]), gathered(X[3:6])
    first.merge(second)
    first.update(X[6:])
    first.merge(Rows())
    assert np.array_equal(first.array(), X)
    assert np.array_equal(second.array(), X[3:6])


def test_what_is_packed_is_absorbed():
    rows = gathered(X[:3])
    rows.absorb(gathered(X[3:]).pack())
    rows.absorb(Rows().pack())
    assert np.array_equal(rows.array(), X)


def test_a_buffer_may_be_filled_again():
    buffer = X.copy()
    rows = gathered(buffer)
    buffer[:] = 0
    assert np.array_equal(rows.array(), X)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_kept_as_float32(dtype):
    halves = torch.from_numpy(X).to(dtype)
    assert gathered(halves).array().dtype == np.float32
    assert np.array_equal(gathered(halves).array(), halves.float().numpy())


def test_without_rows_there_is_an_empty_array():
    assert Rows().array().shape == (0, 0)
    assert Rows().dimension is None


def test_what_is_no_set_of_features_is_an_error():
    with pytest.raises(ValueError, match="dimension 3 can't join a set of dimension 4"):
        gathered(X, X[:, :3])
    with pytest.raises(ValueError, match="dimension 3 can't join a set of dimension 4"):
        gathered(X).merge(gathered(X[:, :3]))
    with pytest.raises(ValueError, match=r"shape \[n, d\], got \[4\]"):
        gathered(X[0])
    with pytest.raises(ValueError, match="1 of 2 features hold NaN"):
        gathered(np.array([[0.0, np.inf], [0.0, 1.0]]))
