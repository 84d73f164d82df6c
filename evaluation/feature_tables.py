"""Features in parquet: a row an image, its name beside a list of numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..graphs.store import whole
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
    return _column(_open(path).schema_arrow, path)


def read_table(path: Path) -> FeatureSet:
    """The features of a table. Names are in a column ``image``, or else the rows' numbers.

    Raises ValueError for a table of another layout, rows of different lengths, and NaN.
    """
    import numpy
    import pyarrow

    opened = _open(path)
    column = _column(opened.schema_arrow, path)
    named = NAME in opened.schema_arrow.names
    try:
        table = opened.read(columns=[column, *([NAME] if named else [])])
    except (OSError, pyarrow.ArrowException) as error:
        raise ValueError(f"{path} can't be read: {error}") from error
    lists = table[column].combine_chunks()
    if lists.null_count or len(lists) == 0:
        raise ValueError(f"{path} has rows without features" if len(lists) else f"{path} holds no features")
    values = lists.flatten().to_numpy(zero_copy_only=False)
    lengths = set(lists.value_lengths().to_pylist())
    if len(lengths) != 1:
        raise ValueError(
            f"the features in {path} are from {min(lengths)} to {max(lengths)} long; "
            "features of one extractor have one length"
        )
    rows = feature_rows(numpy.reshape(values, (len(lists), -1)), str(path))
    names = table[NAME].to_pylist() if named else [f"image {index}" for index in range(len(rows))]
    metadata = opened.schema_arrow.metadata or {}
    return FeatureSet(rows, tuple(map(str, names)), Origin.from_json(metadata.get(ORIGIN), path))


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


def _open(path: Path) -> Any:
    import pyarrow
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise ValueError(f"{path} is damaged, or no parquet table: {error}") from error


def _column(schema: pyarrow.Schema, path: Path) -> str:
    from pyarrow import types

    def is_vector(kind: pyarrow.DataType) -> bool:
        lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
        return bool(lists and types.is_floating(kind.value_type))

    lists = [str(field.name) for field in schema if is_vector(field.type)]
    if FEATURES in lists or len(lists) == 1:
        return FEATURES if FEATURES in lists else lists[0]
    columns = ", ".join(schema.names) or "none"
    raise ValueError(
        f"{path} should have a column {FEATURES!r}, a list of floats a row; its columns are {columns}"
    )
