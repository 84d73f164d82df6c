"""Authenticity equals its definition, whatever the blocks, and falls where images are copied."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation import Authenticity, FeatureSet, ReferenceType, authenticity, write_features
from mezzotint.evaluation.measures import neighbours
from mezzotint.evaluation.measures.authenticity import nearest_of
from mezzotint.evaluation.measures.neighbours import PointSet


def by_definition(images, real) -> float:
    """Alaa et al. 2022, section 3.2, image by image, with the nearest neighbour alone as the classifier."""
    authentic = 0
    for image in images.astype(np.float64):
        distances = np.linalg.norm(real - image, axis=1)
        nearest = int(distances.argmin())
        others = np.delete(real, nearest, axis=0).astype(np.float64)
        authentic += distances[nearest] > np.linalg.norm(others - real[nearest], axis=1).min()
    return authentic / len(images)


def draw(seed: int, count: int, dimension: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)


def value(images, real) -> float:
    metric = Authenticity(real)
    metric.update(images)
    return metric.compute()


@given(seed=st.integers(0, 10**6), spread=st.sampled_from([0.2, 1.0, 2.0]), repeats=st.booleans())
@settings(deadline=None)
def test_it_is_that_of_its_definition(seed, spread, repeats):
    real, images = draw(seed, 30, 4), draw(seed + 1, 20, 4) * np.float32(spread)
    images[:5] = real[:5]
    if repeats:
        real[3:9] = real[2]
        images[7:12] = images[6]
    assert value(images, real) == by_definition(images, real)


def test_the_nearest_is_found_across_blocks_the_first_of_equals(monkeypatch):
    monkeypatch.setattr(neighbours, "ROW_BLOCK", 3)
    monkeypatch.setattr(neighbours, "COLUMN_BLOCK", 4)
    real, images = np.unique(draw(0, 31).round(), axis=0), np.unique(draw(1, 17).round(), axis=0)
    exact = np.square(images[:, None].astype(float) - real[None]).sum(axis=2)
    assert (exact == exact.min(axis=1, keepdims=True)).sum() > len(images), "some are equally near"
    nearest, distances = nearest_of(PointSet.of(images), PointSet.of(real))
    assert np.array_equal(nearest, exact.argmin(axis=1))
    assert np.array_equal(distances, exact.min(axis=1))


def test_neither_batches_nor_order_nor_shards_change_it():
    real, images = draw(0, 200), draw(1, 90)
    expected = value(images, real)
    assert 0 < expected < 1
    shuffled = np.random.default_rng(2).permutation(images)
    shards = [Authenticity(real) for _ in range(3)]
    for index, part in enumerate(np.array_split(shuffled, 10)):
        shards[index % 3].update(part)
    shards[0].merge(shards[1])
    shards[0].absorb(shards[2].pack())
    assert shards[0].compute() == expected


def test_copies_and_near_copies_are_not_authentic():
    real = draw(0, 100, 32)
    assert value(real, real) == 0
    assert value(real + 0.01 * draw(1, 100, 32), real) == 0
    assert value(draw(1, 100, 32) + 5, real) == 1


def test_as_a_node_it_compares_pictures_with_a_file_of_features(tmp_path, tiny_clip):
    rows = draw(0, 20, 128)
    write_features(tmp_path / "f.npz", FeatureSet(rows, ("",) * 20))
    state = authenticity(ReferenceType().parse(tmp_path / "f.npz"))
    state.update(rows[:5])
    state.update(torch.rand(5, 3, 64, 64))
    assert state.compute() == pytest.approx(0.5)


def test_one_real_image_has_no_neighbour():
    with pytest.raises(ValueError, match=r"authenticity.*at least 2 reference images, got 1"):
        Authenticity(draw(0, 1))


def test_no_images_have_no_share():
    with pytest.raises(ValueError, match="authenticity needs at least 1 image, got 0"):
        Authenticity(draw(0, 5)).compute()
