"""Plans: what a run would do, without doing any of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.store import Store

TEXT = """
inputs: {prompt: {each: [a, b, a]}, seed: {each: {range: 50}, per: prompt}}
nodes:
  saw: {use: tool}
  text: {use: measure, text: $prompt}
  drawn: {use: mix, left: $text, right: $seed}
  done: {use: work, tool: $saw, number: $drawn}
  most: {use: gather, number: $done, over: seed}
  title: {use: measure, text: "${most}"}
outputs: {title: $title}
"""


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add_file(Path(__file__).with_name("engine_nodes.py"))
    return registry


@pytest.fixture
def graph(tmp_path: Path, registry: Registry) -> Graph:
    path = tmp_path / "graph.yaml"
    path.write_text(TEXT, "utf-8")
    return Graph.load(path, registry)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as store:
        yield store


def lines_of(graph: Graph, store: Store) -> dict[str, tuple[int, int, int]]:
    planned = graph.plan(store)
    return {name: (line.items, line.stored, line.to_do) for name, line in planned.steps.items()}


def test_a_plan_counts_items_and_of_equal_ones_one_to_do(graph: Graph, store: Store) -> None:
    assert lines_of(graph, store) == {
        "saw": (1, 0, 1),
        "text": (3, 0, 2),
        "drawn": (150, 0, 100),
        "done": (150, 0, 100),
        "most": (3, 0, 2),
        "title.text": (3, 0, 2),
        "title": (3, 0, 2),
    }


def test_a_run_does_what_the_plan_says(graph: Graph, store: Store, registry: Registry) -> None:
    planned = graph.plan(store)
    outcome = graph.run(store=store).outcome
    assert outcome.made == Counter({name: line.to_do for name, line in planned.steps.items()})


def test_nothing_is_to_do_for_what_is_stored(graph: Graph, store: Store) -> None:
    graph.run(store=store)
    assert {to_do for _, _, to_do in lines_of(graph, store).values()} == {0}
    assert graph.plan(store).stored == 150 * 2 + 3 * 4


def test_planning_calls_no_node(graph: Graph, store: Store, registry: Registry) -> None:
    graph.plan(store)
    assert registry["mix"].function.__globals__["CALLS"] == {}


def test_a_prompt_added_is_that_prompt_to_do(graph: Graph, store: Store) -> None:
    graph.run(store=store)
    found = lines_of(graph.given(prompt=each("a", "c", "b")), store)
    assert {name: to_do for name, (_, _, to_do) in found.items()} == {
        "saw": 1,
        "text": 1,
        "drawn": 50,
        "done": 50,
        "most": 1,
        "title.text": 1,
        "title": 1,
    }


def test_values_of_python_programs_may_be_numpys(graph: Graph) -> None:
    import numpy

    axes = graph.given(seed=each(numpy.arange(3))).check().axes
    assert [type(value) for value in axes["seed"].values] == [int, int, int]


def test_results_say_what_they_hold_in_a_line(graph: Graph, tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        results = graph.run(prompt=each("a", "b"), store=store)
    assert repr(results) == "Results({'title': <2 items of title over prompt (2)>})"
