"""Scores of numbers that a test chooses, and runs that hold them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from mezzotint.evaluation.results.places import Labels
from mezzotint.evaluation.results.run_folder import Run, read_run
from mezzotint.evaluation.results.scores import Score
from mezzotint.evaluation.uncertainty.estimate import Estimate, Uncertainty
from mezzotint.evaluation.uncertainty.means import mean_estimate
from mezzotint.evaluation.uncertainty.shares import share_estimate

Cells = Mapping[tuple[str, str], float]


def labels(names: list[str]) -> Labels:
    distinct = list(dict.fromkeys(names))
    return Labels(distinct, np.array([distinct.index(name) for name in names], np.int64))


@dataclass(frozen=True)
class Made:
    """Makes scores: of cells by prompt and seed, and of sets by what each prompt adds to them."""

    better: Literal["higher", "lower"] | None = "higher"

    def of(self, cells: Cells, kind: Literal["mean", "share"] = "mean", **more: Any) -> Score:
        values = np.array([float(value) for value in cells.values()])
        units = [unit for unit, _ in cells]
        estimate = (share_estimate if kind == "share" else mean_estimate)(values, units)
        about = {"at": {}, "missing": 0, "protocol": {"node": "score@1"}, "better": self.better}
        about |= {"unit": "prompt", **more}
        places = {"units": labels(units), "seeds": labels([seed for _, seed in cells])}
        return Score("score", kind=kind, estimate=estimate, values=values, **places, **about)

    def by_prompt(self, values: Any, seeds: Any = ("0",), **more: Any) -> Score:
        """Of an array ``[prompts, seeds]``."""
        table = np.asarray(values, dtype=float)
        table = table.reshape(len(table), -1)
        names = list(seeds) if len(seeds) == table.shape[1] else [str(seed) for seed in range(table.shape[1])]
        cells = {
            (f"prompt {row}", names[column]): table[row, column]
            for row in range(table.shape[0])
            for column in range(table.shape[1])
        }
        return self.of(cells, **more)

    def of_set(
        self, value: float, influence: Mapping[str, float], corrected: float | None = None, **known: Any
    ) -> Score:
        told = {"n": len(influence), "interval": (value - 1, value + 1), "standard_error": 0.5, **known}
        estimate = Estimate(value, Uncertainty(corrected=corrected, **told), np.array([*influence.values()]))
        units = labels(list(influence))
        seeds = labels(["0"] * len(influence))
        return Score("fd", {}, "set", "lower", estimate, 0, {"node": "fd@2"}, units, seeds, "prompt")


@pytest.fixture(scope="session")
def made() -> Made:
    return Made()


WriteRun = Callable[..., Run]


@pytest.fixture
def write_run(tmp_path: Path) -> WriteRun:
    """Write a run of outputs ``{name: [prompts, seeds]}`` of numbers or truth values, and read it back."""

    def write_run(name: str, outputs: Mapping[str, Any], **more: Any) -> Run:
        tables = {output: np.asarray(values) for output, values in outputs.items()}
        prompts = more.get("prompts") or [f"prompt {row}" for row in range(len(next(iter(tables.values()))))]
        seeds = next(iter(tables.values())).shape[1]
        categories = more.get("categories") or ["one"] * len(prompts)
        steps = more.get("steps") or [None]
        rows = []
        for row, seed, at in product(range(len(prompts)), range(seeds), range(len(steps))):
            place = (row, seed) if steps == [None] else (row, seed, at)
            about = {
                "row.index": row,
                "row.prompt": prompts[row],
                "row.category": categories[row],
                "seed.index": seed,
                "seed": seed + more.get("first_seed", 0),
                "flags": "",
                "missing": 0,
            }
            if steps != [None]:
                about |= {"steps.index": at, "steps": steps[at]}
            rows.append(about | {output: table[place].item() for output, table in tables.items()})
        axes: dict[str, Any] = {
            "row": {"role": "unit", "length": len(prompts), "label": "row.prompt"},
            "seed": {"role": "seed", "length": seeds, "label": "seed", "per": more.get("per", ["row"])},
        }
        if steps != [None]:
            axes["steps"] = {"role": "setting", "length": len(steps), "label": "steps"}
        items = {
            output: {
                "node": f"mezzotint.{output}@1",
                "type": "boolean" if table.dtype == bool else "number",
                "axes": list(axes),
                "better": more.get("better", "higher"),
                "protocol": {"node": f"mezzotint.{output}@1", **more.get("protocol", {}).get(output, {})},
            }
            for output, table in tables.items()
        }
        complete = more.get("complete", True)
        lengths = {axis: about["length"] for axis, about in axes.items()}
        record = {
            "mezzotint": 1,
            "name": name,
            "digest": "0123abcd",
            "complete": complete,
            "axes": lengths,
            "flags": {},
            "history": [],
        }
        said = {"mezzotint": 1, "schema": 2, "axes": axes, "metrics": {}, "items": items}
        folder = tmp_path / name
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps(record))
        (folder / "metrics.json").write_text(json.dumps(said))
        (folder / "graph.yaml").write_text(more.get("graph", "outputs: {}\n"))
        (folder / "failures.jsonl").write_text("")
        table = pyarrow.table({key: [row[key] for row in rows] for key in rows[0]})
        failures = pyarrow.array([None] * len(rows), pyarrow.string())
        parquet.write_table(table.append_column("failure", failures), folder / "items.parquet")
        return read_run(folder)

    return write_run
