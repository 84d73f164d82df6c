"""A run of tiny pictures, whose folder each test may damage as it likes, and reports read back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mezzotint
from mezzotint.evaluation.report.writing import Written, write_report
from mezzotint.evaluation.results.run_folder import read_run

NODES = Path(__file__).with_name("report_nodes.py")

#: What nobody should be able to break a page with.
HOSTILE = "</script><script>alert(1)</script> <!-- '\"\\ \u2028 ${x} `` & 😀 $$"

GRAPH = """
description: Pictures in two sizes of effort.
inputs:
  row:
    each:
    - {prompt: a red circle, category: one}
    - {prompt: two hearts and a star, category: two}
    - {prompt: %s, category: one}
    - {prompt: bad, category: two}
    - {prompt: blank, category: one}
  seed: {each: {range: 2}, per: row}
  steps: {each: [4, 12]}
nodes:
  image: {use: paint, text: $row.prompt, seed: $seed, steps: $steps}
  light: {use: light, images: $image}
  right: {use: is_light, images: $image}
  told: {use: told, images: $image}
  mean: {use: average, number: $light, over: [row, seed]}
  spread: {use: mean, number: $light, over: seed}
outputs: {images: $image, light: $light, right: $right, told: $told, mean: $mean, spread: $spread}
"""


def run_graph(text: str, folder: Path, **inputs: Any) -> Path:
    """Run the text of a graph into ``folder``."""
    path = folder.with_suffix(".yaml")
    path.write_text(text, "utf-8")
    mezzotint.load(path, [NODES]).run(out=folder, **inputs)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A run as it was left; tests take a copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEZZOTINT_CACHE", str(shared_cache))
        return run_graph(
            GRAPH % json.dumps(HOSTILE, ensure_ascii=False),
            tmp_path_factory.mktemp("runs") / "painted",
        )


@pytest.fixture
def run_folder(finished: Path, tmp_path: Path) -> Path:
    """A run of 5 prompts (one fails, one is blank), 2 seeds each, and 2 numbers of steps."""
    return Path(shutil.copytree(finished, tmp_path / "painted"))


def read_script(path: Path) -> Any:
    """The data of a script, as a browser's JSON reader gets it."""
    text = path.read_text("ascii")
    begin, end = text.index("JSON.parse('") + len("JSON.parse('"), text.rindex("');")
    return json.loads(text[begin:end].replace("\\'", "'").replace("\\\\", "\\"))


class Reported:
    """A report that was written, and what its page is given."""

    def __init__(self, folder: Path, written: Written) -> None:
        self.folder = folder
        self.written = written
        self.data = read_script(folder / "data/report.js")

    @property
    def run(self) -> dict[str, Any]:
        return dict(self.data["runs"][0])

    @property
    def images(self) -> dict[str, Any]:
        return dict(self.run["images"][0])

    @property
    def matrix(self) -> dict[str, Any]:
        return dict(read_script(self.folder / self.images["file"]))

    @property
    def labels(self) -> dict[str, Any]:
        return dict(read_script(self.folder / self.images["labels"]))


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Reported]:
    """Write a report on run folders: ``report(folder, by=…)``."""

    def write(*folders: Path, to: Path | None = None, **options: Any) -> Reported:
        where = to or tmp_path / "report"
        return Reported(where, write_report([read_run(folder) for folder in folders], where, **options))

    return write
