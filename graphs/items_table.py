"""``items.parquet``: one row a point of each distinct set of output axes, with the values of the axes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Protocol

from .check import CheckedGraph
from .store import whole
from .types import BooleanType, IntegerType, NumberType, PortType
from .values import Along

_PORTION = 4096


@dataclass(frozen=True)
class Cell:
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
class _Column:
    """A column: its arrow type, and how a value becomes one of that type."""

    kind: str
    convert: Callable[[Any], Any]


_TEXT = _Column("string", lambda value: as_text(value))


class ItemsTable:
    """The rows of all outputs of a graph. Outputs with the same axes share rows; absent axes are null."""

    def __init__(self, graph: CheckedGraph, cells: Cells) -> None:
        self.graph = graph
        self.cells = cells
        self.lengths = {name: len(axis) for name, axis in graph.axes.items()}
        self._of_axis = {axis: _axis_columns(axis, graph.axes[axis].values) for axis in graph.axes}
        self._columns: dict[str, _Column] = {}
        for axis, columns in self._of_axis.items():
            self._columns[f"{axis}.index"] = _Column("int64", int)
            self._columns.update((name, column) for name, (_, column) in columns.items())
        self._named: dict[str, str] = {}
        for name, source in graph.outputs.items():
            if isinstance(source, Along) and source.axis.name == name and name in self._columns:
                continue  # an input beside what is made of it: it has a column already
            taken = name in self._columns or name in ("flags", "missing", "failure")
            self._named[name] = f"{name}.output" if taken else name
            self._columns[self._named[name]] = _output_column(graph.type_of(source))
        self._columns |= {
            "flags": _Column("string", str),
            "missing": _Column("int64", int),
            "failure": _Column("string", str),
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
            for rows in self.rows():
                writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        """Rows, a few thousand at a time."""
        for axes, outputs in self._groups.items():
            total = prod(self.lengths[axis] for axis in axes)
            for start in range(0, total, _PORTION):
                stop = min(start + _PORTION, total)
                cells = {name: self.cells.cells(name, start, stop) for name in outputs}
                yield [
                    self._row(axes, index, found)
                    for index in range(start, stop)
                    if (found := {name: cells[name][index] for name in outputs if index in cells[name]})
                ]  # none of an interrupted run's absent points

    @cached_property
    def _groups(self) -> dict[tuple[str, ...], list[str]]:
        """Outputs by the axes that they vary over."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for name, source in self.graph.outputs.items():
            groups.setdefault(self.graph.axes_of(source), []).append(name)
        return groups

    def _row(self, axes: Sequence[str], index: int, found: Mapping[str, Cell]) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for axis, position in point_of(index, axes, self.lengths).items():
            row[f"{axis}.index"] = position
            value = self.graph.axes[axis].values[position]
            for name, (key, _) in self._of_axis[axis].items():
                if key is None:
                    row[name] = value
                elif isinstance(value, Mapping):
                    row[name] = value.get(key)
        for name, cell in found.items():
            if name in self._named:
                row[self._named[name]] = cell.value
        row["flags"] = " ".join(sorted({flag for cell in found.values() for flag in cell.flags.split()}))
        row["missing"] = max(cell.missing for cell in found.values())
        row["failure"] = next((cell.failure for cell in found.values() if cell.failure), None)
        return {
            name: None if value is None else self._columns[name].convert(value) for name, value in row.items()
        }


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


def _axis_columns(axis: str, values: Sequence[Any]) -> dict[str, tuple[str | None, _Column]]:
    """The columns of an axis: one, or one for each key of its records."""
    if isinstance(values, range) or not isinstance(values[0], Mapping):
        return {axis: (None, _fitting(values))}
    keys = dict.fromkeys(key for value in values if isinstance(value, Mapping) for key in value)
    return {
        f"{axis}.{key}": (key, _fitting([v.get(key) for v in values if isinstance(v, Mapping)]))
        for key in keys
    }


def _fitting(values: Sequence[Any]) -> _Column:
    if isinstance(values, range):
        return _Column("int64", int)
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return _Column("bool", bool)
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return _Column("int64", int)
    if kinds and kinds <= {int, float}:
        return _Column("double", float)
    return _TEXT


def _output_column(kind: PortType | None) -> _Column:
    if isinstance(kind, IntegerType):
        return _Column("int64", int)
    if isinstance(kind, NumberType):
        return _Column("double", float)
    return _Column("bool", bool) if isinstance(kind, BooleanType) else _TEXT
