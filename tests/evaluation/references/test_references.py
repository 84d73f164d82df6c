"""References: handles that say what they hold, and statistics that are computed once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from mezzotint.evaluation import (
    FeatureSet,
    ReferenceType,
    Statistics,
    extractor_by_name,
    fd,
    reference_features,
    reference_set,
    reference_statistics,
    references,
    write_features,
    write_statistics,
)
from mezzotint.evaluation.references import reference_images, reference_store
from mezzotint.evaluation.references.reference_images import Unreadable, UnreadableError
from mezzotint.nodes.pictures import to_pil

parse = ReferenceType().parse


def forget(monkeypatch):
    """As in another process: what was computed is on disk only."""
    for held in ("_statistics", "_features"):
        monkeypatch.setattr(reference_store, held, {})


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    forget(monkeypatch)


@pytest.fixture
def extractor(tiny_clip):
    return extractor_by_name(f"clip:{tiny_clip}")


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(40, 3, 36, 36, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, images) -> Path:
    """Forty pictures, half of them in a folder of their own, beside files that are none."""
    root = tmp_path_factory.mktemp("reference")
    (root / "more").mkdir()
    for index, image in enumerate(images):
        to_pil(image).save(root / ("more" if index % 2 else ".") / f"{index:02}.png")
    (root / "notes.txt").write_text("taken in spring")
    (root / ".hidden.png").write_text("of the file system")
    return root


@pytest.fixture
def counted(extractor, monkeypatch):
    """The pictures that were embedded."""
    seen = []
    original = type(extractor).__call__

    def call(self, images):
        seen.append(len(images))
        return original(self, images)

    monkeypatch.setattr(type(extractor), "__call__", call)
    return seen


def test_a_folder_is_named_by_what_it_holds(folder, tmp_path):
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    digest = parse(str(folder)).digest
    assert parse(moved).digest == digest
    (moved / "notes.txt").unlink()
    assert parse(moved).digest == digest
    (moved / "00.png").unlink()
    assert parse(moved).digest != digest


def test_a_handle_survives_being_stored(folder):
    port = ReferenceType()
    for value in ("starter", str(folder)):
        item = parse(value)
        assert port.decode(port.encode(item)) == item
        assert port.digest(port.decode(port.encode(item))) == port.digest(item)
    assert not port.stacks
    assert parse(item) is item


def test_a_relative_path_starts_at_the_working_directory(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert parse(folder.name) == parse(str(folder))


def test_statistics_of_a_folder_are_those_of_its_images(folder, images, extractor):
    statistics = reference_statistics(parse(folder), extractor)
    features = extractor(images).double().numpy()
    assert statistics.count == 40
    np.testing.assert_allclose(statistics.mean, features.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(statistics.covariance, np.cov(features, rowvar=False), atol=1e-6)


def test_features_of_a_folder_are_those_of_its_images_in_the_order_of_their_names(folder, images, extractor):
    found = reference_set(parse(folder), extractor)
    names = [path.relative_to(folder).as_posix() for path in parse(folder).images()]
    assert found.names == tuple(names)
    by_name = {name: extractor(images[int(Path(name).stem)][None])[0].numpy() for name in names}
    np.testing.assert_allclose(found.rows, [by_name[name] for name in names], atol=1e-6)
    assert reference_features(parse(folder), extractor).dtype == np.float32


def test_features_that_are_kept_give_the_statistics_without_another_pass(
    folder, extractor, counted, monkeypatch
):
    features = reference_features(parse(folder), extractor)
    embedded = sum(counted)
    forget(monkeypatch)
    statistics = reference_statistics(parse(folder), extractor)
    assert sum(counted) == embedded
    np.testing.assert_allclose(statistics.mean, features.mean(axis=0, dtype=np.float64))


def test_images_of_different_sizes_are_fine(tmp_path, extractor):
    for index, side in enumerate((20, 20, 33, 20)):
        to_pil(torch.rand(3, side, 25)).save(tmp_path / f"{index}.png")
    assert reference_statistics(parse(tmp_path), extractor).count == 4


def test_a_folder_is_read_through_links_and_what_cannot_be_opened_is_named(tmp_path, extractor):
    for name in ("reference/a.png", "reference/b.png", "elsewhere/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        to_pil(torch.rand(3, 20, 20)).save(tmp_path / name)
    folder = tmp_path / "reference"
    (folder / "more").symlink_to(tmp_path / "elsewhere")
    assert reference_statistics(parse(folder), extractor).count == 3
    os.mkfifo(folder / "pipe.png")
    with pytest.raises(UnreadableError, match=r"pipe.png can't be opened: it is not a regular file"):
        reference_statistics(parse(folder), extractor)
    skipped: list[Unreadable] = []
    assert len(reference_set(parse(folder), extractor, skip=skipped.append)) == 3
    assert [one.name for one in skipped] == ["pipe.png"]


def test_a_reference_is_embedded_once_for_all_processes(folder, extractor, counted, monkeypatch):
    first = reference_statistics(parse(folder), extractor)
    embedded = sum(counted)
    forget(monkeypatch)
    again = reference_statistics(parse(folder), extractor)
    assert sum(counted) == embedded
    assert np.array_equal(first.covariance, again.covariance)
    assert again.count == first.count


def test_kept_statistics_that_are_damaged_are_made_again(
    folder, extractor, counted, shared_cache, monkeypatch
):
    first = reference_statistics(parse(folder), extractor)
    for kept in (shared_cache / "references").iterdir():
        kept.write_bytes(kept.read_bytes()[:100])
    forget(monkeypatch)
    again = reference_statistics(parse(folder), extractor)
    assert sum(counted) >= 40
    assert np.array_equal(first.mean, again.mean)


def test_a_process_holds_the_references_used_last_and_no_more(tmp_path, extractor, shared_cache):
    held = []
    for index in range(reference_store.HELD + 2):
        write_features(tmp_path / f"{index}.npz", FeatureSet(np.random.rand(3, 16), ("a", "b", "c")))
        held.append(reference_set(parse(tmp_path / f"{index}.npz"), extractor))
        assert reference_set(parse(tmp_path / "0.npz"), extractor) is held[0]
        reference_statistics(parse(tmp_path / f"{index}.npz"), extractor)
    assert len(reference_store._features) == len(reference_store._statistics) == reference_store.HELD
    assert reference_set(parse(tmp_path / "1.npz"), extractor) is not held[1]


def test_each_extractor_has_statistics_of_its_own(folder, extractor, make_tiny_clip):
    other = extractor_by_name(f"clip:{make_tiny_clip(1)}")
    mine, theirs = (reference_statistics(parse(folder), each) for each in (extractor, other))
    assert not np.allclose(mine.mean, theirs.mean)


def test_the_starter_reference_is_scenes_of_its_world(extractor, monkeypatch):
    for module in (references, reference_images):
        monkeypatch.setattr(module, "STARTER_IMAGES", 20)
    handle = parse("starter")
    assert handle.digest != references.ReferenceSet("folder", Path("starter").absolute())
    assert reference_statistics(handle, extractor).count == 20
    monkeypatch.setattr(references, "STARTER_IMAGES", 21)
    assert parse("starter").digest != handle.digest


def test_a_set_is_at_distance_zero_from_the_folder_it_was_saved_to(folder, images, tiny_clip):
    state = fd(parse(folder), extractor=f"clip:{tiny_clip}")
    state.update(images)
    # The features of the two sides were computed in other batches, in float32.
    assert state.compute() < 1e-6


def test_the_distance_hardly_depends_on_batches_and_shards(folder, images, tiny_clip):
    noisy = (images + 0.2 * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    values, reference = [], parse(folder)
    for size in (40, 7, 1):
        merged = fd(reference, extractor=f"clip:{tiny_clip}")
        for batch in noisy.split(size):
            shard = fd(reference, extractor=f"clip:{tiny_clip}")
            shard.update(batch)
            merged.merge(shard)
        values.append(merged.compute())
    assert values[0] > 1e-3
    assert values[1:] == pytest.approx([values[0]] * 2, rel=1e-4)  # the network's own float32


def test_shards_of_different_extractors_do_not_merge(folder, tiny_clip, make_tiny_clip):
    mine, theirs = (fd(parse(folder), extractor=f"clip:{clip}") for clip in (tiny_clip, make_tiny_clip(1)))
    with pytest.raises(ValueError, match="can't join a set of features"):
        mine.merge(theirs)


def test_saved_statistics_are_a_reference(folder, images, tiny_clip, extractor, tmp_path):
    write_statistics(tmp_path / "stats.npz", reference_statistics(parse(folder), extractor))
    values = []
    for reference in (folder, tmp_path / "stats.npz"):
        state = fd(parse(reference), extractor=f"clip:{tiny_clip}")
        state.update(1 - images)
        values.append(state.compute())
    assert values[0] == values[1] > 0


def test_statistics_of_another_dimension_are_an_error(tmp_path, tiny_clip):
    write_statistics(tmp_path / "s.npz", Statistics(np.zeros(3), np.eye(3), 10))
    with pytest.raises(ValueError, match=r"dimension 3.*extractor 'clip:.*dimension 16"):
        fd(parse(tmp_path / "s.npz"), extractor=f"clip:{tiny_clip}")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("missing", r"there is no reference 'missing'; expected 'starter', a folder of images, or a file"),
        ("", "expected 'starter'"),
        (7, "expected 'starter'"),
        ("empty", "the reference folder empty holds no images"),
        ("text.npz", r"text\.npz is damaged, or none of \.npz"),
    ],
)
def test_what_is_no_reference_is_an_error_before_anything_runs(value, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("empty")
    Path("text.npz").write_text("mu, sigma")
    with pytest.raises(ValueError, match=message):
        parse(value)


def test_an_image_that_does_not_decode_is_named(tmp_path, extractor):
    """All of them at once, however many there are."""
    for name in "aeiou":
        to_pil(torch.rand(3, 8, 8)).save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_bytes(b"not a picture")
    (tmp_path / "o.png").write_bytes((tmp_path / "u.png").read_bytes()[:60])
    with pytest.raises(ValueError, match=r"2 of 6 images.*b\.png.*o\.png.*--skip-unreadable"):
        reference_statistics(parse(tmp_path), extractor)


def test_a_picture_of_too_many_pixels_is_named(tmp_path, extractor, monkeypatch):
    to_pil(torch.rand(3, 8, 8)).save(tmp_path / "a.png")
    to_pil(torch.rand(3, 30, 30)).save(tmp_path / "bomb.png")
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match=r"1 of 2 images.*bomb\.png.*decompression bomb"):
        reference_statistics(parse(tmp_path), extractor)


def test_one_image_is_no_reference(tmp_path, extractor):
    to_pil(torch.rand(3, 8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="holds 1 image; it takes at least 2"):
        reference_statistics(parse(tmp_path), extractor)
