"""A graph file is a node: its inputs are widgets, its outputs sockets, and what it made stands on it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from mezzotint import GraphError, registry
from mezzotint.integrations.comfyui.run_graph import FOLDER, GraphNode, RunGraph, classes, graph_class

REGISTRY = registry()

SCENES = """
description: Scenes of prompts.
inputs:
  prompt: {each: [a red circle, two stars], help: what to show}
  seed: {each: {range: 2}}
  scale: {value: 2, help: how much larger, min: 1, max: 3}
  method: bicubic
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: $seed}
  big: {use: upscale, images: $scene, scale: $scale, method: $method}
outputs: {images: $big, words: $prompt}
"""

CUTS = """
inputs:
  photo: {help: what to cut}
  left: {each: [0, 40]}
nodes:
  picture: {use: load_images, file: $photo}
  part: {use: crop, images: $picture, width: 32, height: 32, left: $left}
  empty: {use: blank, images: $part}
  share: {use: mean, number: $empty, over: [photo, left]}
outputs: {parts: $part, blank: $share}
"""

MakeNode = Callable[[str], Any]


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """ComfyUI's own folders."""
    module = ModuleType("folder_paths")
    for kind in ("input", "output", "temp", "user"):
        folder = tmp_path / kind
        folder.mkdir()
        monkeypatch.setattr(module, f"get_{kind}_directory", lambda folder=folder: str(folder), raising=False)
    monkeypatch.setitem(sys.modules, "folder_paths", module)
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def make_node(folders: Path) -> MakeNode:
    """Put a graph file where ComfyUI has those of its user, and make a node of it."""

    def make(text: str) -> type[GraphNode]:
        path = folders / "input" / "mezzotint_graphs" / "toy.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return graph_class("toy", path, REGISTRY)

    return make


def inputs_of(node: type[GraphNode]) -> dict[str, Any]:
    types = node.INPUT_TYPES()
    return {**types["required"], **types["optional"]}


def test_an_axis_of_texts_is_a_text_of_one_a_line(make_node: MakeNode) -> None:
    kind, settings = inputs_of(make_node(SCENES))["prompt"]
    assert (kind, settings["multiline"], settings["default"]) == ("STRING", True, "a red circle\ntwo stars")
    assert settings["tooltip"] == "what to show. One value a line; the graph runs over each."


def test_an_axis_of_numbers_is_a_text_of_values_between_commas(make_node: MakeNode) -> None:
    kind, settings = inputs_of(make_node(SCENES))["seed"]
    assert ("INT" in kind.split(","), settings["widgetType"], settings["default"]) == (True, "STRING", "0, 1")


def test_any_other_input_has_the_widget_of_the_option_it_goes_to(make_node: MakeNode) -> None:
    found = inputs_of(make_node(SCENES))
    kind, settings = found["scale"]
    assert (kind, settings["default"], settings["min"], settings["max"]) == ("FLOAT", 2, 1, 3)
    assert {"lanczos", "bicubic", "nearest"} <= set(found["method"][0])
    assert found["method"][1]["default"] == "bicubic"


def test_an_input_without_a_value_must_be_given(make_node: MakeNode) -> None:
    node = make_node(SCENES.replace("method: bicubic", "method: {help: how}"))
    assert list(node.INPUT_TYPES()["required"]) == ["method"]


def test_outputs_are_sockets_of_their_types(make_node: MakeNode) -> None:
    node = make_node(SCENES)
    assert node.RETURN_NAMES == ("images", "words")
    assert node.RETURN_TYPES == ("IMAGE", "STRING")
    assert node.OUTPUT_IS_LIST == (True, True)


def test_points_are_a_batch_of_pictures_and_a_list_of_texts(make_node: MakeNode) -> None:
    made = make_node(SCENES)().run(prompt=["a red circle\ntwo stars\na cross"], seed=["5"], scale=[1])
    (pictures,), words = made["result"]
    assert pictures.shape == (3, 64, 64, 3)
    assert words == ["a red circle", "two stars", "a cross"]
    assert made["ui"]["table"] == [{"columns": ["prompt", "words"], "rows": [[text, text] for text in words]}]
    assert len(made["ui"]["images"]) == 3


def test_a_list_that_comes_over_a_wire_is_an_axis(make_node: MakeNode) -> None:
    made = make_node(SCENES)().run(prompt=["a red circle"], seed=[3, 4, 5], scale=[1, 2])
    pictures, _ = made["result"]
    assert [batch.shape for batch in pictures] == [(3, 64, 64, 3), (3, 128, 128, 3)]


def test_pictures_that_come_in_are_values_of_an_axis_and_what_fails_is_told(make_node: MakeNode) -> None:
    node = make_node(CUTS)
    assert inputs_of(node)["photo"][0] == "IMAGE"
    small, large = torch.zeros(1, 32, 32, 3), torch.rand(2, 80, 80, 3)
    made = node().run(photo=[small, large])
    (parts,), (blank,) = made["result"]
    assert len(parts) == 5  # each in two places, but for the small one
    assert blank == pytest.approx(1 / 5)
    assert any("reach out of a picture" in line for line in made["ui"]["text"])


def test_a_graph_all_of_whose_items_fail_is_an_error_that_says_why(make_node: MakeNode) -> None:
    with pytest.raises(RuntimeError, match="nothing could be made: part: ValueError: 32 by 32 pixels"):
        make_node(CUTS)().run(photo=[torch.zeros(1, 16, 16, 3)])


def test_a_run_folder_is_left_where_it_is_asked_for(make_node: MakeNode, folders: Path) -> None:
    made = make_node(SCENES)().run(**{"prompt": ["a star"], "seed": ["1"], FOLDER: [True]})
    (left,) = (folders / "output" / "mezzotint").iterdir()
    assert (left / "metrics.json").is_file()
    assert f"run folder: mezzotint/{left.name}" in made["ui"]["text"]


def test_a_node_is_run_anew_once_its_file_or_a_table_of_it_changes(
    make_node: MakeNode, folders: Path
) -> None:
    table = folders / "input" / "mezzotint_graphs" / "prompts.txt"
    table.parent.mkdir()
    table.write_text("a star\n")
    text = SCENES.replace("[a red circle, two stars]", "{file: prompts.txt}")
    node = make_node(text)
    before = node.IS_CHANGED()
    assert node.IS_CHANGED() == before
    table.write_text("a star\na cross\n")
    assert node.IS_CHANGED() != before


# The node that runs any of them


@pytest.fixture
def run_graph(make_node: MakeNode) -> Any:
    make_node(SCENES)
    return classes(REGISTRY)["Mezzotint.run_graph"]()


def test_it_offers_the_graphs_of_the_folder_and_the_examples(run_graph: RunGraph) -> None:
    names, _ = run_graph.INPUT_TYPES()["required"]["graph"]
    assert {"toy", "txt2img"} <= set(names)


def test_it_takes_inputs_as_yaml_and_texts_by_name(run_graph: RunGraph) -> None:
    made = run_graph.run(
        graph=["toy"], inputs=["prompt: $texts\nseed: 3\nscale: 1"], texts=["a star", "two crosses"]
    )
    (pictures,), numbers, texts = made["result"]
    assert pictures.shape == (2, 64, 64, 3)
    assert numbers == []
    assert texts == ["a star", "two crosses"]


@pytest.mark.parametrize("source", ["{file: ../secret.txt}", "{folder: /}", "{zip: {a: {file: /etc/hosts}}}"])
def test_what_is_outside_the_input_folder_is_not_read(run_graph: RunGraph, source: str) -> None:
    with pytest.raises(ValueError, match="outside of ComfyUI's input folder"):
        run_graph.run(graph=["toy"], inputs=[f"prompt: {{each: {source}}}"])


@pytest.mark.parametrize("name", ["../toy", "/etc/passwd", "toy.yaml"])
def test_a_graph_is_a_name_and_never_a_path(run_graph: RunGraph, name: str) -> None:
    with pytest.raises(ValueError, match="there is no graph"):
        run_graph.run(graph=[name], inputs=[""])


def test_a_link_out_of_the_folder_is_no_graph(run_graph: RunGraph, folders: Path) -> None:
    (folders / "outside.yaml").write_text(SCENES)
    (folders / "input" / "mezzotint_graphs" / "linked.yaml").symlink_to(folders / "outside.yaml")
    assert "linked" not in run_graph.INPUT_TYPES()["required"]["graph"][0]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("sed: 3", "the graph has no input 'sed'"),
        ("scale: [", r"inputs:\d+:\d+: "),
        ("- a", "expected a mapping such as"),
        ("scale: large", "expected a number"),
    ],
)
def test_wrong_inputs_are_told(run_graph: RunGraph, inputs: str, said: str) -> None:
    with pytest.raises((GraphError, ValueError), match=said):
        run_graph.run(graph=["toy"], inputs=[inputs])


def test_a_broken_graph_is_told_and_the_rest_goes_on(
    make_node: MakeNode, folders: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_node(SCENES)
    (folders / "input" / "mezzotint_graphs" / "broken.yaml").write_text("nodes: {a: {use: nothing}}\n")
    found = classes(REGISTRY)
    assert "Mezzotint.graph.toy" in found
    assert "Mezzotint.graph.broken" not in found
    assert "there is no node type 'nothing'" in caplog.text
