"""Keys: what they are made of, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.check import CheckedGraph
from mezzotint.graphs.keys import UNKNOWN, Keys, MemberSet, option_text
from mezzotint.graphs.plan import plan
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.store import Store
from mezzotint.graphs.walk import plan_walks

NODES = Path(__file__).with_name("engine_nodes.py")


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add_file(NODES)
    return registry


@pytest.fixture
def graph(tmp_path: Path, registry: Registry) -> Callable[..., Graph]:
    def load(text: str, name: str = "graph.yaml") -> Graph:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return Graph.load(path, registry)

    return load


def keys_of(graph: CheckedGraph, output: str, *, fetch: bool = False) -> list[bytes]:
    """The keys of an output at all its points."""
    keys = Keys(graph, fetch=fetch)
    found: dict[str, list[bytes]] = {}
    for walk in plan_walks(graph, 1 << 30):
        keys.reduce(walk)
        for box in walk.boxes():
            found.update(keys.of_box(walk, box))
        found.update((step.name, keys.reduced[step.name]) for step in walk.reducers)
    return found[graph.outputs[output].step]  # type: ignore[union-attr]


def one(text: str, graph: Any, **values: Any) -> bytes:
    (key,) = keys_of(graph(text).given(**values).check(), "out")
    return key


MIXED = """
inputs: {a: 1, factor: 2, word: red}
nodes:
  first: {use: measure, text: $word}
  second: {use: mix, left: $a, right: $first, factor: $factor}
outputs: {out: $second}
"""


def test_names_of_nodes_and_inputs_stay_out(graph: Any) -> None:
    renamed = MIXED.replace("first", "text").replace("second", "drawn").replace("word", "prompt")
    assert one(MIXED, graph) == one(renamed, graph)


def test_nesting_stays_out(graph: Any) -> None:
    graph(MIXED.replace("word: red", "word: blue"), "inner.yaml")
    outer = """
    inputs: {colour: red}
    nodes: {inner: {use: graph, file: inner.yaml, word: $colour, factor: 2.0}}
    outputs: {out: $inner.out}
    """
    assert one(outer, graph) == one(MIXED, graph)


def test_options_enter_after_conversion_and_defaults(graph: Any) -> None:
    assert one(MIXED, graph, factor=7) == one(MIXED, graph, factor=7.0) != one(MIXED, graph, factor=8)
    left_out = MIXED.replace(", factor: $factor", "").replace("factor: 2, ", "")
    assert one(MIXED, graph, factor=1) == one(left_out, graph)


def test_a_node_type_that_gains_an_option_keeps_its_keys(graph: Any, registry: Registry) -> None:
    left_out = MIXED.replace(", factor: $factor", "").replace("factor: 2, ", "")
    now = one(left_out, graph)
    mix = registry["mix"]
    assert len(mix.options) == 1
    registry.types["mix"] = replace(mix, options=())
    assert one(left_out, graph) == now


def test_values_enter_as_the_port_takes_them(graph: Any) -> None:
    assert one(MIXED, graph, a=7) == one(MIXED, graph, a=7.0) != one(MIXED, graph, a=8)


def test_an_option_on_an_axis_has_the_key_of_its_value(graph: Any) -> None:
    swept = keys_of(graph(MIXED).given(factor=each(2, 3.0)).check(), "out")
    assert swept == [one(MIXED, graph, factor=2), one(MIXED, graph, factor=3)]


def test_ports_are_told_apart(graph: Any) -> None:
    swapped = MIXED.replace("left: $a, right: $first", "right: $a, left: $first")
    assert one(MIXED, graph) != one(swapped, graph)


def test_the_order_of_several_references_matters(graph: Any) -> None:
    text = """
    nodes:
      a: {use: measure, text: a}
      b: {use: measure, text: b}
      sum: {use: total, numbers: [$a, $b]}
    outputs: {out: $sum}
    """
    assert one(text, graph) != one(text.replace("[$a, $b]", "[$b, $a]"), graph)
    assert one(text, graph) != one(text.replace("[$a, $b]", "[$a, $b, $b]"), graph)


def test_outputs_of_one_node_are_told_apart(graph: Any) -> None:
    text = "nodes: {h: {use: halves, number: 5}, m: {use: mix, left: $h.low, right: 1}}\noutputs: {out: $m}"
    assert one(text, graph) != one(text.replace("h.low", "h.high"), graph)


def test_effort_stays_out(graph: Any) -> None:
    text = """
    inputs: {device: auto, source: saw}
    nodes: {t: {use: tool, device: $device, source: $source}, w: {use: work, tool: $t, number: 1}}
    outputs: {out: $w}
    """
    assert one(text, graph) == one(text, graph, device="gpu") != one(text, graph, source="file")
    swept = keys_of(graph(text).given(device=each("a", "b")).check(), "out")
    assert swept == [one(text, graph)] * 2


def test_the_digest_of_a_file_of_nodes_enters(graph: Any, tmp_path: Path) -> None:
    other = tmp_path / "engine_nodes.py"
    other.write_text(NODES.read_text("utf-8") + "\n# changed\n", "utf-8")
    changed = Registry()
    changed.add_file(other)
    spec = graph(MIXED).spec
    (key,) = keys_of(Graph(spec, changed).check(), "out")
    assert key != one(MIXED, graph)


def test_text_and_numbers_of_an_option_are_told_apart() -> None:
    assert len({option_text(value) for value in (1, "1", None, "null", True, "true", [1], ["1"])}) == 8
    assert option_text(7) == option_text(7.0)
    assert option_text([7.0]) == option_text([7])


# Options that name something outside the graph

OPENED = """
inputs: {source: saw, revision: main}
nodes:
  t: {use: open_tool, source: $source, revision: $revision}
  w: {use: work, tool: $t, number: {}}
outputs: {out: $w}
""".replace("{}", "1")


@pytest.fixture
def contents(registry: Registry) -> dict[str, str]:
    found: dict[str, str] = registry["open_tool"].function.__globals__["CONTENTS"]
    return found


def test_what_an_option_names_enters_by_its_content(graph: Any, contents: dict[str, str]) -> None:
    contents.update(saw="same", file="same", other="else")
    assert one(OPENED, graph) == one(OPENED, graph, source="file") != one(OPENED, graph, source="other")


def test_a_resolver_is_told_the_other_options_at_the_same_point(graph: Any) -> None:
    swept = keys_of(graph(OPENED).given(revision=each("main", "old")).check(), "out")
    assert swept == [one(OPENED, graph), one(OPENED, graph, revision="old")]
    assert swept[0] != swept[1]


def test_what_is_not_here_is_unknown_until_fetched(graph: Any, tmp_path: Path) -> None:
    checked = graph(OPENED).given(source="far thing").check()
    assert keys_of(checked, "out") == [UNKNOWN]
    assert keys_of(checked, "out", fetch=True) != [UNKNOWN]
    with Store(tmp_path / "store") as store:
        planned = plan(checked, store)
        assert {name: (line.to_do, line.unknown) for name, line in planned.steps.items()} == {
            "t": (1, 1),
            "w": (1, 1),
        }


def test_an_unknown_model_is_planned_once_however_many_points(graph: Any, tmp_path: Path) -> None:
    text = OPENED.replace("number: 1", "number: $n").replace("{source", "{n: {each: {range: 200}}, source")
    planned = plan(graph(text).given(source="far thing").check(), None)
    assert {name: line.to_do for name, line in planned.steps.items()} == {"t": 1, "w": 200}


def test_what_does_not_exist_is_an_error_with_its_place(graph: Any) -> None:
    text = OPENED.replace("source: $source", "source: no thing").replace("source: saw, ", "")
    with pytest.raises(GraphError, match=r"graph\.yaml:4:\d+: open_tool\.source: there is no thing"):
        keys_of(graph(text).check(), "out")


def test_planning_resolves_a_content_once(graph: Any, registry: Registry) -> None:
    calls = registry["open_tool"].function.__globals__["CALLS"]
    text = OPENED.replace("number: 1", "number: $n").replace("{source", "{n: {each: {range: 200}}, source")
    plan(graph(text).check(), None)
    assert calls["resolve"] == 1


# Reductions

REDUCED = """
inputs: {n: {each: [1, 2, 3]}}
nodes:
  guarded: {use: guard, number: $n, modulus: 5}
  all: {use: gather, number: $guarded, over: n}
outputs: {out: $all}
"""


def test_a_set_in_another_order_is_the_same_set(graph: Any) -> None:
    assert one(REDUCED, graph) == one(REDUCED, graph, n=each(3, 1, 2)) != one(REDUCED, graph, n=each(1, 2))


def test_how_often_a_member_stands_in_a_set_matters(graph: Any) -> None:
    assert one(REDUCED, graph, n=each(1, 2)) != one(REDUCED, graph, n=each(1, 2, 2))


def test_a_reducer_that_is_told_places_has_them_in_its_key(graph: Any) -> None:
    text = REDUCED.replace("gather", "largest")
    assert one(text, graph) != one(text, graph, n=each(3, 1, 2))


def test_a_set_without_some_members_is_the_set_of_the_rest() -> None:
    whole, part = MemberSet(b"settings"), MemberSet(b"settings")
    for member in (b"a" * 20, b"b" * 20, b"c" * 20):
        whole.add(member)
    part.add(b"b" * 20)
    assert whole.without([b"c" * 20, b"a" * 20]).key == part.key != whole.key


def test_a_set_with_an_unknown_member_is_unknown() -> None:
    unknown = MemberSet(b"settings")
    unknown.add(UNKNOWN)
    assert unknown.key == UNKNOWN


def test_a_reduction_lacking_members_is_another_than_the_whole(graph: Any, tmp_path: Path) -> None:
    nodes = {"n": each(1, 2, 5)}
    with Store(tmp_path / "store") as store:
        partial = graph(REDUCED).run(store=store, **nodes)
        same = graph(REDUCED).run(store=store, n=each(1, 2))
        assert partial["out"].missing == [1]
        assert partial["out"]._delivered[0].key == same["out"]._delivered[0].key
        assert same.outcome.made["all"] == 0
