"""Run folders as a run writes them, of numbers that a test chooses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

AXES: dict[str, dict[str, Any]] = {
    "row": {"role": "unit", "length": 4, "label": "row.prompt"},
    "seed": {"role": "seed", "length": 2, "label": "seed", "per": ["row"]},
    "steps": {"role": "setting", "length": 2, "label": "steps"},
}
VALUES: dict[str, list[dict[str, Any]]] = {
    "row": [
        {"row.prompt": "a red circle", "row.category": "one"},
        {"row.prompt": "a star", "row.category": "one"},
        {"row.prompt": "two hearts", "row.category": "two"},
        {"row.prompt": "a blue box", "row.category": "one"},
    ],
    "seed": [{"seed": 0}, {"seed": 1}],
    "steps": [{"steps": 4}, {"steps": 12}],
}
#: Columns of every row, with what stands in them of a row that nothing is to be said of.
ABOUT = {
    "flags": (pyarrow.string(), ""),
    "missing": (pyarrow.int64(), 0),
    "failure": (pyarrow.string(), None),
}

Rows = list[dict[str, Any]]


@dataclass
class Writer:
    """Writes run folders whose axes are ``row`` (4 prompts), ``seed`` (2 a prompt) and ``steps`` (4, 12)."""

    root: Path

    def rows(self, axes: str, cell: Callable[..., Mapping[str, Any] | None]) -> Rows:
        """A row of the items for each place on axes: ``cell(row, seed, …)`` gives its cells, or no row."""
        names = axes.split()
        found = []
        for place in product(*(range(AXES[name]["length"]) for name in names)):
            cells = cell(*place)
            if cells is not None:
                about = {f"{name}.index": index for name, index in zip(names, place, strict=True)}
                for name, index in zip(names, place, strict=True):
                    about |= VALUES[name][index]
                found.append(about | dict(cells))
        return found

    def output(self, axes: str, kind: str = "number", **more: Any) -> dict[str, Any]:
        """What metrics.json says of an output."""
        about = {"node": "mezzotint.score@1", "type": kind, "axes": axes.split(), "better": "higher"}
        return {**about, "protocol": {"node": "mezzotint.score@1"}, **more}

    def write(
        self,
        rows: Rows,
        *,
        metrics: Mapping[str, Any] | None = None,
        items: Mapping[str, Any] | None = None,
        axes: Mapping[str, Any] = AXES,
        complete: bool = True,
        graph: str = "outputs: {}\n",
        name: str = "run",
    ) -> Path:
        folder = self.root / name
        folder.mkdir()
        record = {
            "mezzotint": 1,
            "name": "drawn",
            "digest": "0123abcd",
            "complete": complete,
            "axes": {axis: about["length"] for axis, about in axes.items()},
            "flags": {},
            "history": [],
        }
        said = {"mezzotint": 1, "schema": 2, "axes": axes, "metrics": metrics or {}, "items": items or {}}
        names = dict.fromkeys((*(f"{axis}.index" for axis in axes), *(key for row in rows for key in row)))
        table = {name: pyarrow.array([row.get(name) for row in rows]) for name in names if name not in ABOUT}
        for name in axes:  # of outputs that don't vary over one, too
            table[f"{name}.index"] = pyarrow.array(
                [row.get(f"{name}.index") for row in rows], pyarrow.int64()
            )
        for name, (kind, empty) in ABOUT.items():
            table[name] = pyarrow.array([row.get(name, empty) for row in rows], kind)
        (folder / "run.json").write_text(json.dumps(record))
        (folder / "metrics.json").write_text(json.dumps(said))
        (folder / "graph.yaml").write_text(graph)
        (folder / "failures.jsonl").write_text("")
        parquet.write_table(pyarrow.table(table), folder / "items.parquet")
        return folder


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


@pytest.fixture
def folder(writer: Writer) -> Path:
    """A run: a clip score, a verdict and a picture for every prompt, seed and number of steps, and an fd."""

    def cells(row: int, seed: int, steps: int) -> dict[str, Any]:
        return {
            "clip": row + seed / 2 + 10 * steps,
            "right": (row + seed) % 2 == 0,
            "images": f"images/images/{row}-{seed}-{steps}.png",
            "fd.influence": (row - 1.5) / 10,
        }

    values = [
        {
            "point": {"steps": steps},
            "value": 5.0 - at,
            "missing": 0,
            "standard_error": 0.5,
            "interval": [4.0 - at, 6.0 - at],
            "n": 8,
            "clusters": 4,
            "method": "influence, clustered by unit",
            "conditional_on": ["reference"],
            "corrected": 4.5 - at,
            "p_equal": None,
            "flagged": {"blank": 1},
            "reason": "",
        }
        for at, steps in enumerate((4, 12))
    ]
    fd = writer.output("steps", over=["row", "seed"], better="lower", values=values)
    where = "row seed steps"
    items = {
        "clip": writer.output(where),
        "right": writer.output(where, "boolean"),
        "images": writer.output(where, "images", better=None),
    }
    rows = [*writer.rows(where, cells), *writer.rows("steps", lambda steps: {"fd": 5.0 - steps})]
    return writer.write(rows, metrics={"fd": fd}, items=items)
