"""A node or a graph as a stage of Ray Data.

>>> import ray
>>> dataset = ray.data.read_images("photos").map_batches(  # doctest: +SKIP
...     Stage,
...     fn_constructor_kwargs={"use": "aesthetic", "columns": {"images": "image"}, "into": "score"},
...     batch_size=32,
...     compute=ray.data.ActorPoolStrategy(size=2),
... )

Ray makes one :class:`Stage` an actor, and hands it batch after batch: its models load once. This module
imports no Ray; the extra ``ray`` installs it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import pyarrow

    from ..graphs.program.graph import Graph

    Columns = dict[str, numpy.ndarray[Any, Any]]


class Stage:
    """Calls a node, or a graph, on batches of columns, and gives them back with its outputs as columns more.

    A batch is a dictionary of NumPy arrays, or a pyarrow table (``batch_format="pyarrow"``), as Ray Data
    hands them over. Pictures are arrays ``[B, H, W, 3]``, or arrays of such where their sizes differ, and
    come back in the dtype in which they came, uint8 where none went in.
    """

    def __init__(
        self,
        use: str | Graph,
        columns: Mapping[str, str],
        into: str | Mapping[str, str],
        given: Mapping[str, Any] | None = None,
        failures: str | None = None,
    ) -> None:
        """Look the node up; it and its models load in the process that this is called in.

        Args:
            use: the name of a node type (``upscale``, ``package.node``), or a graph, which may be one that
                its file is not at hand for: it travels whole.
            columns: for each port, or each input of the graph, that varies by row: the column it takes.
            into: the column for its output, or for each output, by name, a column; others are dropped.
            given: options and whatever else is the same for all rows, by name.
            failures: a column for what went wrong with a row, null where nothing did. What wasn't made is
                null, or NaN among numbers, and the rest goes on. Without it the first error ends the job.

        Raises ValueError for a node that there isn't, for one that would reduce each batch by itself, for
        names of what it doesn't take or give, and for what it needs and isn't given.
        """
        self._call, outputs = _callable(use)
        self._columns, self._given, self._failures = dict(columns), dict(given or {}), failures
        _check_names(self._call, [*self._columns, *self._given])
        if not self._columns:
            raise ValueError("columns names none, so there is nothing that varies by row")
        if isinstance(into, str):
            if len(outputs) != 1:
                raise ValueError(
                    f"there are several outputs: into names a column for each of {_list(outputs)}"
                )
            into = {outputs[0]: into}
        unknown = [name for name in into if name not in outputs]
        if unknown:
            raise ValueError(f"there is no output {unknown[0]!r}; there is {_list(outputs)}")
        self._single = len(outputs) == 1
        self._into = dict(into)

    def __call__(self, batch: Any) -> Any:
        """The batch with the outputs as columns more. Raises KeyError for a column that it lacks."""
        held = list(batch) if isinstance(batch, Mapping) else batch.column_names
        lacking = [column for column in self._columns.values() if column not in held]
        if lacking:
            raise KeyError(f"the batch has no column {lacking[0]!r}; it has {_list(held)}")
        if isinstance(batch, Mapping):
            return {**batch, **self._made(batch)}
        return _with_columns(batch, self._made(_as_arrays(batch, list(self._columns.values()))))

    def _made(self, batch: Mapping[str, Any]) -> Columns:
        rows = {name: _rows(batch[column]) for name, column in self._columns.items()}
        count = len(next(iter(rows.values())))
        if not count:  # as a filter leaves them
            return self._arranged({name: [] for name in self._into}, [])
        if self._failures is None:
            return self._arranged(self._outputs(rows), [])
        try:
            return self._arranged(self._outputs(rows), [None] * count)
        except Exception:  # whatever a node raises: row by row, to find which it was
            return self._row_by_row(rows, count)

    def _row_by_row(self, rows: Mapping[str, Sequence[Any]], count: int) -> Columns:
        made: dict[str, list[Any]] = {name: [] for name in self._into}
        failures: list[str | None] = []
        for index in range(count):
            try:
                found = self._outputs({name: column[index : index + 1] for name, column in rows.items()})
                failures.append(None)
            except Exception as error:
                found = {name: [None] for name in self._into}
                failures.append(f"{type(error).__name__}: {error}")
            for name, column in made.items():
                column += found[name]
        return self._arranged(made, failures)

    def _outputs(self, rows: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        result = self._call(**self._given, **rows)
        count = len(next(iter(rows.values())))
        made = {}
        for name in self._into:
            output = result if self._single else getattr(result, name)
            if not hasattr(output, "__len__") or isinstance(output, str) or len(output) != count:
                raise ValueError(f"{name} is one value for a whole batch, and a stage gives one a row")
            made[name] = list(output)
        return made

    def _arranged(self, made: Mapping[str, Sequence[Any]], failures: Sequence[str | None]) -> Columns:
        import numpy

        columns = {column: _array(made[name]) for name, column in self._into.items()}
        if self._failures is not None:
            columns[self._failures] = numpy.array(failures, dtype=object)
        return columns


def _callable(use: str | Graph) -> tuple[Callable[..., Any], list[str]]:
    """What to call, and the names of its outputs."""
    if not isinstance(use, str):
        return use.as_node(), list(use.spec.outputs)
    from .. import registry
    from ..graphs.problem import nearest
    from ..graphs.program.direct import as_function
    from ..nodes.device import TorchDevice

    known = registry()
    if use not in known:
        hint = nearest(use, known.names())
        raise ValueError(f"there is no node type {use!r}" + (f"; {hint}" if hint else ""))
    declared = known[use]
    if declared.is_reducer:
        raise ValueError(
            f"{use} reduces a set to one value, and a stage sees a batch at a time; make the features in the "
            "stage (`features`, `text_features`), and give those of the whole dataset to it"
        )
    return as_function(declared, TorchDevice), list(declared.outputs)


def _check_names(call: Callable[..., Any], names: Sequence[str]) -> None:
    from ..graphs.problem import nearest

    takes = inspect.signature(call).parameters
    for name in names:
        if name not in takes:
            raise ValueError(f"{call.__name__} takes no {name!r}; {nearest(name, takes)}")
    for name, parameter in takes.items():
        if parameter.default is parameter.empty and name not in names:
            raise ValueError(f"{call.__name__} needs {name!r}: name its column, or give it for all rows")


def _rows(column: Any) -> Any:
    """A column as nodes take it: numbers and pictures as an array, anything else as a list."""
    return list(column) if column.dtype == object or column.dtype.kind in "US" else column


def _array(values: Sequence[Any]) -> numpy.ndarray[Any, Any]:
    """A column of an output's items: an array of them where they are alike, else one of objects."""
    import numpy

    entries = [_own_form(value) for value in values]
    present = [entry for entry in entries if entry is not None]
    if present and all(isinstance(entry, (int, float)) and not isinstance(entry, bool) for entry in present):
        return numpy.array([numpy.nan if entry is None else entry for entry in entries])
    if not entries:
        return numpy.array([])
    shapes = {entry.shape if isinstance(entry, numpy.ndarray) else None for entry in entries}
    if len(shapes) == 1 and None not in shapes:
        return numpy.stack(entries)
    if len(present) == len(entries) and all(isinstance(entry, bool) for entry in entries):
        return numpy.array(entries)
    column = numpy.empty(len(entries), dtype=object)
    column[:] = entries
    return column


def _own_form(value: Any) -> Any:
    """An item as Ray's blocks hold it: what nodes give as tensors are pictures, which are bytes there."""
    if hasattr(value, "detach") and value.ndim == 3:
        from ..nodes.pictures import to_8bit

        return to_8bit(value).permute(1, 2, 0).numpy()
    return float(value) if isinstance(value, float) else value


def _as_arrays(table: pyarrow.Table, names: Sequence[str]) -> Columns:
    """Columns of a table as Ray's batches of NumPy arrays have them."""
    from ray.data.block import BlockAccessor

    arrays: Columns = BlockAccessor.for_block(table).to_numpy(list(names))
    return arrays


def _with_columns(table: pyarrow.Table, columns: Columns) -> pyarrow.Table:
    from ray.data.block import BlockAccessor

    made = BlockAccessor.batch_to_arrow_block(columns)
    for name in made.column_names:
        if name in table.column_names:
            table = table.drop_columns([name])
        table = table.append_column(name, made.column(name))
    return table


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
