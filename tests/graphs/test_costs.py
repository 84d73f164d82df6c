"""What an item took to make: its share of every call that led to it, noted for later runs too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.calls import PlainDevice
from mezzotint.graphs.costs import Cost, Costs, total
from mezzotint.graphs.node import node
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.program.outputs import Results
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Settings
from mezzotint.graphs.store import Store
from mezzotint.graphs.types import Text


@node(version=1)
def spent(thing: Costs) -> Text:
    """What making something took, in words."""
    return [repr(cost.record()) for cost in thing]


class Metered(PlainDevice):
    """Every call takes 8 seconds and 16 joules, and holds 100 bytes more than the one before."""

    def __init__(self) -> None:
        self.calls = 0

    def meter(self) -> Callable[[], Cost]:
        self.calls += 1
        return lambda: Cost(8.0, 100 * self.calls, 16.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def run(registry: Registry, tmp_path: Path, store: Store) -> Any:
    registry.add(spent.node_type.owned_by("test"))

    def run_text(text: str, device: Callable[[], PlainDevice] = Metered, **settings: Any) -> Results:
        (tmp_path / "graph.yaml").write_text(text)
        graph = Graph.load(tmp_path / "graph.yaml", registry, device)
        return graph.run(store=store, settings=Settings(**settings))

    return run_text


def taken(results: Results, output: str = "s") -> list[dict[str, float]]:
    return [eval(text) for text in results[output]]


CHAIN = """inputs: {t: {each: [a, b, c, d]}, n: {each: [1, 2]}}
nodes:
  loud: {use: shout, text: $t}
  number: {use: draw, text: $loud, seed: $n}
  s: {use: spent, thing: $number}
outputs: {s: $s}"""


def test_it_is_the_items_share_of_every_call_that_led_to_it(run) -> None:
    # One call of shout makes 4 texts, one of draw 8 numbers.
    found = taken(run(CHAIN))
    assert [(cost["seconds"], cost["joules"]) for cost in found] == [(8 / 4 + 8 / 8, 16 / 4 + 16 / 8)] * 8
    assert {cost["peak_memory"] for cost in found} == {200}


def test_a_smaller_batch_costs_each_item_more(run) -> None:
    assert {cost["seconds"] for cost in taken(run(CHAIN, batch=2))} == {8 / 2 + 8 / 2}


def test_what_comes_from_the_store_keeps_its_cost(run) -> None:
    run(CHAIN.replace("outputs: {s: $s}", "outputs: {n: $number}"), batch=1)
    assert {cost["seconds"] for cost in taken(run(CHAIN))} == {16.0}


def test_what_leads_to_an_item_on_two_ways_counts_once(run) -> None:
    nodes = """nodes:
  loud: {use: shout, text: ab}
  twice: {use: pair, text: $loud}
  both: {use: draw, text: $twice.upper, seed: $twice.length}
  s: {use: spent, thing: $both}
outputs: {s: $s}"""
    assert taken(run(nodes)) == [{"seconds": 24.0, "peak_memory": 300, "joules": 48.0}]


def test_a_reduction_cost_what_its_members_did(run) -> None:
    nodes = """inputs: {t: {each: [a, b, c, d]}}
nodes:
  loud: {use: shout, text: $t}
  all: {use: total, text: $loud, over: t}
  s: {use: spent, thing: $all}
outputs: {s: $s}"""
    # Four texts are shouted in one call, and weighed in another.
    assert [cost["seconds"] for cost in taken(run(nodes))] == [8.0 + 8.0]
    assert [cost["seconds"] for cost in taken(run(nodes, batch=1, fresh=True))] == [4 * 8.0 + 4 * 8.0]


def test_what_could_not_be_measured_is_absent_and_not_zero(run) -> None:
    for cost in taken(run(CHAIN, PlainDevice)):
        assert set(cost) == {"seconds"}


def test_what_is_dropped_from_the_store_leaves_no_cost(run, store: Store) -> None:
    run(CHAIN)
    assert store._database.ask("SELECT COUNT(*) FROM costs") != [(0,)]
    store.trim(0)
    assert store._database.ask("SELECT COUNT(*) FROM costs") == [(0,)]


def test_calls_of_different_costs_share_what_else_is_said_of_them(run, store: Store) -> None:
    run(CHAIN, batch=1)
    (key, *_), *_ = store._database.ask("SELECT key FROM items")
    assert "versions" in store.made_with(key)
    assert "cost" not in store.made_with(key)
    assert store._database.ask("SELECT COUNT(*) FROM provenance") == [(1,)]


def test_what_was_made_before_costs_were_noted_has_none(run, store: Store) -> None:
    run(CHAIN.replace("outputs: {s: $s}", "outputs: {n: $number}"))
    store._database.ask("DELETE FROM costs")
    assert taken(run(CHAIN)) == [{}] * 8


def test_a_sum_with_something_unknown_is_unknown() -> None:
    assert total([Cost(1, 5, 2), Cost(2, 4, None)]) == Cost(3, 5, None)
    assert Cost.of_record(Cost(1.5, None, 0.0).record()) == Cost(1.5, None, 0.0)
    assert Cost.of_record({"seconds": "long", "else": 3}) == Cost()


def test_any_type_of_value_has_a_cost(checked, registry: Registry) -> None:
    registry.add(spent.node_type.owned_by("test"))
    text = "nodes: {m: {use: load_toy}, s: {use: spent, thing: $m}}\noutputs: {s: $s}"
    assert list(checked(text).steps) == ["m", "s"]
