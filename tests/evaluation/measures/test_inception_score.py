"""The Inception Score: equal to its peers with one split, and independent of how a set was cut or ordered."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation import InceptionScore


def logits(n: int, classes: int, seed: int) -> np.ndarray:
    return 3 * np.random.default_rng(seed).normal(size=(n, classes))


def gathered(*batches: np.ndarray) -> InceptionScore:
    metric = InceptionScore()
    for batch in batches:
        metric.update(batch)
    return metric


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_equals_torch_fidelity_with_one_split(dtype):
    from torch_fidelity.metric_isc import isc_features_to_metric

    x = logits(700, 64, seed=1).astype(dtype)
    peer = isc_features_to_metric(torch.from_numpy(x), splits=1)["inception_score_mean"]
    assert gathered(x).compute() == pytest.approx(peer, rel=1e-9)


def test_it_equals_torchmetrics_with_one_split():
    from torchmetrics.image.inception import InceptionScore as Peer

    x = logits(700, 64, seed=2)
    peer = Peer(torch.nn.Identity(), splits=1)
    peer.update(torch.from_numpy(x))
    assert gathered(x).compute() == pytest.approx(peer.compute()[0].item(), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 50), seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 50), max_size=5))
def test_the_value_depends_on_neither_batches_order_nor_shards(n, seed, cuts):
    x = logits(n, 8, seed)
    merged, absorbed = InceptionScore(), InceptionScore()
    for part in np.split(np.random.default_rng(seed).permutation(x), sorted(cut % (n + 1) for cut in cuts)):
        shard = gathered(*np.array_split(part, 2))
        merged.merge(shard)
        absorbed.absorb(shard.pack())
    assert merged.count == absorbed.count == n
    whole = gathered(x).compute()
    assert merged.compute() == pytest.approx(whole, rel=1e-9)
    assert absorbed.compute() == pytest.approx(whole, rel=1e-9)


def test_merging_leaves_the_other_as_it_is():
    first, second, third = gathered(), gathered(logits(5, 4, seed=3)), gathered(logits(5, 4, seed=4))
    before = second.compute()
    first.merge(second)
    first.merge(third)
    assert second.compute() == before


def test_images_all_classified_alike_score_one():
    assert gathered(np.tile(logits(1, 10, seed=5), (20, 1))).compute() == pytest.approx(1, rel=1e-12)


def test_images_each_surely_of_a_class_of_its_own_score_the_number_of_classes():
    assert gathered(1e4 * np.eye(10)).compute() == pytest.approx(10, rel=1e-12)


def test_no_images_are_an_error():
    with pytest.raises(ValueError, match="Inception Score of no images"):
        gathered(np.ones((0, 5))).compute()


def test_logits_of_two_classifiers_do_not_mix():
    with pytest.raises(ValueError, match="3 classes can't join a set of 4 classes"):
        gathered(np.ones((2, 4)), np.ones((2, 3)))
