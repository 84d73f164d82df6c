"""The diagram of a run's graph, drawn from the plain data of its record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.check import CheckedGraph
from mezzotint.graphs.drawing.checked_diagram import diagram
from mezzotint.graphs.drawing.diagram import Diagram
from mezzotint.graphs.drawing.recorded_diagram import recorded_diagram
from mezzotint.graphs.drawing.svg import svg
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.resolved import resolve

Checked = Callable[..., CheckedGraph]

SEEDS = """
inputs:
  row: {each: [{text: a, kind: x}, {text: b, kind: y}]}
  word: red
  seed: {each: {range: 3}, per: "the ${word} ${row.text}"}
  scale: {each: [1, 2]}
nodes:
  loud: {use: shout, text: "${word} $$ ${row.text}", times: 2}
  number: {use: draw, text: $loud, seed: $seed, scale: $scale}
  sum: {use: add, numbers: [$number, $number]}
  average: {use: mean, number: $sum, over: [row, seed], by: row.kind}
outputs: {number: $number, average: $average, scale: $scale}
"""

SEVERAL = """
inputs: {text: {each: [a, b]}}
nodes:
  pair: {use: pair, text: $text}
  heavy: {use: is_heavy, text: $pair.upper}
outputs: {length: $pair.length, heavy: $heavy}
"""

NESTED = """
inputs: {text: {each: [a, b]}}
nodes: {inner: {use: graph, file: inner.yaml, text: $text}}
outputs: {number: $inner.number}
"""

INNER = """
inputs: {text: x, seed: {each: {range: 2}, per: text}, scale: {each: [3, 4]}}
nodes:
  loud: {use: shout, text: $text}
  drawn: {use: draw, text: $loud, seed: $seed, scale: $scale}
  number: {use: mean, number: $drawn, over: [seed, scale]}
outputs: {number: $number}
"""


def recorded(graph: CheckedGraph, registry: Registry | None) -> Diagram:
    lengths = {name: len(axis) for name, axis in graph.axes.items()}
    return recorded_diagram(resolve(graph), lengths, registry.types if registry else None)


@pytest.mark.parametrize("text", [SEEDS, SEVERAL, NESTED])
def test_it_is_the_diagram_of_the_graph_that_was_recorded(
    checked: Checked, registry: Registry, tmp_path: Path, text: str
) -> None:
    (tmp_path / "inner.yaml").write_text(INNER)
    graph = checked(text)
    found, expected = recorded(graph, registry), diagram(graph)
    assert found.boxes == expected.boxes
    assert set(found.edges) == set(expected.edges)


def test_a_graph_of_unknown_node_types_is_drawn_with_the_names_of_fields(checked: Checked) -> None:
    graph = checked(SEEDS)
    found, expected = recorded(graph, None), diagram(graph)
    assert found.boxes == expected.boxes
    assert {(edge.source, edge.target) for edge in found.edges} == {
        (edge.source, edge.target) for edge in expected.edges
    }
    assert ("node_loud", "node_number", "text") in {(e.source, e.target, e.label) for e in found.edges}


def test_a_path_is_shown_by_the_name_of_its_file(checked: Checked) -> None:
    graph = {
        "inputs": {"photo": "/home/somebody/secret/cat.png", "source": "someone/a-model"},
        "nodes": {"a": {"use": "x@1", "image": "$photo", "model": "$source"}},
        "outputs": {"a": "$a"},
    }
    shown = {box.name: box.about for box in recorded_diagram(graph, {}).boxes.values()}
    assert shown["photo"] == "'cat.png'"
    assert shown["source"] == "'someone/a-model'"
    assert "somebody" not in svg(recorded_diagram(graph, {}), "title")


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"inputs": None, "nodes": None, "outputs": None},
        {
            "nodes": {"a": {"use": "x@1", "text": "$b"}, "b": {"use": "x@1", "text": "$a"}},
            "outputs": {"a": "$a"},
        },
        {"nodes": {"a": {}}, "outputs": {"a": "$nothing.at_all", "b": ["$a"], "c": 3}},
    ],
)
def test_what_a_damaged_record_still_says_is_drawn(damaged: dict[str, Any]) -> None:
    assert svg(recorded_diagram(damaged, {}), "damaged").startswith("<svg")


def test_many_prompts_are_one_small_box() -> None:
    graph = {
        "inputs": {"prompt": {"each": [f"prompt {number}" for number in range(30_000)]}},
        "nodes": {"loud": {"use": "shout@1", "text": "$prompt"}},
        "outputs": {"loud": "$loud"},
    }
    text = svg(recorded_diagram(graph, {"prompt": 30_000}), "many")
    assert "30000 values" in text
    assert len(text) < 6_000
