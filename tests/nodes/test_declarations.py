"""Declaring the built-in nodes costs no heavy import, and says everything a graph's author needs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import mezzotint.nodes
from mezzotint.graphs.registry import Registry
from mezzotint.nodes import MODULES

HEAVY = ["torch", "numpy", "PIL", "diffusers", "transformers", "huggingface_hub", "safetensors", "pydantic"]
BUILT_IN = [importlib.util.resolve_name(module, "mezzotint.nodes") for module in MODULES]
NAMES = [
    "best_of",
    "crop",
    "decode",
    "encode",
    "grid",
    "load_images",
    "load_model",
    "load_upscaler",
    "perturb",
    "render_scene",
    "resize",
    "resize_latents",
    "sample",
    "save_images",
    "text_encode",
    "upscale",
    "upscale_learned",
]


def test_declaring_imports_nothing_heavy() -> None:
    code = f"""
import importlib, sys
for module in {BUILT_IN!r} + ['mezzotint.nodes.device', 'mezzotint.nodes.families']:
    importlib.import_module(module)
from mezzotint.nodes import load_model, text_encode, sample, decode, upscale, grid
heavy = [name for name in {HEAVY!r} if name in sys.modules]
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_node_is_found_and_is_a_function_of_the_package() -> None:
    registry = Registry.load(BUILT_IN, plugins=False)
    assert registry.names() == NAMES
    for name in NAMES:
        assert getattr(mezzotint.nodes, name).node_type.function is registry[name].function


@pytest.mark.parametrize("name", NAMES)
def test_every_port_and_option_is_explained(name: str) -> None:
    declared = getattr(mezzotint.nodes, name).node_type
    assert len(declared.summary) > 20
    for entry in (*declared.ports, *declared.options):
        assert entry.help, f"{name}.{entry.name} is not explained"
    for option in declared.options:
        assert option.schema()


def test_what_stays_out_of_keys_is_marked() -> None:
    effort = {option.name for option in mezzotint.nodes.load_model.node_type.options if option.effort}
    assert effort == {"revision", "device", "compile", "variant", "offload", "attention", "channels_last"}
    assert mezzotint.nodes.load_model.node_type.keep == "none"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        mezzotint.nodes.nonsense  # noqa: B018


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("{use: resize, images: $photo}", "4:3: resize: resize needs width, height, or both"),
        ("{use: load_images, file: a.png, background: blurple}", "load_images: background 'blurple' is no"),
        (
            "{use: upscale_learned, upscaler: $net, images: $photo, tile: 64, overlap: 32}",
            "upscale_learned: tile 64 is not more than twice the overlap 32",
        ),
    ],
)
def test_options_that_do_not_go_together_are_found_before_a_run(
    tmp_path: Path, node: str, words: str
) -> None:
    (tmp_path / "graph.yaml").write_text(
        "nodes:\n"
        "  photo: {use: load_images, file: a.png}\n"
        "  net: {use: load_upscaler, source: ./net.safetensors}\n"
        f"  made: {node}\n"
        "outputs: {made: $made}\n"
    )
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(mezzotint.GraphError) as caught:
        mezzotint.load(tmp_path / "graph.yaml").check()
    assert words in str(caught.value)
