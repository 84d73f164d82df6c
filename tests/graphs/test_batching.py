"""``batch: auto``: the search for a size, what is remembered of it, and what memory allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.graphs.batching import MOST_GROWTH, MOST_REMEMBERED, Found, Remembered, Search
from mezzotint.graphs.calls import Caller, Job, PlainDevice
from mezzotint.graphs.check import Step
from mezzotint.graphs.digest import cache_folder
from mezzotint.graphs.profile import Tracer
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Settings
from mezzotint.graphs.store import Store

Seconds = Callable[[int], float]

GRAPH = """
inputs: {text: a}
nodes:
  number: {use: measure, text: $text}
outputs: {number: $number}
"""


class Machine(PlainDevice):
    """A machine with a clock of its own, on which a call with n items takes ``seconds(n)``."""

    def __init__(self, seconds: Seconds, room: int = 10**9) -> None:
        self.now = 0.0
        self.seconds = seconds
        self.room = room
        self.largest = 0

    def has_room(self) -> bool:
        return 2 * self.largest <= self.room

    def work(self, count: int) -> None:
        self.largest = max(self.largest, count)
        self.now += self.seconds(count)


@pytest.fixture
def step(tmp_path: Path) -> Step:
    registry = Registry()
    registry.add_file(Path(__file__).with_name("engine_nodes.py"))
    path = tmp_path / "graph.yaml"
    path.write_text(GRAPH, "utf-8")
    return Graph.load(path, registry).check().steps["number"]


def jobs(count: int, alike: object = "all") -> list[Job]:
    return [Job(bytes([index % 256]), index, {}, {}, (), alike) for index in range(count)]


def sizes(machine: Machine, step: Step, count: int, alike: object = "all") -> list[int]:
    """The sizes of the calls in which a new run makes ``count`` items."""
    caller = Caller(machine, "auto", lambda step, message: None, Tracer(), lambda: machine.now)
    made = []
    for batch in caller.micro_batches(step, jobs(count, alike)):
        machine.work(len(batch))
        made.append(len(batch))
    return made


def overhead(count: int) -> float:
    """Every call has a price of its own: more items are always cheaper."""
    return 1.0 + 0.01 * count


def cache(count: int) -> float:
    """Beyond 32 items nothing gets cheaper."""
    return 1.0 + 0.01 * count if count <= 32 else 0.05 * count


def test_a_size_grows_while_items_get_cheaper(step: Step) -> None:
    declared = step.type.batch
    assert sizes(Machine(overhead), step, 1000)[:4] == [declared, declared, 2 * declared, 4 * declared]
    assert max(sizes(Machine(overhead), step, 1000)) == MOST_GROWTH * declared


def test_it_goes_back_to_the_best_where_they_do_not(step: Step) -> None:
    assert sizes(Machine(cache), step, 384) == [16, 16, 32, 64, 64, *[32] * 6]


def test_one_disturbed_call_does_not_end_the_search(step: Step) -> None:
    machine = Machine(overhead)
    calls = iter(range(1000))
    machine.seconds = lambda count: 100.0 if next(calls) == 2 else overhead(count)
    assert sizes(machine, step, 1000)[:5] == [16, 16, 32, 32, 64]


def test_no_item_is_made_for_the_search_alone(step: Step) -> None:
    assert sum(sizes(Machine(cache), step, 333)) == 333


def test_the_next_run_starts_with_the_best(step: Step) -> None:
    sizes(Machine(cache), step, 400)
    assert sizes(Machine(cache), step, 96) == [32, 32, 32]


def test_a_size_given_up_is_tried_again_in_the_next_run(step: Step) -> None:
    sizes(Machine(cache), step, 400)
    assert sizes(Machine(cache), step, 256) == [32, 32, 64, 64, 32, 32]
    assert sizes(Machine(overhead), step, 256) == [32, 32, 64, 128]


def test_a_search_cut_short_goes_on_in_the_next_run(step: Step) -> None:
    assert sizes(Machine(overhead), step, 64) == [16, 16, 32]
    assert sizes(Machine(overhead), step, 256) == [32, 32, 64, 128]


def test_other_shapes_and_models_have_sizes_of_their_own(step: Step) -> None:
    sizes(Machine(cache), step, 400, alike="small")
    assert sizes(Machine(cache), step, 32, alike="large") == [16, 16]


def test_another_machine_searches_for_itself(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes(Machine(cache), step, 400)
    monkeypatch.setattr(Machine, "name", "another")
    assert sizes(Machine(cache), step, 32) == [16, 16]


def test_it_grows_no_further_than_memory_allows(step: Step) -> None:
    assert max(sizes(Machine(overhead, room=100), step, 1000)) == 64


def test_what_ran_out_of_memory_is_not_tried_again(step: Step) -> None:
    caller = Caller(PlainDevice(), "auto", lambda step, message: None, Tracer(), lambda: 0.0)
    batches = caller.micro_batches(step, jobs(40))
    caller.ran_out(step, len(next(batches)))
    assert [len(batch) for batch in batches] == [8, 8, 8]
    assert sizes(Machine(overhead), step, 16) == [8, 8]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"x": 1}', "\0\0", '{"%s": {"size": 0, "is_limit": true}}'],
)
def test_a_damaged_memory_is_done_without(step: Step, text: str) -> None:
    sizes(Machine(cache), step, 400)
    path = cache_folder() / "batches.json"
    (name,) = json.loads(path.read_text())
    path.write_text(text.replace("%s", name))
    assert sizes(Machine(cache), step, 400)[:4] == [16, 16, 32, 64]
    assert list(json.loads(path.read_text())) == [name]


def test_a_memory_that_cannot_be_written_is_done_without(step: Step) -> None:
    (cache_folder() / "batches.json").mkdir(parents=True)
    assert max(sizes(Machine(overhead), step, 1000)) == 128


def test_only_the_latest_are_remembered(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "batches.json")
    entries = {str(number): vars(Found(1)) for number in range(MOST_REMEMBERED)}
    (tmp_path / "batches.json").write_text(json.dumps(entries))
    remembered.put("new", Found(2))
    remembered = Remembered(tmp_path / "batches.json")
    assert remembered.get("new") == Found(2)
    assert (remembered.get("0"), remembered.get("1")) == (None, Found(1))


@given(st.lists(st.floats(0.001, 1000), min_size=60, max_size=60), st.integers(1, 50))
def test_whatever_the_clock_says_a_search_stays_in_bounds_and_ends(times: list[float], first: int) -> None:
    kept: list[Found] = []
    largest = first * MOST_GROWTH
    search = Search(first, largest, None, has_room=lambda: True, keep=kept.append)
    for seconds in times:
        assert first <= search.size <= largest
        search.measured(search.size, seconds)
    assert search.size == kept[-1].size
    search.measured(search.size, 0.0)
    assert search.size == kept[-1].size


def test_a_run_makes_the_same_at_any_size(tmp_path: Path) -> None:
    made = []
    for batch in (None, 1, "auto", "auto"):
        registry = Registry()
        registry.add_file(Path(__file__).with_name("engine_nodes.py"))
        path = tmp_path / "graph.yaml"
        path.write_text(
            "inputs: {text: a}\n"
            "nodes: {number: {use: measure, text: $text}, all: {use: gather, number: $number, over: text}}\n"
            "outputs: {number: $number, all: $all}\n",
            "utf-8",
        )
        texts = each([str(number) for number in range(150)])
        settings = Settings(batch=batch, fresh=True)  # type: ignore[arg-type]
        with Store(tmp_path / "store") as store:
            run = Graph.load(path, registry).run(text=texts, store=store, settings=settings)
        made.append((list(run["number"]), run["all"].value))
    assert made[1:] == made[:1] * 3
