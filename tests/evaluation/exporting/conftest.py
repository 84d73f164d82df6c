"""A run folder with a sweep, a category, a failure, a picture, and a prompt that looks like a formula."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from PIL import Image
from pyarrow import parquet

PROMPTS = ('=HYPERLINK("http://example.org", "a star")', "a heart, two\nlines")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    (folder / "images/images").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for row, prompt in enumerate(PROMPTS):
        for at, steps in enumerate((4, 12)):
            failed = (row, steps) == (0, 12)
            path = f"images/images/{row}-{at}.png"
            if not failed:
                Image.new("RGB", (4, 4), (60 * row, 0, 0)).save(folder / path)
            rows.append(
                {
                    "row.index": row,
                    "row.prompt": prompt,
                    "row.category": ("one", "two")[row],
                    "steps.index": at,
                    "steps": steps,
                    "images": None if failed else path,
                    "clip": None if failed else 10.0 * row + at,
                    "flags": "",
                    "missing": 0,
                    "failure": "it broke" if failed else None,
                }
            )
    axes = {
        "row": {"role": "unit", "length": 2, "label": "row.prompt"},
        "steps": {"role": "setting", "length": 2, "label": "steps"},
    }
    about = {"node": "mezzotint.clip_score@2", "axes": ["row", "steps"]}
    protocol = {"node": "mezzotint.clip_score@2", "model": "starter"}
    items = {
        "images": {**about, "type": "images"},
        "clip": {**about, "type": "number", "better": "higher", "protocol": protocol},
    }
    value: dict[str, Any] = {"point": {}, "value": None, "missing": 2, "failure": "too few members"}
    fd = {"node": "mezzotint.fd@1", "type": "number", "over": ["row", "steps"], "axes": [], "values": [value]}
    said = {"mezzotint": 1, "schema": 2, "axes": axes, "metrics": {"fd": fd}, "items": items}
    lengths = {"row": 2, "steps": 2}
    record = {"name": "drawn", "digest": "0123abcd", "complete": True, "axes": lengths, "flags": {}}
    (folder / "metrics.json").write_text(json.dumps(said))
    (folder / "run.json").write_text(json.dumps({**record, "history": []}))
    (folder / "graph.yaml").write_text("inputs: {scale: 7, row: {each: [a]}}\noutputs: {}\n")
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "items.parquet")
    return folder
