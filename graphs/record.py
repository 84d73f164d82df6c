"""The run folder: what a run leaves behind, and what tells the next run of the graph what it may skip."""

from __future__ import annotations

import errno
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

from .calls import Failure
from .check import CheckedGraph
from .draft import Output
from .file_names import file_names, indices
from .holder import holding
from .items_table import Cell, ItemsTable, point_of, without_paths
from .keys import Keys
from .long_axes import set_aside
from .parts import parts_of
from .problem import fail
from .resolved import axes_digest, resolve, resolve_at
from .run_database import Row, RunDatabase, WrittenFile
from .run_tables import details_of, failure_lines, json_to_read, metrics
from .running import Delivered, Ledger, Outcome, Settings
from .store import HANDS, write_atomically
from .values import canonical
from .walk import strides_of
from .yaml_text import graph_text

#: What each step's key was made of, for `plan --why`.
PARTS = "parts.json"


def _run_digest(resolved: Mapping[str, Any], graph: CheckedGraph, keys: Keys) -> str:
    """Eight hex digits that name a run: equal for the same graph over the same values and weights."""
    options = [keys.digest_of(step).hex() for step in graph.steps.values()]
    # Whoever grants more time goes on in the same folder.
    nodes = {
        name: {key: value for key, value in node.items() if key != "timeout"}
        for name, node in resolved["nodes"].items()
    }
    # What a suite says of itself changes no result.
    said = {key: value for key, value in resolved.items() if key != "suite"}
    content = [{**said, "nodes": nodes}, axes_digest(graph), options]
    text = json.dumps(content, sort_keys=True, default=canonical)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


class RunFolder(Ledger):
    """The sink of a run that writes files. The same graph again goes on in the same folder.

    It is ``root/<name>-<digest>`` unless a ``folder`` is given.
    """

    def __init__(
        self,
        folder: Path | None,
        graph: CheckedGraph,
        keys: Keys,
        settings: Settings,
        root: Path = Path("runs"),
    ) -> None:
        self.graph = graph
        self.keys = keys
        resolved = resolve(graph)
        self.digest = _run_digest(resolved, graph, keys)
        self.folder = folder = folder or root / f"{graph.spec.name}-{self.digest}"
        self.lengths = keys.lengths
        self.started = datetime.now(timezone.utc)
        self._types = {name: graph.type_of(source) for name, source in graph.outputs.items()}
        self._file_names = file_names(graph)
        self._earlier()  # a folder of something else isn't even locked
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            self._lock = stack.enter_context(holding(folder))
            earlier = self._earlier()
            self._history: list[dict[str, Any]] = [] if settings.fresh else earlier
            # Before all else, so that a folder is known for what it is from its first moment.
            self._write_json("run.json", self._record(complete=False, flags={}))
            text = graph_text(set_aside(resolved, folder))
            write_atomically(folder / "graph.yaml", text.encode())
            parts = json.dumps(parts_of(graph, keys).record(), ensure_ascii=False)
            write_atomically(folder / PARTS, parts.encode())
            self._database = RunDatabase(folder, self.digest)
            stack.callback(self._database.close)
            self._hands = stack.enter_context(ThreadPoolExecutor(HANDS, "mezzotint pictures"))
            if settings.fresh:
                self._database.forget_cells()
            if settings.fresh or settings.retry_failed:
                self._database.forget_failures()
            #: Outputs of which an earlier run has left something.
            self._begun = self._database.outputs()
            self.failed_before = self._database.failures()
            self._open = stack.pop_all()

    def _earlier(self) -> list[dict[str, Any]]:
        """What earlier runs of this graph noted of themselves; GraphError for a folder of something else."""
        if not self.folder.exists():
            return []
        if not self.folder.is_dir():
            raise fail(None, f"{self.folder} is a file", "give another folder with --out")
        entries = [entry for entry in self.folder.iterdir() if not entry.name.startswith(".")]
        digest, history = self._noted()
        if digest == self.digest:
            return history
        if digest is not None:
            hint = "give another folder with --out, or leave it away: every run has its own folder"
            raise fail(None, f"{self.folder} holds another run", hint)
        if entries:
            hint = "give a new or an empty folder with --out"
            raise fail(None, f"{self.folder} holds files that are not of a run", hint)
        return []

    def _noted(self) -> tuple[str | None, list[dict[str, Any]]]:
        """Which run the folder says it holds, and the history of that; where run.json is damaged, none."""
        try:
            noted = json.loads((self.folder / "run.json").read_text("utf-8"))
            digest, history = noted["digest"], noted["history"]
            if isinstance(digest, str) and isinstance(history, list):
                return digest, [entry for entry in history if isinstance(entry, dict)]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            pass
        return RunDatabase.digest_in(self.folder), []

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What the engine asks

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        """Points of an output that the folder holds already, with the file where there is one."""
        if output not in self._begun:  # spares new runs their questions
            return set()
        kind = self._types[output]
        is_file = kind is not None and kind.suffix is not None
        return {
            point
            for point, key, value, file in self._database.recorded(output, keys)
            if keys[point] == key and (not is_file or _is_whole(self.folder / value, file))
        }

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        """Write files, then in one transaction the rows that speak of them."""
        if not self._lock.is_in_place:
            raise FileNotFoundError(
                errno.ENOENT,
                "the run folder was taken away; what is finished is in the store",
                str(self.folder),
            )
        made = [(output, index, one) for output, portion in delivered for index, one in portion.items()]
        # Encoding a picture takes a core for a while; what has no file is done sooner than handed over.
        has_files = any(kind is not None and kind.suffix is not None for kind in self._types.values())
        rows = list(self._hands.map(self._row, made) if has_files else map(self._row, made))
        self._database.put([*rows, *chain.from_iterable(map(self._rows_about, made))])

    def remember(self, key: bytes, failure: Failure) -> None:
        """Remember a failure for the runs to come."""
        self._database.remember(key, failure)

    def _row(self, delivered: tuple[str, int, Delivered]) -> Row:
        output, index, made = delivered
        value, file = (None, None) if made.failure is not None else self._value(output, index, made)
        cell = Cell(value, " ".join(made.flags), made.missing, made.failure)
        return Row(output, index, made.key, cell, file)

    def _rows_about(self, delivered: tuple[str, int, Delivered]) -> Iterator[Row]:
        """What a result says beside its value: of itself, and of each member of its set."""
        output, index, made = delivered
        kind, source = self._types[output], self.graph.outputs[output]
        if kind is None or made.failure is not None or not isinstance(source, Output):
            return
        details = kind.details(made.item)
        if details:
            yield Row(details_of(output), index, made.key, Cell(dict(details), "", 0, None))
        about = kind.by_member(made.item)
        if about is None:
            return
        step = self.graph.steps[source.step]
        point, strides = self.point(output, index), strides_of(step.domain, self.lengths)
        start = sum(point[axis] * strides[axis] for axis in step.domain if axis in point)
        for column, numbers in about.columns.items():
            for place, number in zip(about.places, numbers, strict=True):
                at = start + sum(n * strides[axis] for axis, n in zip(about.axes, place, strict=True))
                yield Row(f"{output}.{column}", at, made.key, Cell(number, "", 0, None))

    def _value(self, output: str, index: int, made: Delivered) -> tuple[Any, WrittenFile | None]:
        """What stands in the table, and the file that was written for it, if any."""
        kind = self._types[output]
        if kind is None:  # an input
            return without_paths(made.item), None
        if kind.suffix is None:
            return kind.cell(made.item), None
        point = self.point(output, index)
        names = self._file_names.get(output)
        name = names.at(point) if names is not None else indices(point, self.lengths) + kind.suffix
        path = Path(kind.folder) / output / name
        metadata = {
            "mezzotint": json.dumps(resolve_at(self.graph, output, point), ensure_ascii=False, default=str),
            "mezzotint:output": output,
            "mezzotint:key": made.key.hex(),
        }
        content = kind.export(made.item, metadata)
        write_atomically(self.folder / path, content)
        changed = (self.folder / path).stat().st_mtime_ns
        return path.as_posix(), WrittenFile(len(content), changed, _digest(content))

    # Points

    def axes(self, output: str) -> tuple[str, ...]:
        return self.graph.axes_of(self.graph.outputs[output])

    def point(self, output: str, index: int) -> dict[str, int]:
        """The point of an output's index."""
        return point_of(index, self.axes(output), self.lengths)

    # What is left behind

    def finish(self, outcome: Outcome, *, complete: bool, made_with: Mapping[str, Any]) -> None:
        """Write the tables; also after an interruption, of what there is."""
        self._database.write_failures()
        ItemsTable(self.graph, self._database).write(self.folder / "items.parquet")
        self._write_json("metrics.json", metrics(self.graph, self.keys, self._database))
        self._write_failures(outcome, complete=complete)
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
        if outcome.made or outcome.failed_now or not complete or not self._history:
            self._history.append(entry)
        self._write_json("run.json", self._record(complete=complete, flags=self._database.flags()))

    def _write_failures(self, outcome: Outcome, *, complete: bool) -> None:
        """What failed, now or before; after an interruption also what this run had no time to come upon."""
        rest = {} if complete else self.failed_before
        unmet = (failure for key, failure in rest.items() if key not in outcome.left_alone)
        text = failure_lines(self.graph, [*outcome.failures, *unmet])
        write_atomically(self.folder / "failures.jsonl", text.encode())

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
        write_atomically(self.folder / name, json_to_read(record).encode())


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _is_whole(path: Path, written: WrittenFile | None) -> bool:
    """Whether a file is what was written. It is read only where its size or its time says it may not be."""
    try:
        state = path.stat()
        if written is None or state.st_size != written.size:
            return False
        return state.st_mtime_ns == written.changed or _digest(path.read_bytes()) == written.digest
    except FileNotFoundError:
        return False
