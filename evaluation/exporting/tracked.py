"""What a tracker of experiments is told of a run: numbers, how they were made, some pictures, its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...graphs.items_table import as_text
from ...graphs.problem import fail

if TYPE_CHECKING:
    import pyarrow

    from ..results.run_folder import Run
    from ..results.scores import Score

#: Trackers take names of at least this many letters.
_LONGEST = 200
#: The files of a run folder that hold what it found and how; pictures are chosen one by one.
FILES = ("graph.yaml", "run.json", "metrics.json", "items.parquet", "failures.jsonl")


@dataclass(frozen=True)
class Picture:
    """A picture of a run, with what it shows."""

    output: str
    path: Path
    caption: str


@dataclass(frozen=True)
class Tracked:
    """A run as trackers take it.

    ``numbers`` go by the parts of their names: the score, each setting of it, and what it is of the score.
    """

    name: str
    numbers: Mapping[tuple[str, ...], float]
    table: pyarrow.Table
    config: Mapping[str, Any]
    pictures: Sequence[Picture]
    files: Sequence[Path]

    def metrics(self, separator: str) -> dict[str, float]:
        """The numbers by names that both trackers take: of letters, digits and ``_-. /``."""
        found: dict[str, float] = {}
        for parts, number in self.numbers.items():
            clean = re.sub(r"[^\w\-. /]", "_", separator.join(parts), flags=re.ASCII)[:_LONGEST]
            name = next(name for name in _variants(clean) if name not in found)
            found[name] = number
        return found


def tracked(run: Run, scores: Sequence[Score], table: pyarrow.Table, most_pictures: int) -> Tracked:
    """What is told of a run: of each score the value, standard error and bounds; at most so many pictures."""
    numbers: dict[tuple[str, ...], float] = {}
    for score in scores:
        estimate = score.estimate
        low, high = estimate.interval or (None, None)
        about = {
            "": float(estimate),
            "standard_error": estimate.standard_error,
            "low": low,
            "high": high,
            "corrected": estimate.corrected,
            "missing": score.missing,
        }
        at = [f"{axis} {as_text(value)}" for axis, value in score.at.items()]
        for part, number in about.items():
            if number is not None:
                numbers[tuple(filter(None, (score.name, *at, part)))] = number
    files = [run.folder / name for name in FILES if (run.folder / name).is_file()]
    name = f"{run.name}-{run.digest}"
    return Tracked(name, numbers, table, _config(run), _pictures(run, most_pictures), files)


def check_package(module: str, extra: str) -> None:
    """GraphError, saying what to install, where a tracker's package isn't here."""
    if find_spec(module) is None:
        hint = f"install it by pip install 'mezzotint[{extra}]'"
        raise fail(None, f"--to {extra} needs the package {module}, which isn't installed", hint)


def _config(run: Run) -> dict[str, Any]:
    """The protocol of every score, the axes, and the inputs but for lists, which the graph's file has."""
    inputs = run.graph.get("inputs")
    plain = {
        name: value
        for name, value in (inputs.items() if isinstance(inputs, Mapping) else ())
        if not isinstance(value, (Mapping, list))
    }
    return {
        "run": {"name": run.name, "digest": run.digest, "complete": run.complete},
        "axes": {name: {"role": axis.role, "length": axis.length} for name, axis in run.axes.items()},
        "inputs": plain,
        "protocol": {name: dict(each.protocol) for name, each in run.outputs.items() if each.protocol},
    }


def _pictures(run: Run, most: int) -> list[Picture]:
    """The first pictures of each output that has any, of all as many."""
    outputs = [each for each in run.outputs.values() if each.kind == "items" and each.type == "images"]
    found: list[Picture] = []
    for position, output in enumerate(outputs):
        share = -(-(most - len(found)) // (len(outputs) - position))
        cells = run.values(output.name)
        rows = run.rows_of(output.name)
        rows = rows[cells.is_valid().to_numpy()[rows]][:share]
        columns = [run.items[run.axes[axis].label].take(rows).to_pylist() for axis in output.axes]
        for at, cell in enumerate(cells.take(rows).to_pylist()):
            path = run.file(cell)
            if path.is_file():
                caption = ", ".join(as_text(column[at]) for column in columns)
                found.append(Picture(output.name, path, caption))
    return found


def _variants(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} {number}" for number in count(2))
