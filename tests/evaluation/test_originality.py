"""``copies``: the nearest image of a reference, and how alike the two are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation import FeatureSet, ReferenceType, copies, write_features
from mezzotint.evaluation.measures.cosines import nearest_by_cosine as nearest
from mezzotint.nodes.pictures import to_pil

parse = ReferenceType().parse


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(12, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def plainly(features, rows):
    """The definition, pair by pair."""
    rows = rows.astype(np.float64)
    return [
        max((float(f @ r / np.linalg.norm(f) / np.linalg.norm(r)), -index) for index, r in enumerate(rows))
        for f in features.astype(np.float64)
    ]


def test_a_copy_is_found_with_the_file_that_it_is_a_copy_of(images, tmp_path):
    (tmp_path / "train").mkdir()
    for index, image in enumerate(images):
        to_pil(image).save(tmp_path / "train" / f"{index:02}.png")
    found = copies(torch.cat([images[3:5], torch.zeros(1, 3, 64, 64)]), parse(tmp_path))
    assert found.image[:2] == ["train/03.png", "train/04.png"]
    assert found.row[:2] == [3, 4]
    assert found.similarity[:2] == pytest.approx([1, 1], abs=1e-6)
    assert found.copy == [True, True, False]


def test_the_threshold_says_what_counts_as_a_copy(tmp_path):
    rows = np.array([[1, 0], [0, 1]], np.float32)
    rows = np.pad(rows, ((0, 0), (0, 126)))
    write_features(tmp_path / "f.parquet", FeatureSet(rows, ("a.png", "b.png")))
    asked = np.zeros((1, 128), np.float32)
    asked[0, :2] = 3, 4
    for threshold, copied in ((0.79, True), (0.81, False)):
        found = copies(asked, parse(tmp_path / "f.parquet"), threshold=threshold)
        assert found.similarity == pytest.approx([0.8])
        assert (found.image, found.copy) == (["b.png"], [copied])


@given(seed=st.integers(0, 10**6), block=st.integers(1, 60), repeats=st.booleans())
def test_the_nearest_is_that_of_the_definition_whatever_the_blocks(seed, block, repeats):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(20, 5)).astype(np.float32)
    if repeats:
        rows[random.integers(0, 20, 10)] = rows[random.integers(0, 20)]
    asked = np.concatenate([random.normal(size=(6, 5)).astype(np.float32), rows[7:9] * 3])
    cosines, places = nearest(asked, FeatureSet(rows, ("",) * 20), block)
    expected = plainly(asked, rows)
    assert cosines == pytest.approx([cosine for cosine, _ in expected], abs=1e-9)
    unit = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    assert all(not (unit[:place] == unit[place]).all(axis=1).any() for place in places), "the first of equals"


def test_statistics_hold_no_neighbours(tmp_path):
    np.savez(tmp_path / "s.npz", mu=np.zeros(128), sigma=np.eye(128))
    with pytest.raises(ValueError, match="holds statistics only"):
        copies(torch.rand(1, 3, 8, 8), parse(tmp_path / "s.npz"))


@pytest.mark.parametrize(
    ("asked", "rows", "message"),
    [
        (np.ones((1, 3)), np.ones((2, 4)), "dimension 3, the reference has features of dimension 4"),
        (np.full((1, 4), np.nan), np.ones((2, 4)), "1 of 1 features hold NaN"),
        (np.zeros((1, 4)), np.ones((2, 4)), "length 0"),
        (np.ones((1, 4)), np.zeros((2, 4)), "the reference holds a feature vector of length 0"),
    ],
)
def test_what_has_no_direction_has_no_neighbour(asked, rows, message):
    with pytest.raises(ValueError, match=message):
        nearest(asked, FeatureSet(rows.astype(np.float32), ("a", "b")))


def test_no_images_have_no_neighbours():
    cosines, places = nearest(np.ones((0, 4)), FeatureSet(np.ones((2, 4), np.float32), ("a", "b")))
    assert len(cosines) == len(places) == 0
