"""``Run``: all that a run folder holds, read when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...graphs.problem import fail
from .metrics_file import AxisEntry, ItemsEntry, MetricEntry, ValueEntry, read_metrics
from .run_record import RunRecord, failures_of, read_record

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt
    import pyarrow

    from ...graphs.calls import Failure
    from .run_record import Entry

ITEMS = "items.parquet"
_ANEW = "the command of the run writes it anew"


@dataclass(frozen=True)
class AxisRecord:
    """One axis of a run. ``label`` is the column of the items that tells its values apart.

    A seed axis has seeds of its own for each value of the axes ``per``; without any it is crossed: all units
    share its seeds.
    """

    name: str
    role: Literal["unit", "seed", "setting", "category"]
    length: int
    label: str
    per: tuple[str, ...] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether its values are draws, which averages are taken over, and no choice of somebody's."""
        return self.role in ("unit", "seed")


@dataclass(frozen=True)
class OutputRecord:
    """One output of a run: a reduction with its ``values``, or cells of the items table.

    A reduction took the axes ``over`` away; ``axes`` are those it varies over.
    """

    name: str
    node: str
    kind: Literal["reduction", "items"]
    type: str
    axes: tuple[str, ...]
    over: tuple[str, ...] = ()
    better: Literal["higher", "lower"] | None = None
    protocol: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[ValueEntry, ...] = ()


@dataclass(frozen=True)
class Run:
    """A run folder. It may have been stopped, and then isn't ``complete``: what is there counts all the same.

    Every path is below ``folder``, wherever that was moved to.
    """

    folder: Path
    record: RunRecord
    axes: Mapping[str, AxisRecord]
    outputs: Mapping[str, OutputRecord]

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def digest(self) -> str:
        return self.record.digest

    @property
    def complete(self) -> bool:
        return self.record.complete

    @property
    def history(self) -> list[Entry]:
        """One entry for every run that made something here."""
        return self.record.history

    @cached_property
    def failures(self) -> list[Failure]:
        """What could not be made."""
        return failures_of(self.folder)

    @cached_property
    def items(self) -> pyarrow.Table:
        """``items.parquet``: one row a point of each distinct set of axes.

        GraphError where it isn't there, is damaged, or lacks a column that ``metrics.json`` speaks of.
        """
        import pyarrow
        from pyarrow import parquet

        path = self.folder / ITEMS
        try:
            table = parquet.read_table(path, partitioning=None)
        except FileNotFoundError:
            raise fail(None, f"{self.folder} has no {ITEMS}", _ANEW) from None
        except pyarrow.ArrowException as error:
            raise fail(None, f"{path} is not what a run writes: {_line(error)}", _ANEW) from None
        except OSError as error:
            raise fail(None, f"{path} can't be read: {error.strerror or _line(error)}", _ANEW) from None
        why = self._oddity(table)
        if why:
            raise fail(None, f"{path} is not what a run writes: {why}", _ANEW)
        return table

    @cached_property
    def graph(self) -> Mapping[str, Any]:
        """The graph as it ran, as plain data: ``graph.yaml``. GraphError where it can't be read."""
        import yaml

        path = self.folder / "graph.yaml"
        try:
            graph = yaml.safe_load(path.read_text("utf-8"))
        except OSError as error:
            raise fail(None, f"{path} can't be read: {error.strerror}", _ANEW) from None
        except (ValueError, yaml.YAMLError) as error:
            raise fail(None, f"{path} is not what a run writes: {_line(error)}", _ANEW) from None
        if not isinstance(graph, Mapping):
            raise fail(None, f"{path} is not what a run writes: it holds no graph", _ANEW)
        return graph

    def column(self, output: str) -> str:
        """The column of the items that holds an output."""
        return self._column(output, self.items.column_names)

    def values(self, output: str) -> pyarrow.ChunkedArray:
        """The cells of an output, one a row of all items."""
        return self.items[self.column(output)]

    def numbers(self, column: str) -> npt.NDArray[numpy.float64]:
        """A column of numbers, or of truth values as 1 and 0, one a row of all items; NaN where there is
        none.

        GraphError for a column of something else.
        """
        import pyarrow

        try:
            numbers = self.items[column].cast(pyarrow.float64())
        except pyarrow.ArrowException:
            why = f"{column!r} holds {self.items[column].type}, where numbers are expected"
            raise fail(None, f"{self.folder / ITEMS} is not what a run writes: {why}") from None
        found: npt.NDArray[numpy.float64] = numbers.to_numpy()
        return found

    def indices(self, axis: str) -> npt.NDArray[numpy.int64]:
        """Where the rows of the items stand on an axis, -1 where they don't vary over it."""
        import numpy

        column = self.items[f"{axis}.index"].fill_null(-1)
        return numpy.asarray(column.to_numpy(), numpy.int64)

    def rows_of(self, output: str) -> npt.NDArray[numpy.int64]:
        """The rows where an output has a cell, empty ones of what failed among them."""
        import numpy

        axes = self.outputs[output].axes
        here = numpy.ones(self.items.num_rows, bool)
        for axis in self.axes:
            there = self.indices(axis) >= 0
            here &= there if axis in axes else ~there
        return numpy.flatnonzero(here)

    def file(self, cell: str) -> Path:
        """The file that a cell of the items names. GraphError where it leads out of the run folder."""
        path = (self.folder / cell).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise fail(None, f"{self.folder / ITEMS} names {cell!r}, which is not in the run folder")
        return path

    def _oddity(self, table: pyarrow.Table) -> str:
        """What a table has that the items of this run can't have; nothing where it fits."""
        import pyarrow
        from pyarrow import compute

        columns = table.column_names
        needed = ["flags", "missing", "failure", *(f"{axis}.index" for axis in self.axes)]
        needed += [self._column(name, columns) for name in self.outputs if self._has_cells(name)]
        for column in needed:
            if column not in columns:
                return f"it has no column {column!r}"
        for name, axis in self.axes.items():
            index = table[f"{name}.index"]
            if not pyarrow.types.is_integer(index.type):
                return f"'{name}.index' holds {index.type}"
            ends = compute.min_max(index).as_py()
            if (ends["min"] or 0) < 0 or (ends["max"] or 0) >= axis.length:
                return f"{ends['max']} in '{name}.index', of an axis of {axis.length}"
        return ""

    def _has_cells(self, output: str) -> bool:
        return self.outputs[output].kind == "items" or bool(self.outputs[output].axes)

    @staticmethod
    def _column(output: str, columns: list[str]) -> str:
        renamed = f"{output}.output"  # where an axis has taken the name
        return renamed if renamed in columns else output


def read_run(folder: Path | str) -> Run:
    """Read a run folder, of a run that is done, failed in part, or was stopped.

    GraphError, in one message, where there is no run, a file of it is damaged, or an earlier version
    wrote it.
    """
    folder = Path(folder)
    record = read_record(folder)
    said = read_metrics(folder)
    axes = {name: _axis(name, entry) for name, entry in said.axes.items()}
    outputs = {name: _reduction(name, entry) for name, entry in said.metrics.items()}
    outputs |= {name: _items(name, entry) for name, entry in said.items.items()}
    for output in outputs.values():
        named = {*output.axes, *output.over, *(axis for entry in output.values for axis in entry.point)}
        if unknown := sorted(named - axes.keys()):
            why = f"{output.name} speaks of {unknown[0]!r}, which is no axis"
            raise fail(None, f"{folder / 'metrics.json'} is not what a run writes: {why}")
    return Run(folder, record, axes, outputs)


def _axis(name: str, entry: AxisEntry) -> AxisRecord:
    return AxisRecord(name, entry.role, entry.length, entry.label, entry.per)


def _reduction(name: str, entry: MetricEntry) -> OutputRecord:
    return OutputRecord(
        name,
        entry.node,
        "reduction",
        entry.type,
        entry.axes,
        entry.over,
        entry.better,
        entry.protocol,
        entry.values,
    )


def _items(name: str, entry: ItemsEntry) -> OutputRecord:
    return OutputRecord(
        name,
        entry.node,
        "items",
        entry.type,
        entry.axes,
        better=entry.better,
        protocol=entry.protocol,
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).removesuffix(".")
