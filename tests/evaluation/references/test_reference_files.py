"""Files of references: other tools' layouts, read and written, and files that are none."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from mezzotint.evaluation import (
    FeatureSet,
    Origin,
    ReferenceType,
    Statistics,
    extractor_by_name,
    frechet_distance,
    read_features,
    read_statistics,
    reference_features,
    reference_statistics,
    write_features,
    write_statistics,
)
from mezzotint.evaluation.references import reference_store

parse = ReferenceType().parse
ROWS = np.random.default_rng(0).normal(size=(20, 16)).astype(np.float32)
NAMES = tuple(f"folder/{index}.png" for index in range(len(ROWS)))


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    for held in ("_statistics", "_features"):
        monkeypatch.setattr(reference_store, held, {})


@pytest.fixture
def extractor(tiny_clip):
    """Of 16 dimensions."""
    return extractor_by_name(f"clip:{tiny_clip}")


@pytest.fixture
def features(extractor) -> FeatureSet:
    return FeatureSet(ROWS, NAMES, Origin.of(extractor))


# What other tools write


def test_statistics_of_clean_fid_and_pytorch_fid_are_read(tmp_path, extractor):
    mean, covariance = ROWS.mean(axis=0), np.cov(ROWS, rowvar=False)
    np.savez_compressed(tmp_path / "s.npz", mu=mean, sigma=covariance)
    found = reference_statistics(parse(tmp_path / "s.npz"), extractor)
    np.testing.assert_allclose(found.mean, mean)
    np.testing.assert_allclose(found.covariance, covariance)
    assert (found.count, found.mean.dtype) == (None, np.float64)


def test_features_of_clean_fid_for_kid_are_read_and_give_statistics_too(tmp_path, extractor):
    np.savez_compressed(tmp_path / "s_kid.npz", feats=ROWS)
    reference = parse(tmp_path / "s_kid.npz")
    assert np.array_equal(reference_features(reference, extractor), ROWS)
    assert reference_statistics(reference, extractor).count == len(ROWS)


def test_a_bare_array_is_a_file_of_features(tmp_path, extractor):
    np.save(tmp_path / "f.npy", ROWS.astype(np.float64))
    found = reference_features(parse(tmp_path / "f.npy"), extractor)
    assert found.dtype == np.float32
    assert np.array_equal(found, ROWS)


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float32(), 16)]
)
def test_the_column_of_lists_in_a_table_is_taken_for_features(kind, tmp_path, extractor):
    columns = {"caption": ["a", "b"], "embedding": pa.array(ROWS[:2].tolist(), kind)}
    parquet.write_table(pa.table(columns), tmp_path / "f.parquet")
    assert np.allclose(reference_features(parse(tmp_path / "f.parquet"), extractor), ROWS[:2])


# What we write, other tools read


def test_clean_fid_reads_our_statistics_and_features(tmp_path, features, monkeypatch):
    cleanfid = pytest.importorskip("cleanfid")
    from cleanfid.features import get_reference_statistics

    monkeypatch.setattr(cleanfid, "__file__", str(tmp_path / "__init__.py"))  # where it looks for them
    stats = tmp_path / "stats"
    written = Statistics.of_features(ROWS)
    write_statistics(stats / "ours_clean_custom_na.npz", written, features.origin)
    write_features(stats / "ours_clean_custom_na_kid.npz", features)
    where = {"mode": "clean", "split": "custom"}
    mean, covariance = get_reference_statistics("ours", "na", metric="FID", **where)
    assert np.array_equal(mean, written.mean)
    assert np.array_equal(covariance, written.covariance)
    assert np.array_equal(get_reference_statistics("ours", "na", metric="KID", **where), ROWS)


def test_torch_fidelity_computes_with_our_statistics(tmp_path, features):
    from torch_fidelity.metric_fid import fid_statistics_to_metric

    both = [Statistics.of_features(rows) for rows in (ROWS, ROWS[::-1] * 1.2 + 0.3)]
    for index, statistics in enumerate(both):
        write_statistics(tmp_path / f"{index}.npz", statistics, features.origin)
    loaded = [np.load(tmp_path / f"{index}.npz") for index in range(2)]
    theirs = fid_statistics_to_metric(*loaded, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(*both) == pytest.approx(theirs, rel=1e-6)


# What we write and read


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_features_come_back_with_their_names_and_what_made_them(suffix, features, tmp_path):
    path = tmp_path / f"f{suffix}"
    write_features(path, features)
    found = read_features(path)
    assert np.array_equal(found.rows, ROWS)
    assert (found.names, found.origin) == (NAMES, features.origin)
    assert found.digest == features.digest


def test_an_npy_has_room_for_the_features_only(features, tmp_path):
    write_features(tmp_path / "f.npy", features)
    found = read_features(tmp_path / "f.npy")
    assert np.array_equal(found.rows, ROWS)
    assert found.origin is None


def test_statistics_come_back_to_the_last_bit(tmp_path):
    written = Statistics.of_features(ROWS)
    write_statistics(tmp_path / "s.npz", written)
    found = read_statistics(tmp_path / "s.npz")
    assert np.array_equal(found.mean, written.mean)
    assert np.array_equal(found.covariance, written.covariance)
    assert found.count == len(ROWS)


@pytest.mark.parametrize("name", ["s.npz", "f.npz", "f.parquet"])
def test_what_was_made_with_another_extractor_is_refused(name, features, tmp_path, make_tiny_clip):
    path = tmp_path / name
    if name == "s.npz":
        write_statistics(path, Statistics.of_features(ROWS), features.origin)
    else:
        write_features(path, features)
    other = extractor_by_name(f"clip:{make_tiny_clip(1)}")  # of the same dimension
    with pytest.raises(ValueError, match=rf"{name} was made with the extractor 'clip:.*say ext"):
        reference_statistics(parse(path), other)


def test_an_extractor_that_has_changed_since_is_refused(features, extractor, tmp_path):
    changed = FeatureSet(ROWS, NAMES, Origin(extractor.name, "0" * 32, "clean"))
    write_features(tmp_path / "f.npz", changed)
    with pytest.raises(ValueError, match="have changed since; make the reference again"):
        reference_features(parse(tmp_path / "f.npz"), extractor)


def test_a_file_that_is_being_written_is_whole_or_not_there(features, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    for name, module in (("f.npz", "numpy.savez"), ("f.parquet", "pyarrow.parquet.write_table")):
        monkeypatch.setattr(module, full)
        with pytest.raises(OSError, match="No space"):
            write_features(tmp_path / name, features)
    assert list(tmp_path.iterdir()) == []


# What is none


def test_statistics_alone_are_no_features(tmp_path, extractor):
    write_statistics(tmp_path / "s.npz", Statistics.of_features(ROWS))
    with pytest.raises(ValueError, match=r"holds statistics only.*every image.*mezzotint reference FOLDER"):
        reference_features(parse(tmp_path / "s.npz"), extractor)


@pytest.mark.parametrize("name", ["f.npz", "f.npy", "f.parquet"])
def test_features_of_another_dimension_are_an_error(name, tmp_path, extractor):
    write_features(tmp_path / name, FeatureSet(ROWS[:, :3], NAMES))
    with pytest.raises(ValueError, match=r"features of dimension 3.*extractor 'clip:.*dimension 16"):
        reference_features(parse(tmp_path / name), extractor)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"mu": np.zeros(3), "sigma": np.eye(4)}, r"it holds \[3\] and \[4, 4\]"),
        ({"mu": np.zeros(2), "sigma": np.array([[1, np.nan], [0, 1]])}, "NaN"),
        ({"mu": np.zeros(2), "sigma": np.array([[1.0, 0.5], [0, 1]])}, "not symmetric"),
        ({"mu": np.zeros(2), "sigma": -np.eye(2)}, "negative variances"),
        ({"mu": np.zeros(2, complex), "sigma": np.eye(2)}, "not real numbers"),
        ({"mu": np.zeros(2), "sigma": np.eye(2), "n": np.zeros(3)}, "how many images there were"),
        (
            {"mu": np.zeros(2), "sigma": np.eye(2), "mezzotint": "{}"},
            "no way that can be read what it was made with",
        ),
        ({"feats": np.ones((1, 16))}, "holds 1 image; it takes at least 2"),
        ({"feats": np.full((3, 16), np.nan)}, "3 of 3 features in .* hold NaN"),
        ({"feats": np.full((3, 16), 1e200)}, "3 of 3 features in .* hold NaN or infinity"),
        ({"feats": np.zeros((3, 16)), "names": np.array(["a"])}, "3 features and 1 names"),
    ],
)
def test_numbers_that_are_no_statistics_and_no_features_are_an_error(arrays, message, tmp_path, extractor):
    np.savez(tmp_path / "s.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        reference_statistics(parse(tmp_path / "s.npz"), extractor)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"mean": np.zeros(3), "cov": np.eye(3)}, "should hold the arrays mu and sigma, or feats.*cov, mean"),
        ({"feats": np.zeros(3)}, r"should hold features \[n, d\].*it holds \[3\]"),
        ({"feats": np.zeros((0, 3))}, r"it holds \[0, 3\]"),
        ({"feats": np.array([["a", "b"]])}, r"should hold features \[n, d\].*of <U1"),
        ({"mu": np.array([None]), "sigma": np.eye(1)}, r"pickled objects.*convert it once.*savez\('stats"),
    ],
)
def test_an_unknown_layout_is_an_error_before_anything_runs(arrays, message, tmp_path):
    np.savez(tmp_path / "s.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        parse(tmp_path / "s.npz")


class Bomb:
    def __reduce__(self):
        return Path.write_text, (Path("ran"), "code of a stranger")


@pytest.mark.parametrize("name", ["s.pt", "s.pkl", "s.npz", "inside.npz", "s.npy"])
def test_pickled_content_is_never_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name == "s.npz":  # whatever the name says
        Path(name).write_bytes(pickle.dumps(Bomb()))
    elif name == "inside.npz":
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Bomb()))  # as torch.save lays it out
    elif name == "s.npy":
        np.save(name, np.array([Bomb()]), allow_pickle=True)
    else:
        Path(name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match=r"pickle.*convert it once in Python"):
        parse(name)
    assert not Path("ran").exists()


@pytest.mark.parametrize("name", ["s.npz", "f.npz", "f.npy", "f.parquet"])
def test_a_file_that_was_cut_off_is_an_error(name, features, tmp_path, extractor):
    path = tmp_path / name
    if name == "s.npz":
        write_statistics(path, Statistics.of_features(ROWS))
    else:
        write_features(path, features)
    whole = path.read_bytes()
    for length in (0, 3, 40, 200, len(whole) - 5):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=name):
            reference_statistics(parse(path), extractor)


def test_a_bit_that_fell_over_is_found(features, tmp_path):
    write_features(tmp_path / "f.npz", features)
    damaged = bytearray((tmp_path / "f.npz").read_bytes())
    damaged[400] ^= 1
    (tmp_path / "f.npz").write_bytes(damaged)
    with pytest.raises(ValueError, match="CRC"):
        read_features(tmp_path / "f.npz")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"prompt": ["a"]}, "should have a column 'features'.*its columns are prompt"),
        ({"a": [[1.0]], "b": [[2.0]]}, "should have a column 'features'"),
        ({"features": [[1.0, 2.0], [3.0]]}, "has features from 1 to 2 long"),
        ({"features": [[1.0], None]}, "rows without features"),
        ({"features": [[1.0], [None]]}, "1 of 2 features in .* hold NaN"),
        ({"features": pa.array([], pa.list_(pa.float32()))}, "holds no features"),
    ],
)
def test_a_table_of_another_layout_is_an_error(columns, message, tmp_path, extractor):
    parquet.write_table(pa.table(columns), tmp_path / "f.parquet")
    with pytest.raises(ValueError, match=message):
        reference_features(parse(tmp_path / "f.parquet"), extractor)
