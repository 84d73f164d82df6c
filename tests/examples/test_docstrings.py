"""The examples in the help of node types run as they stand, with `photo.png` in the working directory."""

from __future__ import annotations

import doctest
import importlib

import pytest

import mezzotint
from mezzotint import evaluation, nodes

MODULES = [f"{package.__name__}{module}" for package in (nodes, evaluation) for module in package.MODULES]

#: Nodes whose models have to be fetched first, that only write, or that ask for what a run knows.
WITHOUT_EXAMPLE = {
    *("aesthetic", "detect", "fid", "geneval", "hps", "inception_score", "load_upscaler", "lpips_diversity"),
    *("ocr_accuracy", "outline", "pick_score", "unsafe", "upscale_learned", "vqa_score"),
    *("save_images", "template", "seconds", "joules", "peak_memory"),
}


@pytest.fixture(autouse=True)
def _folder_with_a_photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nodes.to_pil(nodes.render_scene("a red circle", seed=1)).save("photo.png")


@pytest.mark.parametrize("name", MODULES)
def test_examples_run_as_they_stand(name):
    module = importlib.import_module(name)
    results = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert not results.failed


def test_every_node_type_that_runs_offline_has_an_example():
    registry = mezzotint.registry()
    built_in = {declared.name for declared in registry.types.values() if declared.package == "mezzotint"}
    lacking = {name for name in built_in if ">>>" not in registry[name].doc}
    assert lacking == WITHOUT_EXAMPLE
