"""A graph as a function: single values and batches, reductions, items of any type, errors."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.program.graph_node import GraphNode
from mezzotint.graphs.registry import Registry

Made = Callable[[str], GraphNode]


@pytest.fixture
def made(registry: Registry) -> Made:
    """The text of a graph as a function."""
    return lambda text: Graph.parse(text, registry, name="toy").as_node()


SHOUT = (
    "inputs: {text: {}, times: 1}\nnodes: {s: {use: shout, text: $text, times: $times}}\noutputs: {out: $s}"
)
DRAW = (
    "inputs: {text: {}, seed: {each: [1, 2]}}\nnodes: {d: {use: draw, text: $text, seed: $seed}}\n"
    "outputs: {out: $d}"
)
MEAN = (
    "inputs: {text: {}}\nnodes: {n: {use: length, text: $text}, m: {use: mean, number: $n, over: text}}\n"
    "outputs: {length: $n, mean: $m}"
)


def test_single_in_single_out_and_lists_in_lists_out(made: Made) -> None:
    shout = made(SHOUT)
    assert shout(text="a") == "a!"
    assert shout(text=["a", "b"]) == ["a!", "b!"]
    assert shout(text=["a"]) == ["a!"]
    assert shout(text=["a", "b"], times=[1, 3]) == ["a!", "b!!!"]
    assert shout(text="a", times=range(1, 3)) == ["a!", "a!!"]
    assert shout(text=["a"], times=[1, 2]) == ["a!", "a!!"]


def test_several_outputs_are_a_named_tuple_and_what_reduces_a_batch_is_single(made: Made) -> None:
    lengths = made(MEAN)
    assert lengths(text=["a", "bcd"])._asdict() == {"length": [1, 3], "mean": 2}
    assert lengths(text="abc") == (3, 3)


def test_what_it_returns_travels_between_processes(made: Made) -> None:
    several = made(MEAN)(text=["a", "bcd"])
    there = pickle.loads(pickle.dumps(several))
    assert there == several
    assert there.mean == 2


def test_inputs_have_no_order_and_go_by_name(made: Made) -> None:
    with pytest.raises(TypeError, match=r"toy takes its inputs by name: toy\(text=…\)"):
        made(SHOUT)("a")


def test_batches_stand_side_by_side_and_either_name_reduces_them(made: Made) -> None:
    nodes = "nodes: {d: {use: draw, text: $text, seed: $seed}, m: {use: mean, number: $d, over: %s}}"
    text = f"inputs: {{text: {{}}, seed: {{}}}}\n{nodes}\noutputs: {{each: $d, mean: $m}}"
    by_text, by_seed = made(text % "text"), made(text % "[text, seed]")
    several = by_text(text=["a", "b", "a"], seed=[1, 2, 3])
    assert len(set(several.each)) == 3
    assert several.mean == pytest.approx(sum(several.each) / 3)
    assert by_seed(text=["a", "b", "a"], seed=[1, 2, 3]) == several


def test_an_axis_of_the_graph_makes_a_list_of_what_would_be_one(made: Made) -> None:
    draw = made(DRAW)
    both = draw(text=["a", "b"])
    assert both == [draw(text="a"), draw(text="b")]
    assert draw(text="a") == [draw(text="a", seed=1), draw(text="a", seed=2)]
    assert len(draw(text="a", seed=each(range(5)))) == 5


def test_seeds_per_value_are_made_of_what_is_given(made: Made, registry: Registry) -> None:
    text = DRAW.replace("{each: [1, 2]}", "{each: {range: 2}, per: text}")
    in_graph = Graph.parse(text, registry).run(text=each("a", "b"))["out"]
    assert made(text)(text=["a", "b"]) == [list(in_graph)[:2], list(in_graph)[2:]]


def test_the_same_call_again_is_answered_by_the_store(made: Made, calls: Counter[str]) -> None:
    shout = made(SHOUT)
    assert shout(text=["a", "b"]) == shout(text=["a", "b"])
    assert calls["shout"] == 1
    assert shout(text=["a", "c"]) == ["a!", "c!"]
    assert calls["shout"] == 2


def test_items_of_any_type_go_in(registry: Registry) -> None:
    g = Graph(registry=registry, name="toy")
    g.output(out=g.add("sample_toy", model=g.input("model"), text=g.input("text"), seed=1))
    model = registry["load_toy"].function(source="starter")
    inside = Graph.parse(
        "nodes: {m: {use: load_toy}, s: {use: sample_toy, model: $m, text: a, seed: 1}}\noutputs: {out: $s}",
        registry,
    )
    assert g.as_node()(model=model, text="a") == inside.run()["out"].value
    with pytest.raises(GraphError, match="takes Handle, which can't be written as a value"):
        g.as_node()(model="starter", text="a")


def test_it_tells_its_arguments(made: Made) -> None:
    assert repr(made(SHOUT)) == "<graph toy(*, text: 'Text', times: 'Integer' = 1)>"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"txt": "a"}, TypeError, "toy takes no 'txt'; did you mean 'text'?"),
        ({}, TypeError, "toy needs 'text': Text"),
        ({"text": None}, TypeError, "toy needs 'text': Text"),
        ({"text": []}, ValueError, "toy: text: an empty list"),
        ({"text": ["a", "b"], "times": [1, 2, 3]}, ValueError, "toy: 2 of text and 3 of times"),
        (
            {"text": "a", "times": 9},
            GraphError,
            r"test_graph_node.py:\d+:1: shout.times is 9; expected a whole",
        ),
        ({"text": "a", "times": [1, 9]}, GraphError, "shout.times is 9; expected a whole number from 1 to 5"),
    ],
)
def test_wrong_arguments(made: Made, arguments: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        made(SHOUT)(**arguments)


def test_an_item_that_was_not_made_raises_what_went_wrong(made: Made) -> None:
    fragile = made("inputs: {text: {}}\nnodes: {f: {use: fragile, text: $text}}\noutputs: {out: $f}")
    with pytest.raises(RuntimeError, match=r"toy: out\[1\] was not made: .*'bad' holds 'bad'"):
        fragile(text=["fine", "bad"])


def test_a_graph_that_is_added_to_another_stays_as_it_was(registry: Registry, tmp_path: Path) -> None:
    inner = Graph(registry=registry)
    inner.output(out=inner.add("shout", text=inner.input("text"), times=inner.input("times", 1)))
    shout = inner.as_node("loud")
    outer = Graph(registry=registry)
    words = outer.input("words", each("a", "b"))
    outer.output(out=outer.add(shout, text=words, times=2), again=outer.add(shout, text=words))
    inner.output(more=inner.add("length", text=inner["text"]))
    assert list(outer.run()["out"]) == ["a!!", "b!!"]
    assert str(outer).startswith("# .save(path) writes loud.yaml beside it\n")

    saved = outer.save(tmp_path / "outer.yaml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loud.yaml", "outer.yaml"]
    assert "loud_2: {use: graph, file: loud.yaml, text: $words}" in saved.read_text()
    assert not str(outer).startswith("#")
    again = Graph.load(saved, registry)
    assert list(again.run()["out"]) == ["a!!", "b!!"]
    assert list(again.run()["again"]) == ["a!", "b!"]


def test_a_loaded_graph_in_another_stays_a_file_unless_it_was_given_values(
    registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "inner.yaml").write_text(SHOUT)
    inner = Graph.load(tmp_path / "inner.yaml", registry)
    outer = Graph(registry=registry)
    outer.output(out=outer.add(inner, text="a"))
    outer.save(tmp_path / "outer.yaml")
    assert "inner: {use: graph, file: inner.yaml, text: a}" in (tmp_path / "outer.yaml").read_text()

    other = Graph(registry=registry)
    other.output(out=other.add(inner.given(times=3), text="a"))
    assert other.run()["out"].value == "a!!!"
    with pytest.raises(GraphError, match=r"there is another file .*inner.yaml[\s\S]*as_node"):
        other.save(tmp_path / "other.yaml")
    assert not (tmp_path / "other.yaml").exists()
    named = Graph(registry=registry)
    named.output(out=named.add(inner.given(times=3).as_node("louder"), text="a"))
    assert Graph.load(named.save(tmp_path / "other.yaml"), registry).run()["out"].value == "a!!!"


def test_a_nested_graph_with_a_mistake_is_told_with_its_place(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(SHOUT.replace("shout", "shoot"))
    outer = Graph(registry=registry)
    with pytest.raises(GraphError, match=r"inner.yaml:2:18: there is no node type 'shoot'"):
        outer.add(Graph.load(tmp_path / "inner.yaml", registry), text="a")
