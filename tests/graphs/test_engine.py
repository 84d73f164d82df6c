"""Runs, one by one: what is computed, what fails, what is kept, what a small device does to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.calls import Interrupted, PlainDevice
from mezzotint.graphs.engine import Engine
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.program.outputs import Results
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Event, Settings
from mezzotint.graphs.store import Store

Run = Callable[..., Results]


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add_file(Path(__file__).with_name("engine_nodes.py"))
    return registry


@pytest.fixture
def items(registry: Registry) -> Counter[str]:
    counter: Counter[str] = registry["mix"].function.__globals__["ITEMS"]
    return counter


@pytest.fixture
def calls(registry: Registry) -> Counter[str]:
    counter: Counter[str] = registry["mix"].function.__globals__["CALLS"]
    return counter


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as store:
        yield store


class SmallDevice(PlainDevice):
    """Runs out of memory on calls with more than ``room`` items of the wrapped node types."""

    def __init__(self, registry: Registry, room: int, *names: str) -> None:
        self.released = 0
        self.asked: list[int] = []
        for name in names:
            self._wrap(registry, name, room)

    def _wrap(self, registry: Registry, name: str, room: int) -> None:
        declared = registry.types[f"engine_nodes.{name}"]
        function = declared.function

        def limited(number: list[int], **rest: Any) -> Any:
            self.asked.append(len(number))
            if len(number) > room:
                raise MemoryError
            return function(number, **rest)

        object.__setattr__(declared, "function", limited)

    def release(self) -> None:
        self.released += 1


@pytest.fixture
def graph(tmp_path: Path, registry: Registry) -> Callable[[str], Graph]:
    def load(text: str) -> Graph:
        path = tmp_path / "graph.yaml"
        path.write_text(text, "utf-8")
        return Graph.load(path, registry)

    return load


PICTURES = """
inputs:
  prompt: {each: [red, green, blue]}
  seed: {each: {range: 4}, per: prompt}
  factor: 1
nodes:
  saw: {use: tool}
  text: {use: measure, text: $prompt}
  drawn: {use: mix, left: $text, right: $seed, factor: $factor}
  done: {use: work, tool: $saw, number: $drawn}
  score: {use: gather, number: $done, over: [prompt, seed]}
  spread: {use: gather, number: $done, over: seed}
  best: {use: largest, number: $done, over: seed}
  title: {use: measure, text: $best}
outputs: {done: $done, score: $score, spread: $spread, title: $title}
"""


def test_a_prompt_is_measured_once_however_many_seeds(graph: Any, store: Store, items: Counter[str]) -> None:
    graph(PICTURES).run(store=store)
    assert items == {"tool": 1, "measure": 6, "mix": 12, "work": 12, "gather": 24, "largest": 12}


def test_a_second_run_makes_nothing(graph: Any, store: Store, items: Counter[str]) -> None:
    first = graph(PICTURES).run(store=store)
    items.clear()
    second = graph(PICTURES).run(store=store)
    assert items == {}
    assert {name: list(values) for name, values in second.items()} == {
        name: list(values) for name, values in first.items()
    }


def test_a_prompt_added_computes_that_prompt_only(graph: Any, store: Store, items: Counter[str]) -> None:
    graph(PICTURES).run(store=store)
    items.clear()
    graph(PICTURES).run(store=store, prompt=each("green", "white", "red", "blue"))
    assert items == {"tool": 1, "measure": 2, "mix": 4, "work": 4, "gather": 16 + 4, "largest": 4}


def test_a_changed_option_recomputes_what_depends_on_it(
    graph: Any, store: Store, items: Counter[str]
) -> None:
    graph(PICTURES).run(store=store)
    items.clear()
    graph(PICTURES).run(store=store, factor=2)
    assert items["measure"] == 3  # the titles; the prompts are as they were
    assert items["mix"] == 12


def test_an_option_swept_finds_what_was_made_with_one_of_its_values(
    graph: Any, store: Store, items: Counter[str]
) -> None:
    graph(PICTURES).run(store=store, factor=2)
    items.clear()
    graph(PICTURES).run(store=store, factor=each(1, 2.0, 3))
    assert items["mix"] == 24


def test_equal_values_are_computed_once_and_keep_their_rows(
    graph: Any, store: Store, items: Counter[str]
) -> None:
    text = """
    inputs: {prompt: {each: [a, b, a]}, index: {each: {range: 90}}}
    nodes:
      text: {use: measure, text: $prompt}
      twin: {use: measure, text: $prompt}
      both: {use: mix, left: $text, right: $index}
      rest: {use: mix, left: $twin, right: $index}
      all: {use: gather, number: $both, over: index}
      too: {use: gather, number: $rest, over: index}
    outputs: {both: $both, rest: $rest, all: $all, too: $too}
    """
    results = graph(text).run(store=store)
    assert items == {"measure": 2, "mix": 180, "gather": 180}
    assert list(results["both"])[:90] == list(results["both"])[180:] == list(results["rest"])[:90]
    assert results["all"][0] == results["all"][2] == results["too"][0]


def test_equal_items_that_fail_fail_once(graph: Any, store: Store, items: Counter[str]) -> None:
    text = """
    inputs: {index: {each: [3, 3, 3]}, other: {each: {range: 50}}}
    nodes:
      guarded: {use: guard, number: $index}
      twin: {use: guard, number: $index}
      mixed: {use: mix, left: $guarded, right: $other}
      again: {use: mix, left: $twin, right: $other}
    outputs: {mixed: $mixed, again: $again}
    """
    results = graph(text).run(store=store)
    assert items == {"guard": 1}
    assert [failure.step for failure in results.outcome.failures] == ["guarded"]
    assert len(results["mixed"].failures) == len(results["again"].failures) == 150


def test_a_failing_item_takes_along_only_what_depends_on_it(graph: Any, store: Store) -> None:
    text = """
    inputs: {index: {each: {range: 8}}}
    nodes:
      guarded: {use: guard, number: $index}
      mixed: {use: mix, left: $guarded, right: $index}
      all: {use: gather, number: $mixed, over: index}
      name: {use: measure, text: "${all}"}
    outputs: {mixed: $mixed, all: $all, name: $name}
    """
    results = graph(text).run(store=store)
    assert sorted(results["mixed"].failures) == [0, 3, 6]
    assert results["all"].missing == [3]
    assert results["name"].failures == {}
    assert [failure.point for failure in results.outcome.failures] == [{"index": n} for n in (0, 3, 6)]
    assert "ValueError: 3 is a multiple of 3" in results.outcome.failures[1].traceback
    assert results.outcome.skipped == {"mixed": 3}
    with pytest.raises(LookupError, match="guarded: ValueError: 3 is a multiple of 3"):
        results["mixed"][3]


def test_a_reduction_of_which_every_member_failed_fails(graph: Any, store: Store) -> None:
    text = """
    inputs: {index: {each: [3, 4]}, other: {each: [0, 0.0]}}
    nodes:
      mixed: {use: total, numbers: [$index, $other]}
      guarded: {use: guard, number: $mixed}
      all: {use: gather, number: $guarded, over: other}
    outputs: {all: $all}
    """
    results = graph(text).run(store=store)
    assert list(results["all"].failures) == [0]
    assert "no member is present" in results["all"].failures[0]
    assert results["all"].missing[1] == 0


def test_a_reducer_that_raises_fails_alone(graph: Any, store: Store) -> None:
    text = """
    inputs: {index: {each: {range: 12}}, other: {each: {range: 2}}}
    nodes:
      mixed: {use: mix, left: $index, right: $other}
      picked: {use: picky, number: $mixed, over: other}
      all: {use: gather, number: $picked, over: index}
    outputs: {picked: $picked, all: $all}
    """
    results = graph(text).run(store=store)
    failed = len(results["picked"].failures)
    assert 0 < failed < 12
    assert results["all"].missing == [failed]
    assert {failure.error for failure in results.outcome.failures} == {"ArithmeticError"}


def test_what_a_reducer_needs_besides_its_members_may_fail(graph: Any, store: Store) -> None:
    text = """
    inputs: {index: {each: {range: 3}}, source: {each: [saw, file]}}
    nodes:
      tool: {use: tool, source: $source}
      number: {use: measure, text: "${source}"}
      guarded: {use: guard, number: $number, modulus: 1}
      name: {use: name, number: $guarded, text: x}
      worked: {use: open_tool, source: none}
      all: {use: gather_with, tool: $tool, number: $index, over: index}
    outputs: {all: $all, name: $name, worked: $worked}
    """
    results = graph(text).run(store=store)
    assert len(list(results["all"])) == 2
    assert sorted(results["name"].failures) == [0, 1]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (
            "none",
            "returned None as integer (Integer): it isn't one (TypeError: 'NoneType' object is not iterable)",
        ),
        ("short", "returned a list as integer (Integer): 1 items went in and 0 came out"),
        ("text", "expected a whole number"),
    ],
)
def test_a_node_that_returns_something_else_fails(graph: Any, store: Store, how: str, words: str) -> None:
    text = f"""
    inputs: {{index: {{each: {{range: 3}}}}}}
    nodes: {{made: {{use: faulty, number: $index, how: {how}}}}}
    outputs: {{made: $made}}
    """
    results = graph(text).run(store=store)
    assert sorted(results["made"].failures) == [0, 1, 2]
    assert words in results["made"].failures[0]


def test_a_node_that_returns_no_outputs_fails_with_their_name(graph: Any, store: Store) -> None:
    text = "nodes: {made: {use: faulty_halves, number: 3}}\noutputs: {low: $made.low}"
    results = graph(text).run(store=store)
    assert "faulty_halves returned None, which has no low" in results["low"].failures[0]


def test_an_item_that_is_not_finite_fails_alone(graph: Any, store: Store) -> None:
    text = """
    inputs: {number: {each: [1, 0, 2]}}
    nodes: {half: {use: divide, number: $number, divisor: 2}}
    outputs: {half: $half}
    """
    results = graph(text).run(store=store)
    assert sorted(results["half"].failures) == [1]
    assert [results["half"][0], results["half"][2]] == [0.5, 1.0]


def test_running_out_of_memory_halves_the_micro_batch_and_is_remembered(
    graph: Any, store: Store, registry: Registry
) -> None:
    text = """
    inputs: {index: {each: {range: 40}}}
    nodes: {half: {use: halves, number: $index}}
    outputs: {low: $half.low}
    """
    expected = list(graph(text).run(store=store))
    device = SmallDevice(registry, 5, "halves")
    loaded = graph(text)
    loaded._device = lambda: device
    events: list[Event] = []
    results = loaded.run(store=store, settings=Settings(fresh=True, batch=None), report=events.append)
    assert expected == list(results)
    assert list(results["low"]) == list(range(40))
    assert device.asked == [16, 8, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]
    assert device.released == 2
    assert [event.message for event in events if event.kind == "note"][
        -1
    ] == "out of memory: micro-batch now 4"


def test_an_item_too_large_for_the_device_fails_alone(graph: Any, store: Store, registry: Registry) -> None:
    text = "nodes: {half: {use: halves, number: 3}}\noutputs: {low: $half.low}"
    loaded = graph(text)
    device = SmallDevice(registry, 0, "halves")
    loaded._device = lambda: device
    assert "MemoryError" in loaded.run(store=store)["low"].failures[0]


def test_a_reducer_that_runs_out_of_memory_takes_fewer_at_a_time(
    graph: Any, store: Store, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
    inputs: {index: {each: {range: 40}}}
    nodes: {all: {use: gather, number: $index, over: index}}
    outputs: {all: $all}
    """
    wanted = graph(text).run(store=store)["all"].value
    state = registry["gather"].function.__globals__["SumState"]
    update = state.update
    asked: list[int] = []

    def limited(self: Any, number: list[int]) -> None:
        asked.append(len(number))
        if len(number) > 6:
            raise MemoryError
        update(self, number)

    monkeypatch.setattr(state, "update", limited)
    settings = Settings(fresh=True, batch=None)
    assert graph(text).run(store=store, settings=settings)["all"].value == wanted
    assert asked[:3] == [16, 8, 4]
    assert set(asked[2:]) == {4}


def test_an_interrupted_run_goes_on_where_it_was(graph: Any, store: Store, items: Counter[str]) -> None:
    checked = graph(PICTURES).check()

    class Nowhere:
        def recorded(self, output: str, keys: Any) -> set[int]:
            return set()

        def put(self, delivered: Any) -> None:
            return

    asked = iter(range(100))
    engine = Engine(
        checked, store, Nowhere(), settings=Settings(batch=2, block=4), should_stop=lambda: next(asked) > 5
    )
    with pytest.raises(Interrupted):
        engine.run()
    done = Counter(items)
    graph(PICTURES).run(store=store)
    assert {name: items[name] for name in ("measure", "mix", "work")} == {"measure": 6, "mix": 12, "work": 12}
    assert 0 < done["mix"] < 12


def test_a_fresh_run_makes_everything_anew_once(graph: Any, store: Store, items: Counter[str]) -> None:
    graph(PICTURES).run(store=store)
    once = Counter(items)
    items.clear()
    graph(PICTURES).run(store=store, settings=Settings(fresh=True, block=2))
    assert items == once


def test_reductions_that_nothing_needs_are_not_made_again(
    graph: Any, store: Store, items: Counter[str]
) -> None:
    text = PICTURES.replace("spread: $spread, ", "").replace("done: $done, score: $score, ", "")
    graph(text).run(store=store)
    kept = {"engine_nodes.measure@1"}
    for key, node in store._database.ask("SELECT key, node FROM items"):
        if node not in kept:
            store.drop([key])
    items.clear()
    graph(text).run(store=store)
    assert items == {}  # the titles are there, so nobody asks what they were made of


@pytest.mark.parametrize("keeps", [("memory", "disk"), ("none", "disk"), ("disk", "disk")])
def test_of_equal_nodes_that_keep_differently_the_items_are_stored(
    graph: Any, store: Store, items: Counter[str], keeps: tuple[str, str]
) -> None:
    text = f"""
    inputs: {{index: {{each: {{range: 3}}}}}}
    nodes:
      one: {{use: halves, number: $index, keep: {keeps[0]}}}
      two: {{use: halves, number: $index, keep: {keeps[1]}}}
      all: {{use: gather, number: $one.low, over: index, keep: {keeps[0]}}}
      too: {{use: gather, number: $two.low, over: index, keep: {keeps[1]}}}
      both: {{use: mix, left: $all, right: $too}}
    outputs: {{both: $both, two: $two.high, too: $too}}
    """
    graph(text).run(store=store)
    assert items == {"halves": 3, "gather": 3, "mix": 1}
    graph(text).run(store=store)
    assert items == {"halves": 3, "gather": 3, "mix": 1}


def test_what_an_equal_node_stored_in_an_earlier_stage_is_not_made_again(
    graph: Any, store: Store, items: Counter[str]
) -> None:
    text = """
    inputs: {word: red, index: {each: {range: 2}}}
    nodes:
      stored: {use: measure, text: $word}
      pair: {use: mix, left: $stored, right: $index}
      all: {use: gather, number: $pair, over: index}
      held: {use: measure, text: $word, keep: memory}
      both: {use: mix, left: $held, right: $all}
    outputs: {both: $both}
    """
    graph(text).run(store=store, settings=Settings(block=1))
    assert items["measure"] == 1


def test_a_file_that_can_not_be_read_fails_alone(
    graph: Any, store: Store, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text_type = registry["measure"].ports[0].type
    monkeypatch.setattr(type(text_type), "reads_files", True)
    read = type(text_type).parse

    def parse(self: Any, value: object) -> str:
        if isinstance(value, Path):
            value = value.read_bytes().decode()
        return str(read(self, value))

    monkeypatch.setattr(type(text_type), "parse", parse)
    for name, content in (("a.png", b"fine"), ("b.png", b"\xff\xfe"), ("c.png", b"fine, too")):
        (tmp_path / name).write_bytes(content)
    text = """
    inputs: {photo: {each: {folder: .}}}
    nodes: {text: {use: measure, text: $photo}}
    outputs: {text: $text}
    """
    results = graph(text).run(store=store)
    assert sorted(results["text"].failures) == [1]
    assert "UnicodeDecodeError" in results["text"].failures[1]


def test_an_error_that_can_not_be_shown_fails_its_item_all_the_same(
    graph: Any, store: Store, registry: Registry, tmp_path: Path
) -> None:
    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    errors: list[Exception] = [UnspeakableError(), ValueError("half a \ud800 pair")]

    def raising(number: list[int], **options: Any) -> list[int]:
        raise errors[number[0]]

    object.__setattr__(registry["guard"], "function", raising)
    text = """
    inputs: {index: {each: [0, 1]}}
    nodes: {guarded: {use: guard, number: $index}}
    outputs: {guarded: $guarded}
    """
    results = graph(text).run(store=store, out=tmp_path / "out", settings=Settings(batch=1))
    assert [failure.message for failure in results.outcome.failures] == [
        "(no message: RuntimeError in making it)",
        "half a \\ud800 pair",
    ]
    assert len((tmp_path / "out" / "failures.jsonl").read_text("utf-8").splitlines()) == 2
