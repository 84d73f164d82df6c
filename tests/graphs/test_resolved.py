"""Graphs written out again; that they read back alike is tested on random graphs beside the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mezzotint.graphs import template
from mezzotint.graphs.check import CheckedGraph
from mezzotint.graphs.keys import Keys
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.resolved import resolve, resolve_at
from mezzotint.graphs.walk import plan_walks

Load = Callable[..., CheckedGraph]


@pytest.fixture
def graph(tmp_path: Path) -> Load:
    registry = Registry()
    registry.add_module(template, "mezzotint")
    registry.add_file(Path(__file__).with_name("engine_nodes.py"))

    def load(text: str, name: str = "graph.yaml") -> CheckedGraph:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return Graph.load(path, registry).check()

    return load


def keys_of(graph: CheckedGraph) -> list[list[bytes]]:
    keys = Keys(graph)
    found: dict[str, list[bytes]] = {}
    for walk in plan_walks(graph, 1 << 30):
        keys.reduce(walk)
        for box in walk.boxes():
            found.update(keys.of_box(walk, box))
        found.update((step.name, keys.reduced[step.name]) for step in walk.reducers)
    return sorted(found.values())


def read_back(graph: Load, written: dict[str, Any]) -> CheckedGraph:
    return graph(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), "again.yaml")


SEEDS = """
inputs:
  row: {{each: [{{text: a, kind: x}}, {{text: b, kind: y}}]}}
  word: red
  seed: {{each: {{range: 2}}, per: {per}}}
nodes:
  drawn: {{use: mix, left: $seed, right: 1}}
  name: {{use: measure, text: "$$ ${{word}} ${{row.text}}"}}
outputs: {{drawn: $drawn, name: $name}}
"""


@pytest.mark.parametrize("per", ["row", "row.text", "word", '"the ${word} ${row.text} for $$5"'])
def test_seeds_per_anything_read_back(graph: Load, per: str) -> None:
    checked = graph(SEEDS.format(per=per))
    written = resolve(checked)
    assert written["inputs"]["seed"]["per"] == per.strip('"')
    assert keys_of(read_back(graph, written)) == keys_of(checked)


def test_seeds_per_text_of_an_outer_graph_read_back(graph: Load) -> None:
    inner = """
    inputs: {prompt: x, seed: {each: {range: 2}, per: prompt}}
    nodes: {drawn: {use: mix, left: $seed, right: 1}}
    outputs: {drawn: $drawn}
    """
    graph(inner, "inner.yaml")
    outer = """
    inputs: {row: {each: [{text: a}, {text: b}]}}
    nodes:
      one: {use: graph, file: inner.yaml, prompt: $row.text}
      two: {use: graph, file: inner.yaml, prompt: "a ${row.text}"}
      three: {use: graph, file: inner.yaml}
    outputs: {one: $one.drawn, two: $two.drawn, three: $three.drawn}
    """
    checked = graph(outer)
    written = resolve(checked)
    assert [written["inputs"][f"{name}__seed"]["per"] for name in ("one", "two", "three")] == [
        "row.text",
        "a ${row.text}",
        "three__prompt",
    ]
    assert keys_of(read_back(graph, written)) == keys_of(checked)


def test_an_axis_that_by_made_reads_back(graph: Load) -> None:
    text = """
    inputs: {row: {each: [{n: 1, kind: x}, {n: 2, kind: y}, {n: 3, kind: x}]}}
    nodes:
      most: {use: gather, number: $row.n, over: row, by: row.kind}
      all: {use: gather, number: $most, over: row.kind}
    outputs: {most: $most, all: $all}
    """
    checked = graph(text)
    written = resolve(checked)
    assert written["nodes"]["most"]["by"] == "row.kind"
    assert written["nodes"]["all"]["over"] == ["row.kind"]
    assert keys_of(read_back(graph, written)) == keys_of(checked)


def test_types_are_pinned_and_values_stand_in_place(graph: Load, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("red\na $5 bill\n", "utf-8")
    text = """
    inputs: {prompt: {each: {file: prompts.txt}}}
    nodes: {text: {use: measure, text: $prompt}, other: {use: measure, text: "$$5"}}
    outputs: {text: $text, other: $other}
    """
    written = resolve(graph(text))
    assert written["inputs"] == {"prompt": {"each": ["red", "a $5 bill"]}}
    assert written["nodes"]["text"]["use"] == "engine_nodes.measure@1"
    assert written["nodes"]["other"]["text"] == "$$5"
    assert keys_of(read_back(graph, written)) == keys_of(graph(text))


def test_a_folder_of_images_stays_a_folder(graph: Load, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("a.png", "b.png", "c.jpg", "more/d.png"):
        (folder / name).write_bytes(name.encode())
    (folder / "a.txt").write_text("the first", "utf-8")
    for source in (
        '{folder: photos, match: "*.png"}',
        "{folder: photos, limit: 2}",
        '{folder: photos, match: "**/*"}',
    ):
        text = f"""
        inputs: {{photo: {{each: {source}}}}}
        nodes: {{text: {{use: measure, text: $photo.name}}}}
        outputs: {{text: $text, photo: $photo}}
        """
        checked = graph(text)
        written = resolve(checked)
        assert written["inputs"]["photo"]["each"]["folder"] == str(folder)
        again = read_back(graph, written)
        assert list(again.axes["photo"].values) == list(checked.axes["photo"].values)
        assert str(tmp_path) not in str(resolve_at(checked, "text", {"photo": 0}))


@pytest.mark.parametrize("source", ["starter", "./starter", "starter/"])
def test_a_bare_word_is_no_path(
    graph: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (tmp_path / "starter").mkdir()
    monkeypatch.chdir(tmp_path)
    text = f"""
    nodes: {{tool: {{use: open_tool, source: {source}}}, made: {{use: work, tool: $tool, number: 1}}}}
    outputs: {{made: $made}}
    """
    bare = source == "starter"
    assert resolve(graph(text))["nodes"]["tool"]["source"] == (source if bare else str(tmp_path / "starter"))
    assert resolve_at(graph(text), "made", {})["nodes"]["tool"]["source"] == "starter"
