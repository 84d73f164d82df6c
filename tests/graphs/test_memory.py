"""What a run holds: values that outlive a box, on disk, in memory or set aside; and how much that is."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs import memory
from mezzotint.graphs.check import CheckedGraph
from mezzotint.graphs.engine import Engine
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Delivered, Outcome, Settings
from mezzotint.graphs.store import Store

NODES = Path(__file__).with_name("engine_nodes.py")


class Collected:
    """Keeps what a run delivers."""

    def __init__(self) -> None:
        self.items: dict[str, dict[int, Any]] = {}

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        return set()

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        for output, portion in delivered:
            self.items.setdefault(output, {}).update((index, made.item) for index, made in portion.items())


class Nowhere(Collected):
    """Drops it."""

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        return


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add_file(NODES)
    return registry


@pytest.fixture
def items(registry: Registry) -> Counter[str]:
    counter: Counter[str] = registry["mix"].function.__globals__["ITEMS"]
    return counter


@pytest.fixture
def graph(tmp_path: Path, registry: Registry) -> Callable[[str], CheckedGraph]:
    def load(text: str) -> CheckedGraph:
        path = tmp_path / "graph.yaml"
        path.write_text(text, "utf-8")
        return Graph.load(path, registry).check()

    return load


LATER = """
inputs: {{a: {{each: {{range: 6}}}}, b: {{each: {{range: 5}}}}}}
nodes:
  saw: {{use: tool}}
  early: {{use: measure, text: "${{b}}", keep: {keep}}}
  both: {{use: mix, left: $a, right: $early, keep: {keep}}}
  done: {{use: work, tool: $saw, number: $both, keep: {keep}}}
  most: {{use: gather, number: $done, over: a, keep: {keep}}}
  last: {{use: mix, left: $done, right: $most, keep: {keep}}}
outputs: {{last: $last, most: $most}}
"""


@pytest.mark.parametrize("limit", [0, 700, 1 << 20])
@pytest.mark.parametrize("keep", ["none", "memory", "disk"])
def test_values_outlive_their_box_wherever_they_are_kept(
    graph: Any, tmp_path: Path, items: Counter[str], keep: str, limit: int
) -> None:
    results = []
    for block, carried in ((1 << 20, 1 << 30), (2, limit)):
        items.clear()
        with Store(tmp_path / f"store{block}") as store:
            sink = Collected()
            Engine(
                graph(LATER.format(keep=keep)), store, sink, settings=Settings(block=block), carried=carried
            ).run()
            results.append(sink.items)
    assert results[0] == results[1]
    assert items["measure"] <= (10 if keep == "none" else 5)  # none: in each of two walks
    assert items["gather"] == 30


def test_scratch_is_removed_with_the_run(graph: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    folder = memory.tempfile.TemporaryDirectory

    class Noted(folder):  # type: ignore[misc, valid-type]
        def __init__(self, **how: Any) -> None:
            super().__init__(dir=tmp_path, **how)
            made.append(self.name)

    monkeypatch.setattr(memory.tempfile, "TemporaryDirectory", Noted)
    with Store(tmp_path / "store") as store:
        Engine(
            graph(LATER.format(keep="none")), store, Nowhere(), settings=Settings(block=2), carried=0
        ).run()
    assert len(made) == 1
    assert not Path(made[0]).exists()


def test_a_damaged_result_of_a_reducer_is_made_again_before_what_needs_it(
    graph: Any, tmp_path: Path, items: Counter[str]
) -> None:
    text = LATER.format(keep="disk")
    with Store(tmp_path / "store") as store:
        first, second = Collected(), Collected()
        Engine(graph(text), store, first).run()
        store._database.ask("UPDATE items SET data = x'00' WHERE node LIKE '%gather%'")
        store._database.ask("DELETE FROM items WHERE node LIKE '%mix%'")
        items.clear()
        outcome = Engine(graph(text), store, second, settings=Settings(block=3)).run()
    assert second.items == first.items
    assert items["gather"] == 30
    assert outcome.damaged >= 1


def test_a_store_that_loses_what_is_written_is_an_error(
    graph: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "store") as store:
        monkeypatch.setattr(store, "read", lambda keys: {})
        engine = Engine(graph(LATER.format(keep="disk")), store, Nowhere(), carried=0)
        begin = engine.writer.store

        def write_at_once(*arguments: Any) -> None:  # what waits to be written can't be lost
            begin(*arguments)
            engine.writer.wait()

        monkeypatch.setattr(engine.writer, "store", write_at_once)
        with pytest.raises(OSError, match="lost results of most, and lost them again"):
            engine.run()


POINTS = """
inputs: {{prompt: {{each: {{range: {count}}}}}, seed: {{each: {{range: 4}}, per: prompt}}}}
nodes:
  text: {{use: measure, text: "${{prompt}}"}}
  drawn: {{use: mix, left: $text, right: $seed}}
  long: {{use: large, number: $drawn, size: 3000, keep: none}}
  again: {{use: measure, text: $long}}
  all: {{use: gather, number: $again, over: [prompt, seed]}}
outputs: {{long: $long, all: $all}}
"""


def peak(graph: CheckedGraph, folder: Path) -> float:
    with Store(folder) as store:
        tracemalloc.start()
        try:
            outcome: Outcome = Engine(graph, store, Nowhere()).run()
            assert not outcome.failures
            return tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()


def test_memory_depends_on_the_block_and_hardly_on_the_number_of_points(graph: Any, tmp_path: Path) -> None:
    small = peak(graph(POINTS.format(count=50)), tmp_path / "small")
    large = peak(graph(POINTS.format(count=1000)), tmp_path / "large")
    assert large - small < 3  # MiB; the texts alone are 12
