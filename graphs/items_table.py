"""``items.parquet``: one row a point of each distinct set of output axes, with the values of the axes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from .check import CheckedGraph
from .draft import Output
from .store import whole
from .types import BooleanType, IntegerType, NumberType, PortType
from .values import Along
from .walk import strides_of

_PORTION = 4096


class Cell(NamedTuple):
    """What a run folder holds of one output at one point."""

    value: Any
    flags: str
    missing: int
    failure: str | None


class Cells(Protocol):
    """Where the cells of outputs are found."""

    def cells(self, output: str, start: int, stop: int) -> dict[int, Cell]:
        """The cells of an output by index over its axes, of those at hand in ``range(start, stop)``."""
        ...


@dataclass(frozen=True)
class TableColumn:
    """A column: the name of its arrow type, and how a value becomes one of that type."""

    kind: str
    convert: Callable[[Any], Any]

    def converted(self, values: Sequence[Any]) -> list[Any]:
        """Values as the column takes them; None is null."""
        return [None if value is None else self.convert(value) for value in values]


_TEXT = TableColumn("string", lambda value: as_text(value))


class ItemsTable:
    """The rows of all outputs of a graph. Outputs with the same axes share rows; absent axes are null."""

    def __init__(self, graph: CheckedGraph, cells: Cells) -> None:
        self.graph = graph
        self.cells = cells
        self.lengths = {name: len(axis) for name, axis in graph.axes.items()}
        self._of_axis = {axis: axis_columns(axis, graph.axes[axis].values) for axis in graph.axes}
        self._columns: dict[str, TableColumn] = {}
        for axis, columns in self._of_axis.items():
            self._columns[f"{axis}.index"] = TableColumn("int64", int)
            self._columns.update((name, column) for name, (_, column) in columns.items())
        self._named: dict[str, str] = {}
        for name, source in graph.outputs.items():
            if isinstance(source, Along) and source.axis.name == name and name in self._columns:
                continue  # an input beside what is made of it: it has a column already
            taken = name in self._columns or name in ("flags", "missing", "failure")
            self._named[name] = f"{name}.output" if taken else name
            self._columns[self._named[name]] = output_column(graph.type_of(source))
        for name in member_outputs(graph):
            self._named[name] = name
            self._columns[name] = TableColumn("double", float)
        self._columns |= {
            "flags": TableColumn("string", str),
            "missing": TableColumn("int64", int),
            "failure": TableColumn("string", str),
        }

    def write(self, path: Path) -> None:
        """Write the table, whole or not at all."""
        import pyarrow
        import pyarrow.parquet

        kinds = {
            "int64": pyarrow.int64(),
            "double": pyarrow.float64(),
            "bool": pyarrow.bool_(),
            "string": pyarrow.string(),
        }
        schema = pyarrow.schema([(name, kinds[column.kind]) for name, column in self._columns.items()])
        with whole(path) as temporary, pyarrow.parquet.ParquetWriter(temporary, schema) as writer:
            for columns in self._portions():
                arrays = [pyarrow.array(columns[field.name], field.type) for field in schema]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))

    def _portions(self) -> Iterator[dict[str, list[Any]]]:
        """The columns of a few thousand rows at a time; of an interrupted run's absent points none."""
        for axes, outputs in self._groups.items():
            total = prod(self.lengths[axis] for axis in axes)
            for start in range(0, total, _PORTION):
                stop = min(start + _PORTION, total)
                cells = {name: self.cells.cells(name, start, stop) for name in outputs}
                indices = sorted({index for found in cells.values() for index in found})
                if indices:
                    yield self._portion(axes, indices, cells)

    @cached_property
    def _groups(self) -> dict[tuple[str, ...], list[str]]:
        """Outputs by the axes that they vary over."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for name, source in self.graph.outputs.items():
            groups.setdefault(self.graph.axes_of(source), []).append(name)
        for name, axes in member_outputs(self.graph).items():
            groups.setdefault(axes, []).append(name)
        return groups

    def _portion(
        self, axes: Sequence[str], indices: Sequence[int], cells: Mapping[str, Mapping[int, Cell]]
    ) -> dict[str, list[Any]]:
        nothing = [None] * len(indices)
        columns: dict[str, list[Any]] = dict.fromkeys(self._columns, nothing)
        strides = strides_of(axes, self.lengths)
        for axis in axes:
            positions = [index // strides[axis] % self.lengths[axis] for index in indices]
            columns[f"{axis}.index"] = positions
            values = self.graph.axes[axis].values
            for name, (key, column) in self._of_axis[axis].items():
                columns[name] = column.converted([entry_of(values[at], key) for at in positions])
        for name, found in cells.items():
            if name in self._named:
                here = [found[index].value if index in found else None for index in indices]
                columns[self._named[name]] = self._columns[self._named[name]].converted(here)
        rows = [[found[index] for found in cells.values() if index in found] for index in indices]
        columns["flags"] = [
            " ".join(sorted({flag for cell in row if cell.flags for flag in cell.flags.split()}))
            for row in rows
        ]
        columns["missing"] = [max(cell.missing for cell in row) for row in rows]
        columns["failure"] = [next((cell.failure for cell in row if cell.failure), None) for row in rows]
        return columns


def member_outputs(graph: CheckedGraph) -> dict[str, tuple[str, ...]]:
    """The columns that reductions say of their members, as ``output.column``, each with its axes."""
    found = {}
    for name, source in graph.outputs.items():
        kind = graph.type_of(source)
        if isinstance(source, Output) and kind is not None and graph.steps[source.step].type.is_reducer:
            domain = graph.steps[source.step].domain
            found.update({f"{name}.{column}": domain for column in kind.member_columns})
    return found


def entry_of(value: Any, key: str | None) -> Any:
    """What a column of an axis holds of one of its values: all of it, or one entry of a record."""
    if key is None:
        return value
    return value.get(key) if isinstance(value, Mapping) else None


def point_of(index: int, axes: Sequence[str], lengths: Mapping[str, int]) -> dict[str, int]:
    """The point of an index over axes, the last axis fastest."""
    point: dict[str, int] = {}
    for axis in reversed(axes):
        index, point[axis] = divmod(index, lengths[axis])
    return {axis: point[axis] for axis in axes}


def without_paths(value: Any) -> Any:
    """A value with the names of files in place of their paths."""
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Mapping):
        return {key: without_paths(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_paths(entry) for entry in value]
    return value


def as_text(value: Any) -> str:
    """A value as the text of a cell."""
    value = without_paths(value)
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def axis_columns(axis: str, values: Sequence[Any]) -> dict[str, tuple[str | None, TableColumn]]:
    """The columns of an axis: one, or one for each key of its records."""
    if isinstance(values, range) or not isinstance(values[0], Mapping):
        return {axis: (None, fitting_column(values))}
    keys = dict.fromkeys(key for value in values if isinstance(value, Mapping) for key in value)
    return {
        f"{axis}.{key}": (key, fitting_column([v.get(key) for v in values if isinstance(v, Mapping)]))
        for key in keys
    }


def fitting_column(values: Sequence[Any]) -> TableColumn:
    if isinstance(values, range):
        return TableColumn("int64", int)
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return TableColumn("bool", bool)
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return TableColumn("int64", int)
    if kinds and kinds <= {int, float}:
        return TableColumn("double", float)
    return _TEXT


def output_column(kind: PortType | None) -> TableColumn:
    if isinstance(kind, IntegerType):
        return TableColumn("int64", int)
    if isinstance(kind, NumberType):
        return TableColumn("double", float)
    return TableColumn("bool", bool) if isinstance(kind, BooleanType) else _TEXT
