"""The run folder: what a run leaves behind, and what tells the next run of the graph what it may skip."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from math import prod
from pathlib import Path
from typing import Any

import yaml

from .check import CheckedGraph
from .database import open_database
from .draft import Output
from .items_table import Cell, ItemsTable, point_of, without_paths
from .keys import Keys
from .parts import parts_of
from .problem import fail
from .resolved import axis_digest_text, resolve, resolve_at
from .running import Delivered, Outcome
from .store import write_atomically
from .values import canonical

#: What each step's key was made of, for `plan --why`.
PARTS = "parts.json"
#: SQLite takes a bounded number of parameters a statement; 500 is safe everywhere.
_PORTION = 500

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cells (
    output TEXT, point INTEGER, key BLOB, cell TEXT, flags TEXT, missing INTEGER, failure TEXT,
    PRIMARY KEY (output, point)
) WITHOUT ROWID;
"""


_to_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


def run_digest(graph: CheckedGraph, keys: Keys) -> str:
    """Eight hex digits that name a run: equal for the same graph over the same values and weights."""
    options = [keys.digest_of(step).hex() for step in graph.steps.values()]
    content = [resolve(graph), axis_digest_text(graph), options]
    text = json.dumps(content, sort_keys=True, default=canonical)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def run_folder(graph: CheckedGraph, keys: Keys, root: Path = Path("runs")) -> Path:
    """Where a run goes unless it is told otherwise: ``runs/<name>-<digest>``."""
    return root / f"{graph.spec.name}-{run_digest(graph, keys)}"


class RunFolder:
    """The sink of a run that writes files. The same graph again goes on in the same folder."""

    def __init__(self, folder: Path, graph: CheckedGraph, keys: Keys, *, fresh: bool = False) -> None:
        self.folder = folder
        self.graph = graph
        self.digest = run_digest(graph, keys)
        self.lengths = keys.lengths
        self._lock = threading.Lock()  # the run asks while another thread writes
        self.started = datetime.now(timezone.utc)
        self._types = {name: graph.type_of(source) for name, source in graph.outputs.items()}
        earlier = self._earlier()
        self._history: list[dict[str, Any]] = [] if fresh else earlier
        folder.mkdir(parents=True, exist_ok=True)
        # Before all else, so that a folder is known for what it is from its first moment.
        self._write_json("run.json", self._record(complete=False, flags={}))
        text = yaml.safe_dump(resolve(graph), sort_keys=False, allow_unicode=True, width=110)
        write_atomically(folder / "graph.yaml", text.encode())
        parts = json.dumps(parts_of(graph, keys).record(), ensure_ascii=False)
        write_atomically(folder / PARTS, parts.encode())
        try:
            self._database = open_database(folder / ".items.db", _SCHEMA)
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:
                raise  # locked, or the disk is full
            for path in folder.glob(".items.db*"):  # damaged: what it spoke of is delivered again
                path.unlink()
            self._database = open_database(folder / ".items.db", _SCHEMA)
        if fresh:
            self._database.execute("DELETE FROM cells")
        #: Outputs of which an earlier run has left something.
        self._begun = {output for (output,) in self._ask("SELECT DISTINCT output FROM cells")}

    def _earlier(self) -> list[dict[str, Any]]:
        """What earlier runs of this graph noted of themselves; GraphError for a folder of something else."""
        if not self.folder.exists():
            return []
        if not self.folder.is_dir():
            raise fail(None, f"{self.folder} is a file", "give another folder with --out")
        # Listed first: another process may be starting this very run, and run.json is what it writes first.
        entries = [entry for entry in self.folder.iterdir() if not entry.name.startswith(".")]
        path = self.folder / "run.json"
        if path.exists():
            try:
                other = json.loads(path.read_text("utf-8"))
                digest, history = other.get("digest"), list(other.get("history", []))
            except (OSError, ValueError, AttributeError, TypeError):
                digest, history = None, []
            if digest != self.digest:
                hint = "give another folder with --out, or leave it away: every run has its own folder"
                raise fail(None, f"{self.folder} holds another run", hint)
            return (
                [entry for entry in history if isinstance(entry, dict)] if isinstance(history, list) else []
            )
        if entries:
            hint = "give a new or an empty folder with --out"
            raise fail(None, f"{self.folder} holds files that are not of a run", hint)
        return []

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """All rows of a statement."""
        with self._lock:
            return self._database.execute(statement, parameters).fetchall()

    # What the engine asks

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        """Points of an output that the folder holds already, with the file where there is one."""
        if output not in self._begun:  # spares new runs their questions
            return set()
        kind = self._types[output]
        is_file = kind is not None and kind.suffix is not None
        asked = list(keys)
        found: set[int] = set()
        for start in range(0, len(asked), _PORTION):
            portion = asked[start : start + _PORTION]
            rows = self._ask(
                "SELECT point, key, cell FROM cells WHERE output = ? AND failure IS NULL "
                f"AND point IN ({','.join('?' * len(portion))})",
                (output, *portion),
            )
            found.update(
                point
                for point, key, cell in rows
                if keys[point] == key and (not is_file or (self.folder / json.loads(cell)).is_file())
            )
        return found

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        """Write files, then in one transaction the rows that speak of them."""
        rows = [
            (
                output,
                index,
                made.key,
                "null" if made.failure is not None else _to_json(self._cell(output, index, made)),
                " ".join(made.flags),
                made.missing,
                made.failure,
            )
            for output, portion in delivered
            for index, made in portion.items()
        ]
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._database.execute("COMMIT")

    def _cell(self, output: str, index: int, made: Delivered) -> Any:
        kind = self._types[output]
        if kind is None:  # an input
            return without_paths(made.item)
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
        return point_of(index, self.axes(output), self.lengths)

    def _indices(self, output: str, point: Mapping[str, int]) -> str:
        """A file name that sorts as the points do: ``0003-1``."""
        width = {axis: len(str(self.lengths[axis] - 1)) for axis in point}
        return "-".join(f"{index:0{width[axis]}d}" for axis, index in point.items()) or "0"

    # What is left behind

    def finish(self, outcome: Outcome, *, complete: bool, made_with: Mapping[str, Any]) -> None:
        """Write the tables; also after an interruption, of what there is."""
        ItemsTable(self.graph, self).write(self.folder / "items.parquet")
        self._write_metrics()
        failures = "".join(
            json.dumps(
                {
                    "step": failure.step,
                    "node": failure.node,
                    "point": {axis: without_paths(value) for axis, value in failure.point.items()},
                    "error": failure.error,
                    "message": failure.message,
                    "traceback": failure.traceback,
                },
                ensure_ascii=False,
            )
            + "\n"
            for failure in outcome.failures
        )
        write_atomically(self.folder / "failures.jsonl", failures.encode())
        failed = Counter(failure.step for failure in outcome.failures)
        steps = {
            name: {
                "node": step.type.qualified,
                "made": outcome.made[name],
                "seconds": round(outcome.seconds[name], 3),
                "failed": failed[name],
                "skipped": outcome.skipped[name],
            }
            for name, step in self.graph.steps.items()
        }
        entry = {
            "started": self.started.isoformat(timespec="seconds"),
            "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "complete": complete,
            "steps": steps,
            "damaged": outcome.damaged,
            "peak_memory": outcome.peak_memory,
            **made_with,
        }
        # A run that found everything done has nothing to tell of how it was made.
        if outcome.made or outcome.failures or not complete or not self._history:
            self._history.append(entry)
        self._write_json("run.json", self._record(complete=complete, flags=self._flags()))

    def _record(self, *, complete: bool, flags: Mapping[str, int]) -> dict[str, Any]:
        return {
            "mezzotint": 1,
            "name": self.graph.spec.name,
            "digest": self.digest,
            "complete": complete,
            "axes": dict(self.lengths),
            "flags": dict(flags),
            "history": self._history,
        }

    def _write_json(self, name: str, record: Mapping[str, Any]) -> None:
        write_atomically(self.folder / name, json.dumps(record, indent=2, ensure_ascii=False).encode())

    def _flags(self) -> Counter[str]:
        """How many cells carry each word, whichever run made them."""
        counts: Counter[str] = Counter()
        rows = self._ask("SELECT flags, COUNT(*) FROM cells WHERE flags != '' GROUP BY flags")
        for flags, count in rows:
            counts.update(dict.fromkeys(flags.split(), count))
        return counts

    def cells(self, output: str, start: int, stop: int) -> dict[int, Cell]:
        """The cells of an output by index over its axes, of those at hand in ``range(start, stop)``."""
        rows = self._ask(
            "SELECT point, cell, flags, missing, failure FROM cells "
            "WHERE output = ? AND point >= ? AND point < ?",
            (output, start, stop),
        )
        return {
            point: Cell(json.loads(cell), flags, missing, failure)
            for point, cell, flags, missing, failure in rows
        }

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
            total = prod(self.lengths[axis] for axis in step.axes)
            metrics[name] = {
                "node": step.type.qualified,
                "over": list(step.over),
                "values": [
                    {
                        "point": {
                            axis: without_paths(self.graph.axes[axis].values[position])
                            for axis, position in self.point(name, index).items()
                        },
                        "value": cell.value,
                        "missing": cell.missing,
                        **({"flags": cell.flags.split()} if cell.flags else {}),
                        **({"failure": cell.failure} if cell.failure else {}),
                    }
                    for index, cell in sorted(self.cells(name, 0, total).items())
                ],
            }
        self._write_json("metrics.json", {"mezzotint": 1, "metrics": metrics})
