"""A file becomes a workflow, or one message that says what it is instead and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from stock_workflows import text_to_image

from mezzotint.graphs.problem import GraphError
from mezzotint.integrations.comfyui.workflows.reading import parse_workflow, read_workflow
from mezzotint.integrations.comfyui.workflows.workflow import Link, Value
from mezzotint.nodes.picture_texts import write

CANVAS = {"last_node_id": 2, "nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4}
EXPORT = r"Workflow > Export \(API\)"


def refused(text: str) -> str:
    with pytest.raises(GraphError) as raised:
        parse_workflow(text, "w.json")
    assert len(raised.value.problems) == 1
    return str(raised.value)


def test_nodes_come_after_what_they_are_made_of() -> None:
    nodes = [*parse_workflow(json.dumps(text_to_image()), "w.json").nodes]
    assert sorted(nodes) == ["3", "4", "5", "6", "7", "8", "9"]
    assert nodes.index("4") < nodes.index("6") < nodes.index("3") < nodes.index("8") < nodes.index("9")


def test_an_input_is_a_link_or_a_value_and_knows_its_place() -> None:
    text = """{"1": {"class_type": "A", "inputs": {}},
 "2": {"class_type": "B", "inputs": {"x": ["1", 0],
 "y": 7}}}"""
    inputs = parse_workflow(text, "w.json").nodes["2"].inputs
    assert isinstance(inputs["x"], Link)
    assert (inputs["x"].node, inputs["x"].output, inputs["x"].place.line) == ("1", 0, 2)
    assert isinstance(inputs["y"], Value)
    assert (inputs["y"].value, str(inputs["y"].place)) == (7, "w.json:3:7")


def test_a_literal_list_is_no_link() -> None:
    given = {"x": {"__value__": ["1", 0]}, "y": [1, 2, 3], "z": ["a", "b"]}
    text = json.dumps({"1": {"class_type": "A", "inputs": given}})
    inputs = parse_workflow(text, "w.json").nodes["1"].inputs
    assert [given.value for given in inputs.values() if isinstance(given, Value)] == [
        ["1", 0],
        [1, 2, 3],
        ["a", "b"],
    ]


def test_a_body_for_the_server_is_unwrapped() -> None:
    assert "3" in parse_workflow(json.dumps({"prompt": text_to_image(), "client_id": "x"}), "w.json").nodes


@pytest.mark.parametrize("escape", [True, False])
def test_texts_of_all_scripts_are_read(escape: bool) -> None:
    made = text_to_image()
    made["6"]["inputs"]["text"] = "ein Hund 🐕, 犬"
    given = parse_workflow(json.dumps(made, ensure_ascii=escape), "w.json").nodes["6"].inputs["text"]
    assert isinstance(given, Value)
    assert given.value == "ein Hund 🐕, 犬"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "w.json:1:1: the file is empty"),
        ("{", "w.json:1:2: not JSON: expected a key in double quotes, and the text ends"),
        (
            '{"3": {"class_type": "K",\n "inputs": {"a": nil}}}',
            "w.json:2:18: not JSON: expected a value, found",
        ),
        ('{"a": 1 "b": 2}', "w.json:1:9: not JSON: expected ',' or '}', found"),
        ("[1, 2] 3", "w.json:1:8: not JSON: expected the end of the file"),
        ('{"a": "b\nc"}', "w.json:1:9: not JSON: Invalid control character"),
        (r'{"a": "\ud800"}', "w.json:1:7: this is not text"),
        ('{"a": 1, "a": 2}', "w.json:1:10: the key 'a' stands twice"),
        ("[" * 60, "w.json:1:42: nested more than 40 levels deep"),
        ("[1, 2]", "w.json:1:1: a workflow is a mapping of nodes by id; this is a list"),
        ('"text"', "this is the text 'text'"),
        ("{}", "the workflow has no nodes"),
        ('{"name": "x", "version": 3}', "this is JSON, but no workflow: a mapping of name, version"),
        ('{"3": {"class_type": 5, "inputs": {}}}', "w.json:1:2: node '3' has no class_type"),
        ('{"3": {"class_type": "K"}}', "w.json:1:2: node '3' (K) has no inputs"),
        ('{"3": {"class_type": "K", "inputs": []}}', "w.json:1:37: inputs of node '3' (K) is a list"),
        ('{"3": {"class_type": "K", "inputs": {}}, "4": 7}', "w.json:1:42: node '4' is 7"),
    ],
)
def test_what_is_no_workflow_is_told_with_its_place(text: str, expected: str) -> None:
    assert expected in refused(text)


def test_a_canvas_is_told_how_to_export_it() -> None:
    message = refused(json.dumps(CANVAS))
    assert "this is a canvas" in message
    assert "Workflow > Export (API)" in message


def test_a_missing_link_names_both_nodes() -> None:
    made = text_to_image()
    del made["5"]
    text = json.dumps(made, indent=1)
    message = refused(text)
    line = text[: text.index('"5",')].count("\n")
    assert message.startswith(f"w.json:{line}:")
    assert "node 3 (KSampler): latent_image comes from node 5, which is not in the file" in message


def test_a_cycle_is_told_along_the_stream() -> None:
    made = text_to_image()
    made["5"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["8", 0], "vae": ["4", 2]}}
    assert "a cycle: " in refused(json.dumps(made))
    itself = {"1": {"class_type": "A", "inputs": {"x": ["1", 0]}}}
    assert "a cycle: 1 → 1" in refused(json.dumps(itself))


def test_long_chains_and_wide_nodes_are_read() -> None:
    chain: dict[str, Any] = {"0": {"class_type": "A", "inputs": {}}}
    for index in range(1, 5000):
        chain[str(index)] = {"class_type": "A", "inputs": {"x": [str(index - 1), 0]}}
    backwards = dict(reversed(chain.items()))
    assert [*parse_workflow(json.dumps(backwards), "w.json").nodes] == [str(index) for index in range(5000)]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_hands_over_what_it_carries(kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "picture.any"
    path.write_bytes(write(Image.new("RGB", (8, 8)), kind, {"prompt": json.dumps(text_to_image())}))
    workflow = read_workflow(path)
    assert len(workflow.nodes) == 7
    assert str(workflow.nodes["3"].place) == str(path)  # nothing in a picture has a line


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, "this picture carries no workflow"),
        ({"parameters": "a dog\nSteps: 20"}, "AUTOMATIC1111's web UI"),
        ({"workflow": json.dumps(CANVAS)}, "carries a canvas only"),
        ({"mezzotint": "{}"}, "carries a graph of mezzotint's"),
        ({"prompt": "a dog"}, "not JSON"),
    ],
)
def test_a_picture_without_a_workflow_says_so(texts: dict[str, str], expected: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(write(Image.new("RGB", (8, 8)), "PNG", texts))
    with pytest.raises(GraphError, match=expected):
        read_workflow(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, expected in (
        (tmp_path / "none.json", "no such file"),
        (tmp_path, "this is a folder"),
    ):
        with pytest.raises(GraphError, match=expected):
            read_workflow(path)
    (tmp_path / "binary.json").write_bytes(b"\xfe\xff\x00")
    with pytest.raises(GraphError, match="neither a PNG, JPEG or WebP picture nor text"):
        read_workflow(tmp_path / "binary.json")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    with pytest.raises(GraphError, match="not a picture, or it is damaged"):
        read_workflow(tmp_path / "broken.png")
    (tmp_path / "large.json").write_bytes(b" " * ((16 << 20) + 1))
    with pytest.raises(GraphError, match="no workflow is that large"):
        read_workflow(tmp_path / "large.json")
