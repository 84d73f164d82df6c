"""Pictures that claim to carry a graph or a prompt: one that can be used, or an error that says why not."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import mezzotint
from mezzotint.cli.redraw import Redraw
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.nodes.carried_prompt import read_prompt
from mezzotint.nodes.comfyui_prompt import prompt_of_workflow
from mezzotint.nodes.picture_texts import write as with_texts

GRAPH = {
    "mezzotint": 1,
    "inputs": {"prompt": "a red circle"},
    "nodes": {
        "model": {"use": "load_model@1", "source": "starter"},
        "text": {"use": "text_encode@1", "model": "$model", "prompt": "$prompt"},
        "latent": {"use": "sample@1", "model": "$model", "conditioning": "$text", "seed": 1},
        "image": {"use": "decode@1", "model": "$model", "latents": "$latent"},
    },
    "outputs": {"image": "$image"},
}
TEXTS = {"mezzotint": json.dumps(GRAPH), "mezzotint:output": "image", "mezzotint:key": "ab" * 20}


def picture(kind: Any, texts: dict[str, str]) -> bytes:
    return with_texts(Image.new("RGB", (8, 8), "red"), kind, texts)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return mezzotint.registry()


def is_understood_or_refused(path: Path, registry: Registry) -> None:
    with suppress(ValueError):
        read_prompt(path)
    with suppress(GraphError):
        Graph(Redraw.of(path).spec(), registry).check()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_damaged_pictures(fuzzed: Any, damaged: Any, write: Any, registry: Registry, kind: str) -> None:
    words = (b"tEXt", b"zTXt", b"iTXt", b"IDAT", b"eXIf", b"mezzotint\0", b"\x7f\xff\xff\xff")

    @given(damaged(picture(kind, TEXTS), words=words))
    def property(content: bytes) -> None:
        is_understood_or_refused(write("picture.png", content), registry)

    fuzzed(property, parts=4)


def test_prompts_in_damaged_workflows(fuzzed: Any, damaged: Any) -> None:
    nodes = {
        "3": {
            "class_type": "KSampler",
            "inputs": {"positive": ["6", 0], "negative": ["7", 0], "model": ["4", 0]},
        },
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["9", 0], "clip": ["4", 1]}},
        "9": {"class_type": "String", "inputs": {"value": "a red circle"}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
    }
    words = (
        b'["3", 0]',
        b'["6", 0]',
        b'["8", 1]',
        b'"conditioning": ',
        b'"positive": ',
        b'"guider": ',
        b"{}",
        b"[]",
    )

    @given(damaged(json.dumps(nodes).encode(), words=words))
    def property(content: bytes) -> None:
        with suppress(ValueError):
            found = prompt_of_workflow(json.loads(content))
            assert found is None or isinstance(found, str)

    fuzzed(property, parts=4)


def test_made_up_texts(fuzzed: Any, damaged: Any, write: Any, registry: Registry) -> None:
    anything = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=9), inner)),
        max_leaves=9,
    )
    text = st.one_of(
        st.text(),
        anything.map(json.dumps),
        damaged(TEXTS["mezzotint"].encode()).map(lambda data: data.decode("latin-1")),
        st.integers(1, 20_000).map(lambda depth: "[" * depth),
    )

    @given(text.filter(lambda text: "\0" not in text))
    def property(text: str) -> None:
        content = io.BytesIO()
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        for key in ("mezzotint", "prompt", "parameters", "Comment"):
            info.add_itxt(key, text.encode("utf-8", "replace").decode())
        Image.new("L", (1, 1)).save(content, "PNG", pnginfo=info)
        path = write("picture.png", content.getvalue())
        is_understood_or_refused(path, registry)

    fuzzed(property, parts=4)
