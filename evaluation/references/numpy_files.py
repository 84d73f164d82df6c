"""NumPy's files, ``.npz`` and ``.npy``, from strangers: known by their headers, read without unpickling."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ...graphs.hardship import is_hardship

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy
    import numpy.typing as npt

#: How arrays get out of a pickle, at the user's word.
CONVERT = (
    "Where you trust it, convert it once in Python: numpy.savez('stats.npz', mu=mu, sigma=sigma), "
    "or numpy.savez('features.npz', feats=features) with a row for every image"
)


class Header(NamedTuple):
    """What an array is before it is read."""

    shape: tuple[int, ...]
    dtype: numpy.dtype[Any]


def npz_headers(path: Path) -> dict[str, Header]:
    """The arrays of an ``.npz`` by name; only headers are read.

    Raises ValueError for a file that isn't whole, and for pickled content.
    """
    with _reading(path), zipfile.ZipFile(path) as archive:
        headers = {}
        for entry in archive.infolist():
            if entry.filename.endswith(".pkl"):
                raise _PickledError
            if entry.filename.endswith(".npy"):
                with archive.open(entry) as file:
                    name = entry.filename.removesuffix(".npy")
                    headers[name] = _header(file, entry.file_size)
        return headers


def npy_header(path: Path) -> Header:
    """The array of an ``.npy``; only its header is read. Raises ValueError as :func:`npz_headers` does."""
    with _reading(path), path.open("rb") as file:
        return _header(file, path.stat().st_size)


def load_npz(path: Path, names: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Those of the named arrays that an ``.npz`` has; its checksums are compared.

    Raises ValueError for a file that isn't whole, and for pickled content.
    """
    import numpy

    headers = npz_headers(path)
    with _reading(path), numpy.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in names if name in headers}


def load_npy(path: Path) -> npt.NDArray[Any]:
    """The array of an ``.npy``. Raises ValueError as :func:`load_npz` does."""
    import numpy

    npy_header(path)
    with _reading(path):
        loaded: npt.NDArray[Any] = numpy.load(path, allow_pickle=False)
        return loaded


class _PickledError(Exception):
    """An array of Python objects, which only unpickling could read."""


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong becomes a ValueError that names the file."""
    try:
        yield
    except _PickledError:
        raise ValueError(
            f"{path} holds pickled objects, which could run code when they are read. {CONVERT}"
        ) from None
    except Exception as error:  # whatever the readers raise of damaged bytes
        if is_hardship(error):
            raise
        raise ValueError(f"{path} is damaged, or no file of NumPy's: {error}") from error


def _header(file: IO[bytes], size: int) -> Header:
    from numpy.lib import format as layout

    version = layout.read_magic(file)
    # Version 3 only says that names of columns are UTF-8; no array of ours has columns.
    read = layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise _PickledError
    if file.tell() + prod(shape) * dtype.itemsize > size:
        raise ValueError("it is shorter than its header says, as after a download that was broken off")
    return Header(shape, dtype)
