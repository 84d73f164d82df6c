"""What ComfyUI's registry of node packs reads of the project."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]

tomllib = pytest.importorskip("tomllib", reason="reading TOML takes Python 3.11")


def test_the_project_says_what_a_registry_shows() -> None:
    comfy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["comfy"]
    assert {"PublisherId", "DisplayName", "Icon", "requires-comfyui"} <= comfy.keys()
    # Scripts are registered by WEB_DIRECTORY; by both they would be loaded twice.
    assert "web" not in comfy
    with Image.open(ROOT / comfy["Icon"]) as icon:
        assert icon.width == icon.height <= 400
