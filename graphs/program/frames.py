"""Results as tables: pyarrow's, and pandas' where that is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..items_table import (
    TableColumn,
    axis_columns,
    entry_of,
    fitting_column,
    output_column,
    point_of,
    without_paths,
)
from ..types import AnyType

if TYPE_CHECKING:
    import pandas
    import pyarrow

    from .outputs import OutputValues

_NUMBER = TableColumn("double", float)


def table(outputs: Sequence[OutputValues], *, files: bool) -> pyarrow.Table:
    """One table of outputs that vary over the same axes, a row a point; see ``OutputValues.arrow``."""
    import pyarrow

    kinds = {
        "int64": pyarrow.int64(),
        "double": pyarrow.float64(),
        "bool": pyarrow.bool_(),
        "string": pyarrow.string(),
        "binary": pyarrow.binary(),
    }
    columns = _axes(outputs[0])
    taken = {*columns, "flags", "missing", "failure"}
    for values in outputs:
        if values.name in values.axes and values.name in columns:
            continue  # an input beside what is made of it: it has a column already
        name = f"{values.name}.output" if values.name in taken else values.name
        columns.update(_columns(values, name, files=files))
    columns |= _about(outputs)
    return pyarrow.table(
        {
            name: pyarrow.array(column.converted(entries), kinds[column.kind])
            for name, (column, entries) in columns.items()
        }
    )


def frame(made: pyarrow.Table) -> pandas.DataFrame:
    """A table as a data frame; ImportError, with what to do about it, where pandas isn't installed."""
    try:
        import pandas  # noqa: F401 - pyarrow imports it, and says less of its absence
    except ImportError:
        raise ImportError(
            "a data frame needs the package pandas, which isn't installed; install it by pip install pandas, "
            "or take .arrow(), a table of pyarrow"
        ) from None
    return made.to_pandas()


_Columns = dict[str, tuple[TableColumn, Sequence[Any]]]


def _axes(values: OutputValues) -> _Columns:
    found: _Columns = {}
    lengths = {axis: len(on_it) for axis, on_it in values.axes.items()}
    points = [point_of(index, tuple(lengths), lengths) for index in range(len(values))]
    for axis, on_it in values.axes.items():
        positions = [point[axis] for point in points]
        found[f"{axis}.index"] = TableColumn("int64", int), positions
        for name, (key, column) in axis_columns(axis, on_it).items():
            found[name] = column, [entry_of(on_it[position], key) for position in positions]
    return found


def _columns(values: OutputValues, name: str, *, files: bool) -> _Columns:
    """The columns of one output: what it is, and how sure that is."""
    is_file = values.kind.suffix is not None
    if is_file and not files:
        return {}
    kind, made = values.kind, [values.at(index) for index in range(len(values))]
    if is_file:
        contents = [None if one.failure else kind.export(one.item, {}) for one in made]
        return {name: (TableColumn("binary", bytes), contents)}
    cells = [None if one.failure else kind.cell(without_paths(one.item)) for one in made]
    column = fitting_column(cells) if isinstance(kind, AnyType) else output_column(kind)
    found: _Columns = {name: (column, cells)}
    details = [{} if one.failure else kind.details(one.item) for one in made]
    if any("standard_error" in about for about in details):
        intervals = [about.get("interval") or (None, None) for about in details]
        found[f"{name}.standard_error"] = _NUMBER, [about.get("standard_error") for about in details]
        found[f"{name}.low"] = _NUMBER, [low for low, _ in intervals]
        found[f"{name}.high"] = _NUMBER, [high for _, high in intervals]
    return found


def _about(outputs: Sequence[OutputValues]) -> _Columns:
    """What there is to say of a row: words, members that are missing, and why something is absent."""
    rows = range(len(outputs[0]))
    made = [[values.at(row) for values in outputs] for row in rows]
    flags = [" ".join(sorted({word for one in row for word in one.flags})) for row in made]
    missing = [max(one.missing for one in row) for row in made]
    failures = [next((one.failure for one in row if one.failure), None) for row in made]
    return {
        "flags": (TableColumn("string", str), flags),
        "missing": (TableColumn("int64", int), missing),
        "failure": (TableColumn("string", str), failures),
    }
