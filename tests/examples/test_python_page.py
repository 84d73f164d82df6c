"""``docs/python.md``: every block of code runs, one after the other, beside the examples and a photo."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import mezzotint
from mezzotint import nodes

ROOT = Path(mezzotint.__file__).parent
PAGE = ROOT / "docs" / "python.md"


def blocks() -> list[tuple[int, str]]:
    """The line on which each block of Python begins, and its text."""
    text = PAGE.read_text("utf-8")
    found = re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [(text.count("\n", 0, match.start(1)) + 1, match.group(1)) for match in found]


@pytest.mark.slow
def test_every_block_runs_after_those_before_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").mkdir()
    for name in ("txt2img.yaml", "prompts.txt"):
        shutil.copy(ROOT / "examples" / name, tmp_path / "examples")
    nodes.to_pil(nodes.render_scene("a red circle", seed=1)).save("photo.png")
    namespace = {"__name__": "page"}
    assert len(blocks()) > 8
    for line, code in blocks():
        # Errors and declared nodes then point at the page itself.
        exec(compile("\n" * (line - 1) + code, str(PAGE), "exec"), namespace)
