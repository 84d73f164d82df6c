"""The run folder: what a run leaves behind, and what tells the next run of the same graph what it may skip."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from .check import CheckedGraph
from .engine import Delivered, Outcome
from .keys import Keys
from .link import Output
from .resolved import axis_digest_text, resolve, resolve_at
from .source import GraphError, Problem
from .store import write_atomically
from .types import PortType
from .values import canonical

_PORTION = 4096

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cells (
    output TEXT, point INTEGER, key BLOB, cell TEXT, flags TEXT, missing INTEGER, failure TEXT,
    PRIMARY KEY (output, point)
) WITHOUT ROWID;
"""


def run_digest(graph: CheckedGraph, keys: Keys) -> str:
    """Eight hex digits that name a run: equal for the same graph over the same values and weights."""
    options = [keys.digest_of(step).hex() for step in graph.steps.values()]
    content = json.dumps([resolve(graph), axis_digest_text(graph), options], sort_keys=True, default=canonical)
    return hashlib.blake2b(content.encode(), digest_size=4).hexdigest()


def run_folder(graph: CheckedGraph, keys: Keys, root: Path = Path("runs")) -> Path:
    """Where a run goes unless it is told otherwise: ``runs/<name>-<digest>``."""
    return root / f"{graph.spec.name}-{run_digest(graph, keys)}"


@dataclass
class _Group:
    """Outputs that vary over the same axes and so share rows."""

    axes: tuple[str, ...]
    outputs: list[str]


class RunFolder:
    """The sink of a run that writes files. The same graph again goes on in the same folder."""

    def __init__(self, folder: Path, graph: CheckedGraph, keys: Keys, *, fresh: bool = False) -> None:
        self.folder = folder
        self.graph = graph
        self.digest = run_digest(graph, keys)
        self.lengths = keys.lengths
        self._refuse_another_run()
        folder.mkdir(parents=True, exist_ok=True)
        self.started = datetime.now(timezone.utc)
        self._database = sqlite3.connect(folder / ".items.db", timeout=60)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)
        if fresh:
            self._database.execute("DELETE FROM cells")
        self._types: dict[str, PortType | None] = {
            name: graph.type_of(source) for name, source in graph.outputs.items()
        }
        text = yaml.safe_dump(resolve(graph), sort_keys=False, allow_unicode=True, width=110)
        write_atomically(folder / "graph.yaml", text.encode())

    def _refuse_another_run(self) -> None:
        path = self.folder / "run.json"
        if not path.is_file():
            return
        try:
            other = json.loads(path.read_text("utf-8")).get("digest")
        except (OSError, ValueError, AttributeError):
            other = None
        if other != self.digest:
            raise GraphError(
                [
                    Problem(
                        None,
                        f"{self.folder} holds another run",
                        "give another folder with --out, or remove that one",
                    )
                ]
            )

    def close(self) -> None:
        self._database.close()

    # What the engine asks

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        """Points of an output that the folder holds already, with the file where there is one."""
        if not keys:
            return set()
        rows = self._database.execute(
            "SELECT point, key, cell FROM cells WHERE output = ? AND point BETWEEN ? AND ? AND failure IS NULL",
            (output, min(keys), max(keys)),
        )
        is_file = (kind := self._types[output]) is not None and kind.suffix is not None
        return {
            point
            for point, key, cell in rows
            if keys.get(point) == key and (not is_file or (self.folder / json.loads(cell)).is_file())
        }

    def put(self, output: str, delivered: Mapping[int, Delivered]) -> None:
        """Write files, then the rows that speak of them."""
        rows = []
        for index, made in delivered.items():
            cell = None if made.failure is not None else self._cell(output, index, made)
            rows.append(
                (
                    output,
                    index,
                    made.key,
                    json.dumps(cell, ensure_ascii=False, default=str),
                    " ".join(made.flags),
                    made.missing,
                    made.failure,
                )
            )
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _cell(self, output: str, index: int, made: Delivered) -> Any:
        kind = self._types[output]
        if kind is None:  # an input
            return made.item if isinstance(made.item, (str, int, float, bool)) else canonical(made.item)
        if kind.suffix is None:
            return kind.cell(made.item)
        point = self.point(output, index)
        path = Path(kind.folder) / output / (self._indices(output, point) + kind.suffix)
        metadata = {
            "mezzotint": json.dumps(resolve_at(self.graph, output, point), ensure_ascii=False, default=str),
            "mezzotint:output": output,
            "mezzotint:key": made.key.hex(),
        }
        write_atomically(self.folder / path, kind.export(made.item, metadata))
        return path.as_posix()

    # Points

    def axes(self, output: str) -> tuple[str, ...]:
        return self.graph.axes_of(self.graph.outputs[output])

    def point(self, output: str, index: int) -> dict[str, int]:
        """The point of an output's index."""
        point: dict[str, int] = {}
        for axis in reversed(self.axes(output)):
            index, point[axis] = divmod(index, self.lengths[axis])
        return {axis: point[axis] for axis in self.axes(output)}

    def _indices(self, output: str, point: Mapping[str, int]) -> str:
        """A file name that sorts as the points do: ``0003-1``."""
        width = {axis: len(str(self.lengths[axis] - 1)) for axis in point}
        return "-".join(f"{index:0{width[axis]}d}" for axis, index in point.items()) or "0"

    # What is left behind

    def finish(self, outcome: Outcome, *, complete: bool, made_with: Mapping[str, Any]) -> None:
        """Write the tables; also after an interruption, of what there is."""
        self._write_items()
        self._write_metrics()
        failures = "".join(
            json.dumps(
                {
                    "step": failure.step,
                    "node": failure.node,
                    "point": {axis: _plain(value) for axis, value in failure.point.items()},
                    "error": failure.error,
                    "message": failure.message,
                    "traceback": failure.traceback,
                },
                ensure_ascii=False,
                default=str,
            )
            + "\n"
            for failure in outcome.failures
        )
        write_atomically(self.folder / "failures.jsonl", failures.encode())
        record = {
            "mezzotint": 1,
            "name": self.graph.spec.name,
            "digest": self.digest,
            "complete": complete,
            "started": self.started.isoformat(timespec="seconds"),
            "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "axes": dict(self.lengths),
            "steps": {
                name: {
                    "node": step.type.qualified,
                    "made": outcome.made[name],
                    "seconds": round(outcome.seconds[name], 3),
                    "failed": sum(failure.step == name for failure in outcome.failures),
                    "skipped": outcome.skipped[name],
                }
                for name, step in self.graph.steps.items()
            },
            "flags": dict(outcome.flags),
            "damaged": outcome.damaged,
            "peak_memory": outcome.peak_memory,
            **made_with,
        }
        write_atomically(self.folder / "run.json", json.dumps(record, indent=2, ensure_ascii=False).encode())

    def _groups(self) -> list[_Group]:
        groups: dict[tuple[str, ...], _Group] = {}
        for name in self.graph.outputs:
            groups.setdefault(self.axes(name), _Group(self.axes(name), [])).outputs.append(name)
        return list(groups.values())

    def _cells(self, output: str, start: int, stop: int) -> dict[int, tuple[Any, str, int, str | None]]:
        rows = self._database.execute(
            "SELECT point, cell, flags, missing, failure FROM cells WHERE output = ? AND point >= ? AND point < ?",
            (output, start, stop),
        )
        return {
            point: (json.loads(cell), flags, missing, failure)
            for point, cell, flags, missing, failure in rows
        }

    def _write_items(self) -> None:
        import pyarrow
        import pyarrow.parquet

        schema = self._schema(pyarrow)
        temporary = self.folder / ".items.parquet.part"
        with pyarrow.parquet.ParquetWriter(temporary, schema) as writer:
            for rows in self._rows():
                writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))
        temporary.replace(self.folder / "items.parquet")

    def _schema(self, pyarrow: Any) -> Any:
        fields: dict[str, Any] = {}
        for axis in self.graph.axes:
            fields[f"{axis}.index"] = pyarrow.int64()
            for column, values in _axis_columns(axis, self.graph.axes[axis].values).items():
                fields[column] = _arrow_type(pyarrow, values)
        for name, kind in self._types.items():
            plain = {"Integer": pyarrow.int64(), "Number": pyarrow.float64(), "Boolean": pyarrow.bool_()}
            # An output that repeats an axis (a prompt beside its picture) shares its column.
            if name not in fields:
                fields[name] = plain.get(kind.name, pyarrow.string()) if kind else pyarrow.string()
        fields |= {"flags": pyarrow.string(), "missing": pyarrow.int64(), "failure": pyarrow.string()}
        return pyarrow.schema(list(fields.items()))

    def _rows(self) -> Iterator[list[dict[str, Any]]]:
        shared = {
            column for axis in self.graph.axes for column in _axis_columns(axis, self.graph.axes[axis].values)
        }
        for group in self._groups():
            total = 1
            for axis in group.axes:
                total *= self.lengths[axis]
            for start in range(0, total, _PORTION):
                stop = min(start + _PORTION, total)
                cells = {name: self._cells(name, start, stop) for name in group.outputs}
                rows = []
                for index in range(start, stop):
                    found = {name: cells[name][index] for name in group.outputs if index in cells[name]}
                    if not found:
                        continue  # an interrupted run
                    row = self._labels(group.outputs[0], index)
                    for name, (cell, _, _, _) in found.items():
                        if name not in shared:
                            row[name] = cell if self._types[name] or cell is None else str(cell)
                    row["flags"] = " ".join(
                        sorted({f for _, flags, _, _ in found.values() for f in flags.split()})
                    )
                    row["missing"] = max(missing for _, _, missing, _ in found.values())
                    row["failure"] = next((why for _, _, _, why in found.values() if why), None)
                    rows.append(row)
                yield rows

    def _labels(self, output: str, index: int) -> dict[str, Any]:
        labels: dict[str, Any] = {}
        for axis, position in self.point(output, index).items():
            labels[f"{axis}.index"] = position
            values = self.graph.axes[axis].values
            for column, column_values in _axis_columns(axis, values[position : position + 1]).items():
                labels[column] = column_values[0]
        texts = {column for column in labels if isinstance(labels[column], str)}
        return {column: value if column in texts else value for column, value in labels.items()}

    def _write_metrics(self) -> None:
        """Values without axes, and reductions, as JSON; pictures are left to their files."""
        metrics: dict[str, Any] = {}
        for name, source in self.graph.outputs.items():
            kind = self._types[name]
            if not isinstance(source, Output) or kind is None or kind.suffix is not None:
                continue
            step = self.graph.steps[source.step]
            if step.axes and not step.type.is_reducer:
                continue
            total = 1
            for axis in step.axes:
                total *= self.lengths[axis]
            metrics[name] = {
                "node": step.type.qualified,
                "over": list(step.over),
                "values": [
                    {
                        "point": {
                            axis: _plain(self.graph.axes[axis].values[position])
                            for axis, position in self.point(name, index).items()
                        },
                        "value": cell,
                        "missing": missing,
                        **({"flags": flags.split()} if flags else {}),
                        **({"failure": failure} if failure else {}),
                    }
                    for index, (cell, flags, missing, failure) in sorted(self._cells(name, 0, total).items())
                ],
            }
        text = json.dumps({"mezzotint": 1, "metrics": metrics}, indent=2, ensure_ascii=False)
        write_atomically(self.folder / "metrics.json", text.encode())


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return value


def _axis_columns(axis: str, values: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """An axis as table columns: one, or one a column of its records."""
    first = values[0] if len(values) else None
    if isinstance(first, Mapping):
        return {f"{axis}.{key}": [_plain(value.get(key)) for value in values] for key in first}
    return {axis: values if isinstance(values, range) else [_plain(value) for value in values]}


def _arrow_type(pyarrow: Any, values: Sequence[Any]) -> Any:
    kinds = {int} if isinstance(values, range) else {type(value) for value in values if value is not None}
    if kinds <= {int} and all(-(2**63) <= value < 2**63 for value in values if value is not None):
        return pyarrow.int64()
    if kinds <= {int, float}:
        return pyarrow.float64()
    return pyarrow.bool_() if kinds == {bool} else pyarrow.string()
