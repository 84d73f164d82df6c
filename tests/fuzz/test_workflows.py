"""Workflows of ComfyUI, damaged and made up: a graph that checks, or an error that says what is wrong."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mezzotint
from mezzotint.graphs.check import check
from mezzotint.graphs.problem import GraphError, Problem
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.source import read_text
from mezzotint.graphs.spec import parse_spec
from mezzotint.integrations.comfyui.workflows.reading import read_workflow
from mezzotint.integrations.comfyui.workflows.stock import STOCK
from mezzotint.integrations.comfyui.workflows.to_graph import to_graph
from mezzotint.integrations.comfyui.workflows.to_workflow import to_workflow

WORKFLOW: dict[str, Any] = {
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "one.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 2}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red circle", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "model": ["4", 0],
            "seed": 5,
            "steps": 20,
            "cfg": 7.5,
            "sampler_name": "dpmpp_2m",
            "scheduler": "karras",
            "denoise": 1.0,
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
        "_meta": {"title": "latent"},
    },
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
    "10": {"class_type": "Mezzotint.clip_score", "inputs": {"images": ["8", 0], "text": "a: red"}},
    "11": {"class_type": "Mezzotint.diversity", "inputs": {"images": ["8", 0]}},
    "12": {"class_type": "Mezzotint.grid", "inputs": {"images": ["8", 0], "columns": 2}},
    "13": {"class_type": "PreviewImage", "inputs": {"images": ["12", 0]}},
}
WORDS = (
    b'["3", 0]',
    b'["4", 2]',
    b'["8", 0]',
    b'["5", 0]',
    b'{"__value__": [1, 2]}',
    b"NaN",
    b"1e999",
    b"99999999999999999999",
    b'"KSamplerAdvanced"',
    b'"LoadImage"',
    b'"Mezzotint.sample"',
    b'"Mezzotint.best_of"',
    b'"\\ud83d"',
    b"null",
    b"true",
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return mezzotint.registry()


def is_converted_or_refused(path: Path, registry: Registry) -> None:
    """Converts a file there and, where that can be, back; GraphError names the file and is not endless."""
    found: list[Problem] = []
    try:
        text = to_graph(read_workflow(path), registry).text
    except GraphError as error:
        found = error.problems
        text = ""
    assert text or 0 < len(found) < 1000
    for problem in found:
        assert problem.place is not None
        assert problem.place.file == str(path)
        assert 0 < len(problem.message) < 2000
    if text:
        graph = check(parse_spec(read_text(text, "graph.yaml"), "graph", path.parent), registry)
        with suppress(GraphError):
            json.dumps(to_workflow(graph).workflow)


def test_damaged_workflows(fuzzed: Any, damaged: Any, write: Any, registry: Registry) -> None:
    @given(damaged(json.dumps(WORKFLOW).encode(), words=WORDS))
    def property(content: bytes) -> None:
        is_converted_or_refused(write("workflow.json", content), registry)

    fuzzed(property, parts=2)


LINK = st.tuples(st.sampled_from([*WORKFLOW]), st.integers(-1, 3)).map(list)
VALUE = st.one_of(
    LINK,
    st.integers(),
    st.floats(),
    st.text(max_size=9),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["euler", "karras", "enable", "disable", "lanczos", "a.safetensors", "[1, 2"]),
)
CLASSES = [*STOCK, "Mezzotint.sample", "Mezzotint.text_encode", "Mezzotint.load_model", "Mezzotint.upscale"]
CLASSES += ["Mezzotint.fd", "Mezzotint.grid", "Mezzotint.best_of", "Mezzotint.template", "Nobody's"]


def test_workflows_with_something_else_here_and_there(fuzzed: Any, write: Any, registry: Registry) -> None:
    """Most of it is right, so that what is wrong is met late."""
    places = [(name, key) for name, entry in WORKFLOW.items() for key in [*entry["inputs"], "more"]]
    change = st.tuples(st.sampled_from(places), VALUE)
    renamed = st.tuples(st.sampled_from([*WORKFLOW]), st.sampled_from(CLASSES))

    @given(st.lists(change, max_size=3), st.lists(renamed, max_size=2))
    def property(changes: list[Any], classes: list[Any]) -> None:
        nodes = copy.deepcopy(WORKFLOW)
        for (name, key), value in changes:
            nodes[name]["inputs"][key] = value
        for name, kind in classes:
            nodes[name]["class_type"] = kind
        is_converted_or_refused(write("workflow.json", json.dumps(nodes).encode()), registry)

    fuzzed(property, parts=2)


def test_made_up_workflows(fuzzed: Any, write: Any, registry: Registry) -> None:
    """Nodes of known classes with inputs of known names, wired anyhow."""
    names = sorted({name for kind in STOCK.values() for name in (*kind.wires, *kind.widgets)})
    names += ["conditioning", "text", "over", "prompt", "scale"]
    entry = st.fixed_dictionaries(
        {
            "class_type": st.sampled_from(CLASSES),
            "inputs": st.dictionaries(st.sampled_from(names), VALUE, max_size=10),
        }
    )

    @given(st.dictionaries(st.sampled_from([*WORKFLOW]), entry, min_size=1, max_size=6))
    def property(nodes: dict[str, Any]) -> None:
        is_converted_or_refused(write("workflow.json", json.dumps(nodes).encode()), registry)

    fuzzed(property, parts=2)
