"""Ports that another node type feeds: a metric is given pictures, and gets their features."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import pytest

from mezzotint.graphs.node import DeclarationError, Through, node
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.program.outputs import Results
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.store import Store
from mezzotint.graphs.types import Number, NumberType, Text, TextType

TEXTS = "inputs: {t: {each: [a, abcd, abcdefgh]}}\n"


@node(version=1)
def measured(text: Text, *, unit: float = 1.0) -> Number:
    """How long a text is."""
    return [len(entry) / unit for entry in text]


@pytest.fixture
def run(registry: Registry, tmp_path: Path) -> Any:
    def run_text(text: str) -> Results:
        (tmp_path / "graph.yaml").write_text(text)
        with Store(tmp_path / "store") as store:
            return Graph.load(tmp_path / "graph.yaml", registry).run(store=store)

    return run_text


def test_a_port_gets_what_the_feeding_step_makes(checked) -> None:
    graph = checked(TEXTS + "nodes: {h: {use: is_heavy, text: $t}}\noutputs: {h: $h}")
    assert [(name, step.type.name, step.axes) for name, step in graph.steps.items()] == [
        ("h.text", "weigh", ("t",)),
        ("h", "is_heavy", ("t",)),
    ]


def test_nodes_that_are_given_the_same_column_of_a_record_share_the_feeding_step(checked) -> None:
    graph = checked(
        """inputs: {row: {each: [{t: a, u: ab}, {t: abcd, u: b}]}}
nodes:
  all: {use: total, text: $row.t, over: row}
  same: {use: total, text: $row.t, over: row}
  other: {use: total, text: $row.u, over: row}
outputs: {all: $all, same: $same, other: $other}"""
    )
    assert Counter(step.type.name for step in graph.steps.values()) == {"weigh": 2, "total": 3}


def test_nodes_that_are_given_the_same_share_the_feeding_step(checked) -> None:
    nodes = """nodes:
  h: {use: is_heavy, text: $t, limit: 2}
  all: {use: total, text: $t, over: t}
  same: {use: total, text: $t, scale: 1, over: t}
  other: {use: total, text: $t, scale: 2, over: t}
outputs: {h: $h, all: $all, same: $same, other: $other}"""
    graph = checked(TEXTS + nodes)
    assert [name for name, step in graph.steps.items() if step.type.name == "weigh"] == [
        "h.text",
        "other.text",
    ]


def test_options_are_handed_on_by_the_name_that_the_port_says(run, items: Counter[str]) -> None:
    nodes = "nodes: {all: {use: total, text: $t, scale: $s, over: t}}\noutputs: {all: $all}"
    found = run("inputs: {t: {each: [a, abc]}, s: {each: [1, 2]}}\n" + nodes)
    assert list(found["all"]) == [4.0, 2.0]
    assert items["weigh"] == 4


def test_several_metrics_make_each_feature_once_and_a_second_run_none(run, items: Counter[str]) -> None:
    nodes = """nodes:
  h: {use: is_heavy, text: $t}
  all: {use: total, text: $t, over: t}
outputs: {h: $h, all: $all}"""
    found = run(TEXTS + nodes)
    assert list(found["h"]) == [False, True, True]
    assert list(found["all"]) == [13.0]
    assert items["weigh"] == 3
    run(TEXTS + nodes.replace("use: is_heavy", "use: is_heavy, limit: 5"))
    assert items["weigh"] == 3


def test_a_literal_that_the_feeding_node_takes_is_legal(run) -> None:
    assert run("nodes: {h: {use: is_heavy, text: abcdef}}\noutputs: {h: $h}")["h"].value is True


def test_what_the_feeding_node_makes_may_be_given_itself(checked) -> None:
    nodes = "nodes: {w: {use: weigh, text: $t}, h: {use: is_heavy, text: $w}}\noutputs: {h: $h}"
    assert list(checked(TEXTS + nodes).steps) == ["w", "h"]


def test_options_that_contradict_what_is_given_are_refused(problems) -> None:
    nodes = "nodes:\n  w: {use: weigh, text: $t, unit: 2}\n  h: {use: is_heavy, text: $w}\noutputs: {h: $h}"
    (found,) = problems(TEXTS + nodes)
    assert "is_heavy.scale is 1.0, and what it is given was made by 'w' with unit: 2" in found
    assert "write scale: 2, or at 'w' unit: 1.0" in found
    assert not problems(TEXTS + nodes.replace("text: $w", "text: $w, scale: 2"))


def test_what_neither_takes_is_refused_in_the_words_of_the_node(problems) -> None:
    nodes = "nodes:\n  m: {use: load_toy}\n  h: {use: is_heavy, text: $m}\noutputs: {h: $h}"
    (found,) = problems(nodes)
    assert "is_heavy.text takes Text; $m (load_toy) gives Handle" in found


def test_the_resolved_graph_names_the_feeding_step_and_reads_back(run, tmp_path, registry) -> None:
    from mezzotint.graphs.resolved import resolve

    (tmp_path / "graph.yaml").write_text(TEXTS + "nodes: {h: {use: is_heavy, text: $t}}\noutputs: {h: $h}")
    graph = Graph.load(tmp_path / "graph.yaml", registry).check()
    nodes = resolve(graph)["nodes"]
    assert nodes["h"] == {"use": "toy_nodes.is_heavy@1", "text": "$h__text"}
    assert nodes["h__text"] == {"use": "toy_nodes.weigh@1", "text": "$t"}


def test_a_port_through_something_that_can_not_feed_it_is_refused_at_import() -> None:
    def wrong_type(text: Annotated[list[str], TextType(), Through(measured)]) -> Number:
        """Takes texts, and would get numbers."""
        return []

    def no_such_option(text: Annotated[list[float], NumberType(), Through(measured, size="unit")]) -> Number:
        """Hands on an option that the other hasn't."""
        return []

    def undeclared(text: Annotated[list[float], NumberType(), Through(measured, unit="scale")]) -> Number:
        """Hands on an option that it hasn't."""
        return []

    for function, message in (
        (wrong_type, "should take one port and give Text"),
        (no_such_option, "'measured', which has no option 'size'"),
        (undeclared, "hands on the option 'scale', which isn't declared"),
    ):
        function.__annotations__ = {
            key: eval(value, globals()) if isinstance(value, str) else value
            for key, value in function.__annotations__.items()
        }
        with pytest.raises(DeclarationError, match=message):
            node(version=1)(function)
