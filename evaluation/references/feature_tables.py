"""Features in parquet: a row an image, its name beside a list of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...graphs.hardship import is_hardship
from ...graphs.store import whole
from .feature_sets import FeatureSet, Origin, feature_rows

if TYPE_CHECKING:
    import pyarrow

FEATURES, NAME = "features", "image"
#: The entry of the metadata that says what the features were made with: JSON text.
ORIGIN = b"mezzotint"


def feature_column(path: Path) -> str:
    """The column of features: ``features``, or the only one of lists of floats; only the schema is read.

    Raises ValueError for a file that is no parquet table, or has no such column.
    """
    with _reading(path):
        from pyarrow import parquet

        schema = parquet.read_schema(path)
        return _column(schema)


def read_table(path: Path) -> FeatureSet:
    """The features of a table. Names are in a column ``image``, or else the rows' numbers.

    Raises ValueError for a table of another layout, rows of different lengths, and NaN.
    """
    import numpy

    with _reading(path):
        from pyarrow import parquet

        opened = parquet.ParquetFile(path)
        column = _column(opened.schema_arrow)
        named = NAME in opened.schema_arrow.names
        table = opened.read(columns=[column, *([NAME] if named else [])])
        table.validate(full=True)
        lists = table[column].combine_chunks()
        if not len(lists):
            raise _LayoutError("holds no features")
        if lists.null_count:
            raise _LayoutError("has rows without features")
        lengths = set(lists.value_lengths().to_pylist())
        if len(lengths) != 1:
            raise _LayoutError(
                f"has features from {min(lengths)} to {max(lengths)} long; an extractor has one length"
            )
        rows = numpy.reshape(lists.flatten().to_numpy(zero_copy_only=False), (len(lists), -1))
        names = table[NAME].to_pylist() if named else [f"image {index}" for index in range(len(rows))]
        origin = (opened.schema_arrow.metadata or {}).get(ORIGIN)
    return FeatureSet(feature_rows(rows, str(path)), tuple(map(str, names)), Origin.from_json(origin, path))


def write_table(path: Path, features: FeatureSet) -> None:
    """Write what :func:`read_table` reads, whole or not at all; OSError where that can't be done."""
    import pyarrow
    from pyarrow import parquet

    values = pyarrow.FixedSizeListArray.from_arrays(
        pyarrow.array(features.rows.reshape(-1)), features.dimension
    )
    table = pyarrow.table({NAME: pyarrow.array(features.names, pyarrow.string()), FEATURES: values})
    if features.origin is not None:
        table = table.replace_schema_metadata({ORIGIN: features.origin.to_json()})
    with whole(path) as temporary:
        parquet.write_table(table, temporary, compression="zstd")


class _LayoutError(Exception):
    """A table that isn't one of features; the message is what is said of its file."""


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong becomes a ValueError that names the file."""
    try:
        yield
    except _LayoutError as error:
        raise ValueError(f"{path} {error}") from None
    except Exception as error:  # whatever the reader raises of damaged bytes
        if is_hardship(error):
            raise
        raise ValueError(f"{path} is damaged, or no parquet table: {error}") from error


def _column(schema: pyarrow.Schema) -> str:
    from pyarrow import types

    def is_vector(kind: pyarrow.DataType) -> bool:
        lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
        return bool(lists and types.is_floating(kind.value_type))

    lists = [str(field.name) for field in schema if is_vector(field.type)]
    if FEATURES in lists or len(lists) == 1:
        return FEATURES if FEATURES in lists else lists[0]
    columns = ", ".join(schema.names) or "none"
    raise _LayoutError(
        f"should have a column {FEATURES!r}, a list of floats a row; its columns are {columns}"
    )
