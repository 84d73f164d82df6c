"""The example workflows fit the nodes that there are, and run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from canvas_files import as_workflow
from comfy_stand_in import STOCK, Comfy
from PIL import Image

EXAMPLES = Path(__file__).parents[3] / "example_workflows"
CANVASES = sorted(EXAMPLES.glob("*.json"))
#: Less to draw.
QUICK = {
    "Mezzotint.prompts": {"prompts": "a red circle\ntwo green stars", "pictures": 2},
    "Mezzotint.sample": {"steps": 2},
    "Mezzotint.graph.sweep": {"prompt": "a red circle", "seed": "0, 1", "guidance": "1, 3", "steps": "2"},
}


class PreviewImage(STOCK["SaveImage"]):
    """Pictures at the end of a workflow, thrown away."""


class SaveImage(STOCK["SaveImage"]):
    """The same under a name."""

    INPUT_TYPES: Any = classmethod(
        lambda cls: {"required": {"images": ("IMAGE", {}), "filename_prefix": ("STRING", {"default": ""})}}
    )

    def save(self, images: Any, filename_prefix: str) -> dict[str, Any]:
        return super().save(images)


class ImageScaleBy:
    """Pictures so many times as large."""

    INPUT_TYPES: Any = classmethod(
        lambda cls: {
            "required": {
                "image": ("IMAGE", {}),
                "upscale_method": (["nearest-exact", "lanczos"], {}),
                "scale_by": ("FLOAT", {"default": 1.0, "min": 0.01, "max": 8.0}),
            }
        }
    )
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "upscale"

    def upscale(self, image: Any, upscale_method: str, scale_by: float) -> tuple[Any]:
        times = int(scale_by)
        return (image.repeat_interleave(times, 1).repeat_interleave(times, 2),)


@pytest.fixture
def comfy(pack: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Comfy:
    folders = ModuleType("folder_paths")
    for kind in ("input", "output", "temp", "user"):
        monkeypatch.setattr(
            folders, f"get_{kind}_directory", lambda kind=kind: str(tmp_path / kind), raising=False
        )
    monkeypatch.setitem(sys.modules, "folder_paths", folders)
    stock = {"PreviewImage": PreviewImage, "SaveImage": SaveImage, "ImageScaleBy": ImageScaleBy}
    return Comfy(pack.NODE_CLASS_MAPPINGS, stock)


@pytest.mark.parametrize("path", CANVASES, ids=lambda path: path.stem)
def test_an_example_fits_the_nodes_and_runs(path: Path, comfy: Comfy) -> None:
    workflow = as_workflow(json.loads(path.read_text()), comfy.classes)
    for node in workflow.values():
        node["inputs"] |= QUICK.get(node["class_type"], {})
    assert not comfy.errors(workflow)
    ran = comfy.run(workflow)
    assert any(shown.get("images") for shown in ran.ui.values())
    assert any(shown.get("text") or shown.get("table") for shown in ran.ui.values())


def test_each_example_has_a_thumbnail() -> None:
    assert len(CANVASES) >= 3
    for path in CANVASES:
        with Image.open(path.with_suffix(".jpg")) as picture:
            assert picture.width >= 600
