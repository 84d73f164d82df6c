"""``mezzotint reference``: a folder of images becomes a file that metrics here and elsewhere read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.evaluation import (
    ReferenceType,
    extractor_by_name,
    read_features,
    read_statistics,
    reference_statistics,
)
from mezzotint.evaluation.references import reference_store


@pytest.fixture(autouse=True)
def photos(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six pictures of two sizes, some of them in a folder of their own."""
    monkeypatch.setattr(reference_store, "_statistics", {})
    monkeypatch.setattr(reference_store, "_features", {})
    random = np.random.default_rng(0)
    (folder / "photos" / "more").mkdir(parents=True)
    for index in range(6):
        pixels = random.integers(0, 256, (20 + index % 2, 24, 3), dtype=np.uint8)
        name = f"{'more/' if index > 3 else ''}{index}.png"
        Image.fromarray(pixels).save(folder / "photos" / name)
    return folder / "photos"


def test_statistics_are_written_for_an_npz(invoke):
    result = invoke("reference", "photos", "-o", "stats.npz", toys=False)
    assert result.exit_code == 0
    assert "stats.npz: statistics of 6 images, dimension 128 by starter" in result.stdout
    assert "images: 6 of 6" in result.stderr
    found = read_statistics(Path("stats.npz"))
    assert (found.count, found.dimension) == (6, 128)
    of_folder = reference_statistics(ReferenceType().parse("photos"), extractor_by_name("starter"))
    assert np.array_equal(found.covariance, of_folder.covariance)


@pytest.mark.parametrize(
    ("out", "options"), [("f.parquet", ()), ("f.npy", ()), ("f.npz", ("--layout", "clean-fid-kid"))]
)
def test_features_are_written_where_asked_for(out, options, invoke):
    assert invoke("reference", "photos", "-o", out, *options, toys=False).exit_code == 0
    found = read_features(Path(out))
    assert found.rows.shape == (6, 128)
    if out != "f.npy":
        assert found.names == ("0.png", "1.png", "2.png", "3.png", "more/4.png", "more/5.png")
        assert found.origin is not None
        assert (found.origin.extractor, found.origin.resize) == ("starter", "pil-bicubic-shortest")


@pytest.mark.parametrize("layout", ["clean-fid", "pytorch-fid", "torch-fidelity"])
def test_the_layouts_of_statistics_are_the_same_arrays(layout, invoke):
    assert invoke("reference", "photos", "-o", "s.npz", "--layout", layout, toys=False).exit_code == 0
    with np.load("s.npz", allow_pickle=False) as arrays:
        assert arrays["mu"].shape == (128,)
        assert arrays["sigma"].shape == (128, 128)


def test_a_file_of_features_becomes_statistics_without_the_images(invoke, photos):
    assert invoke("reference", "photos", "-o", "f.parquet", toys=False).exit_code == 0
    for path in photos.rglob("*.png"):
        path.unlink()
    assert invoke("reference", "f.parquet", "-o", "s.npz", toys=False).exit_code == 0
    assert read_statistics(Path("s.npz")).count == 6


def test_the_record_says_all(invoke):
    result = invoke("reference", "photos", "-o", "s.npz", "--json", toys=False)
    record = json.loads(result.stdout)
    assert result.stderr == ""
    assert record["images"] == 6
    assert record["extractor"] == "starter"
    assert record["digest"] == extractor_by_name("starter").digest()
    assert record["skipped"] == []


def test_images_that_can_not_be_read_are_named_and_counted(invoke, photos):
    (photos / "2.png").write_bytes(b"no picture")
    (photos / "more" / "5.png").write_bytes((photos / "more" / "5.png").read_bytes()[:50])
    result = invoke("reference", "photos", "-o", "s.npz", toys=False)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert "2.png is not an image" in lines[0]
    assert "5.png can't be read" in lines[1]
    assert lines[2] == "mezzotint: 2 of 6 images can't be read, and nothing was written"
    assert "--skip-unreadable" in result.stderr
    assert not Path("s.npz").exists()


def test_what_is_odd_about_images_is_noted_once(invoke, photos):
    frames = [Image.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (0, 99, 200)]
    for name in ("a.gif", "b.gif"):
        frames[0].save(photos / name, save_all=True, append_images=frames[1:])
    result = invoke("reference", "photos", "-o", "s.npz", toys=False)
    assert result.exit_code == 0
    notes = [line for line in result.stderr.splitlines() if line.startswith("note:")]
    assert notes == ["note: of files that hold several pictures, such as animations, the first was read"]


def test_told_to_it_goes_on_without_them_and_says_so(invoke, photos):
    (photos / "2.png").write_bytes(b"no picture")
    result = invoke("reference", "photos", "-o", "f.parquet", "--skip-unreadable", toys=False)
    assert result.exit_code == 0
    assert "2.png is not an image" in result.stderr
    assert "left out: 1 image that can't be read" in result.stdout
    assert "2.png" not in read_features(Path("f.parquet")).names
    # What was left out here is missing nowhere else.
    assert invoke("reference", "photos", "-o", "s.npz", toys=False).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing", "-o", "s.npz"), "there is no reference 'missing'"),
        (("empty", "-o", "s.npz"), "the reference folder empty holds no images"),
        (("one", "-o", "s.npz"), "holds 1 image; it takes at least 2"),
        (("photos", "-o", "s.pt"), "-o s.pt should end in .npz (statistics), .npy or .parquet"),
        (("photos", "-o", "s.npz", "--layout", "mine"), "--layout 'mine' is not one of clean-fid"),
        (("photos", "-o", "f.npy", "--layout", "clean-fid"), "--layout clean-fid is one of an .npz file"),
        (("photos", "-o", "s.npz", "--extractor", "incepton"), "incepton"),
        (("s0.npz", "-o", "f.parquet"), "holds statistics only"),
    ],
)
def test_a_mistake_is_one_clear_message(arguments, message, invoke, photos):
    Path("empty").mkdir()
    Path("one").mkdir()
    (photos / "0.png").rename("one/0.png")
    np.savez("s0.npz", mu=np.zeros(128), sigma=np.eye(128))
    result = invoke("reference", *arguments, toys=False)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path(arguments[2]).exists()


def test_a_file_that_can_not_be_written_is_named(invoke):
    Path("s.npz").mkdir()
    result = invoke("reference", "photos", "-o", "s.npz", toys=False)
    assert result.exit_code == 1
    assert "s.npz: Is a directory" in result.stderr
