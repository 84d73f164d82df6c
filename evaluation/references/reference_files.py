"""Files of references: statistics and features in the layouts of several tools, read and written.

Statistics are an ``.npz`` of ``mu [d]`` and ``sigma [d, d]``: what clean-fid and pytorch-fid write, and what
torch-fidelity computes with. Features are an ``.npz`` of ``feats [n, d]`` (clean-fid, for KID), an ``.npy``,
or a parquet table. What we write also says what it was made with, in a place where other tools don't look.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ...graphs.store import whole
from ...nodes.tensor_files import PICKLED
from .feature_sets import FeatureSet, Origin, feature_rows
from .feature_tables import feature_column, read_table, write_table
from .numpy_files import CONVERT, Header, load_npy, load_npz, npy_header, npz_headers

if TYPE_CHECKING:
    from ..measures.frechet import Statistics

Holds = Literal["statistics", "features"]
Format = Literal["npz", "npy", "parquet"]
Layout = Literal["clean-fid", "clean-fid-kid", "pytorch-fid", "torch-fidelity"]

#: What each layout of an ``.npz`` holds. Those of statistics are the same two arrays.
LAYOUTS: dict[Layout, Holds] = {
    "clean-fid": "statistics",
    "pytorch-fid": "statistics",
    "torch-fidelity": "statistics",
    "clean-fid-kid": "features",
}
#: The names by which an array of features is known: clean-fid's, which we write, and a plain one.
FEATURE_ARRAYS = ("feats", "features")
#: Further arrays of ours: how many images, their names, and what all was made with.
COUNT, NAMES, ORIGIN = "n", "names", "mezzotint"

_MAGIC: dict[bytes, Format] = {b"PK\x03\x04": "npz", b"\x93NUM": "npy", b"PAR1": "parquet"}


class SavedStatistics(NamedTuple):
    """Statistics of a file, and what they were made with where it says so."""

    statistics: Statistics
    origin: Origin | None


def what_holds(path: Path) -> Holds:
    """Whether a file holds statistics or features, by its headers.

    Raises ValueError, with what to do about it, for a file of no known layout and for pickled content.
    """
    kind = _format(path)
    if kind == "parquet":
        feature_column(path)
        return "features"
    if kind == "npy":
        _expect_rows(npy_header(path), path)
        return "features"
    headers = npz_headers(path)
    for name in FEATURE_ARRAYS:
        if name in headers:
            _expect_rows(headers[name], path)
            return "features"
    if {"mu", "sigma"} <= headers.keys():
        return "statistics"
    found = ", ".join(sorted(headers)) or "nothing"
    raise ValueError(
        f"{path} should hold the arrays mu and sigma, or feats (a row for every image); it holds {found}"
    )


def read_statistics(path: Path) -> Statistics:
    """Statistics from an ``.npz`` with ``mu [d]`` and ``sigma [d, d]``, float64; ``count`` where it says.

    Raises ValueError for a file of another layout, and for values that are no mean and covariance.
    """
    return read_saved_statistics(path).statistics


def read_saved_statistics(path: Path) -> SavedStatistics:
    """As :func:`read_statistics`, with what the statistics were made with."""
    import numpy

    from ..measures.frechet import Statistics

    arrays = load_npz(path, ("mu", "sigma", COUNT, ORIGIN))
    if "mu" not in arrays or "sigma" not in arrays:
        raise ValueError(f"{path} holds no statistics (mu, sigma)")
    mean, covariance = arrays["mu"], arrays["sigma"]
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)) or not len(mean):
        shapes = f"{list(mean.shape)} and {list(covariance.shape)}"
        raise ValueError(f"{path} should hold mu [d] and sigma [d, d]; it holds {shapes}")
    if mean.dtype.kind not in "fiu" or covariance.dtype.kind not in "fiu":
        raise ValueError(f"{path} holds {mean.dtype} and {covariance.dtype}, not real numbers")
    mean, covariance = mean.astype(numpy.float64), covariance.astype(numpy.float64)
    if not (numpy.isfinite(mean).all() and numpy.isfinite(covariance).all()):
        raise ValueError(f"{path} holds NaN or infinity")
    if not numpy.allclose(covariance, covariance.T, rtol=1e-4, atol=1e-6 * float(abs(covariance).max())):
        raise ValueError(f"sigma in {path} is not symmetric, so it is no covariance")
    if (covariance.diagonal() < 0).any():
        raise ValueError(f"sigma in {path} has negative variances, so it is no covariance")
    statistics = Statistics(mean, (covariance + covariance.T) / 2, _count(arrays.get(COUNT), path))
    return SavedStatistics(statistics, Origin.from_json(_text(arrays.get(ORIGIN)), path))


def write_statistics(path: Path, statistics: Statistics, origin: Origin | None = None) -> None:
    """Write an ``.npz`` that clean-fid, pytorch-fid, torch-fidelity and :func:`read_statistics` read.

    Whole or not at all; OSError where that can't be done.
    """
    import numpy

    arrays: dict[str, Any] = {"mu": statistics.mean, "sigma": statistics.covariance}
    if statistics.count is not None:
        arrays[COUNT] = numpy.array(statistics.count)
    _save(path, arrays, origin)


def read_features(path: Path) -> FeatureSet:
    """The features of a file ``[n, d]``; images that it doesn't name are ``image 0``, ``image 1``, ….

    Raises ValueError for a file of another layout, and for NaN and infinity.
    """
    kind = _format(path)
    if kind == "parquet":
        return read_table(path)
    arrays = load_npz(path, (*FEATURE_ARRAYS, NAMES, ORIGIN)) if kind == "npz" else {"feats": load_npy(path)}
    found = next((arrays[name] for name in FEATURE_ARRAYS if name in arrays), None)
    if found is None:
        raise ValueError(f"{path} holds no features (feats, a row for every image)")
    rows = feature_rows(found, str(path))
    names = tuple(map(str, arrays.get(NAMES, [f"image {index}" for index in range(len(rows))])))
    if len(names) != len(rows):
        raise ValueError(f"{path} holds {len(rows)} features and {len(names)} names of images")
    return FeatureSet(rows, names, Origin.from_json(_text(arrays.get(ORIGIN)), path))


def write_features(path: Path, features: FeatureSet) -> None:
    """Write features: a table as ``.parquet``, the bare array as ``.npy``, else clean-fid's ``.npz``.

    Whole or not at all; OSError where that can't be done. An ``.npy`` has no room for names and for what
    the features were made with.
    """
    import numpy

    if path.suffix == ".parquet":
        write_table(path, features)
    elif path.suffix == ".npy":
        with whole(path) as temporary, temporary.open("wb") as file:
            numpy.save(file, features.rows, allow_pickle=False)
    else:
        _save(path, {"feats": features.rows, NAMES: numpy.array(features.names)}, features.origin)


def _save(path: Path, arrays: dict[str, Any], origin: Origin | None) -> None:
    import numpy

    if origin is not None:
        arrays[ORIGIN] = numpy.array(origin.to_json())
    with whole(path) as temporary, temporary.open("wb") as file:  # by its name, savez would add an ending
        numpy.savez(file, **arrays)


def _format(path: Path) -> Format:
    """The format of a file by its first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror or error}") from error
    if path.suffix.lower() in PICKLED or start[:1] == b"\x80":
        raise ValueError(f"{path} is a pickle, which could run code when it is read. {CONVERT}")
    if start not in _MAGIC:
        raise ValueError(f"{path} is damaged, or none of .npz (mu, sigma, or feats), .npy and .parquet")
    return _MAGIC[start]


def _expect_rows(header: Header, path: Path) -> None:
    if len(header.shape) != 2 or 0 in header.shape or header.dtype.kind not in "fiu":
        raise ValueError(
            f"{path} should hold features [n, d], a row for every image; "
            f"it holds {list(header.shape)} of {header.dtype}"
        )


def _count(value: Any, path: Path) -> int | None:
    if value is None:
        return None
    if value.shape != () or value.dtype.kind not in "iu" or value < 2:
        raise ValueError(f"{path} should hold in {COUNT} how many images there were, at least 2")
    return int(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
