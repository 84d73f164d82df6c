"""Conversions in memory, with the node types that there are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import mezzotint
from mezzotint.graphs.check import CheckedGraph, check
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.source import read_text
from mezzotint.graphs.spec import parse_spec
from mezzotint.integrations.comfyui.workflows.reading import parse_workflow
from mezzotint.integrations.comfyui.workflows.to_graph import ConvertedGraph, to_graph
from mezzotint.integrations.comfyui.workflows.to_workflow import ConvertedWorkflow, to_workflow

sys.path.insert(0, str(Path(__file__).parent))


class Converter:
    """Converts plain data to plain data; ``models`` is ComfyUI's folder."""

    def __init__(self, registry: Registry, models: Path | None = None) -> None:
        self.registry = registry
        self.models = models

    def graph(self, workflow: Any) -> ConvertedGraph:
        text = workflow if isinstance(workflow, str) else json.dumps(workflow, indent=1)
        return to_graph(parse_workflow(text, "workflow.json"), self.registry, self.models)

    def check(self, text: str) -> CheckedGraph:
        return check(parse_spec(read_text(text, "graph.yaml"), "graph", Path()), self.registry)

    def workflow(self, text: str) -> ConvertedWorkflow:
        return to_workflow(self.check(text), self.models)


@pytest.fixture(scope="session")
def registry() -> Registry:
    return mezzotint.registry()


@pytest.fixture
def convert(registry: Registry) -> Converter:
    return Converter(registry)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder of ComfyUI's, with a checkpoint, an upscaler and a picture by name alone."""
    from PIL import Image

    root = tmp_path_factory.mktemp("ComfyUI")
    for path in ("models/checkpoints/sd/one.safetensors", "models/upscale_models/big.safetensors"):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_bytes(b"")
    (root / "input").mkdir()
    Image.new("RGB", (64, 64), "red").save(root / "input" / "photo.png")
    return root / "models"


@pytest.fixture
def located(registry: Registry, models: Path) -> Converter:
    """The same with files to be found."""
    return Converter(registry, models)
