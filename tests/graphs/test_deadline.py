"""Calls that take too long: given up, told where they were, and no harm to what follows."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.calls import LEFT_BEHIND
from mezzotint.graphs.deadline import within
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Event
from mezzotint.graphs.store import Store

SHORT = 0.05


def never(*_: object) -> None:
    raise AssertionError("nothing is left behind")


def spin(flag: list[str]) -> None:
    flag.append("began")
    try:
        while True:
            try:
                sum(range(100))
            except Exception:
                flag.append("an except Exception is not asked")
    finally:
        flag.append("ended")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a stuck call waits for; opened when the test is over, so that no thread is left."""
    gate = threading.Event()
    yield gate
    gate.set()


def test_a_call_in_time_returns_or_raises_as_ever() -> None:
    assert within(60, lambda: 7, never) == 7
    with pytest.raises(ZeroDivisionError) as caught:
        within(60, lambda: 1 / 0, never)
    assert "lambda" in "".join(traceback.format_tb(caught.value.__traceback__))
    with pytest.raises(SystemExit):
        within(60, lambda: (_ for _ in ()).throw(SystemExit(3)), never)


def test_python_code_that_takes_too_long_is_ended() -> None:
    flag: list[str] = []
    with pytest.raises(TimeoutError, match=r"took longer than its timeout of 0.05 s") as caught:
        within(SHORT, lambda: spin(flag), never)
    assert flag == ["began", "ended"]
    assert "in spin" in "".join(traceback.format_tb(caught.value.__traceback__))


def test_a_call_ends_with_whoever_waits_for_it() -> None:
    flag: list[str] = []
    ended = threading.Event()

    def interrupt() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            spin(flag)
        finally:
            ended.set()

    with pytest.raises(KeyboardInterrupt):
        within(60, interrupt, never)
    assert ended.wait(60)
    assert flag in ([], ["began", "ended"])


def test_a_call_that_can_not_be_ended_is_left_behind(gate: threading.Event) -> None:
    left: list[str] = []
    with pytest.raises(TimeoutError):
        within(SHORT, gate.wait, lambda: left.append("behind"))
    assert left == ["behind"]


def test_a_call_that_is_done_as_its_time_runs_out_is_one_or_the_other(gate: threading.Event) -> None:
    for _ in range(200):
        began = threading.Event()
        outcomes = []
        try:
            outcomes.append(within(1e-5, lambda began=began: began.set() or 7, never))  # type: ignore[misc]
        except TimeoutError:
            outcomes.append(None)
        assert outcomes in ([7], [None])


NODES = '''
import threading
from mezzotint.graphs.node import node
from mezzotint.graphs.types import Integer

GATE = threading.Event()
CALLS = []

@node(version=1)
def hang(number: Integer) -> Integer:
    """Hang at 5."""
    CALLS.append(list(number))
    if 5 in number:
        GATE.wait()
    return number

class State:
    def __init__(self, where):
        self.where = where

    def update(self, number: Integer) -> None:
        if self.where == "update":
            GATE.wait()

    def merge(self, other) -> None:
        return

    def compute(self) -> int:
        if self.where == "compute":
            GATE.wait()
        return 1

@node(version=1)
def stuck(*, where: str = "") -> State:
    """A reducer that hangs."""
    return State(where)

@node(version=1)
def leave(number: Integer) -> Integer:
    """End the process, were it up to this node."""
    raise SystemExit(0)
'''


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    (tmp_path / "hanging.py").write_text(NODES)
    registry = Registry()
    registry.add_file(tmp_path / "hanging.py")
    yield registry
    registry["hang"].function.__globals__["GATE"].set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as store:
        yield store


@pytest.fixture
def graph(tmp_path: Path, registry: Registry) -> Callable[[str], Graph]:
    def load(text: str) -> Graph:
        (tmp_path / "graph.yaml").write_text(text)
        return Graph.load(tmp_path / "graph.yaml", registry)

    return load


def test_a_stuck_item_fails_alone_and_the_rest_goes_on(graph: Any, store: Store, registry: Registry) -> None:
    text = """
    inputs: {index: {each: {range: 8}}}
    nodes: {slow: {use: hang, number: $index, timeout: 0.05}}
    outputs: {slow: $slow}
    """
    events: list[Event] = []
    results = graph(text).run(store=store, report=events.append)
    assert list(results["slow"].failures) == [5]
    (failure,) = results.outcome.failures
    assert (failure.error, failure.message) == ("TimeoutError", "took longer than its timeout of 0.05 s")
    assert "GATE.wait()" in failure.traceback
    assert [event.message for event in events if event.kind == "note"] == [LEFT_BEHIND]
    calls = registry["hang"].function.__globals__["CALLS"]
    assert [len(call) for call in calls] == [8, 4, 4, 2, 1, 1, 2]


@pytest.mark.parametrize("where", ["update", "compute"])
def test_a_stuck_reducer_fails(graph: Any, store: Store, where: str) -> None:
    text = f"""
    inputs: {{index: {{each: {{range: 3}}}}}}
    nodes: {{all: {{use: stuck, number: $index, over: index, where: {where}, timeout: 0.05}}}}
    outputs: {{all: $all}}
    """
    results = graph(text).run(store=store)
    assert "TimeoutError" in results["all"].failures[0]


def test_a_timeout_enters_no_key_and_names_no_other_run(graph: Any, store: Store, tmp_path: Path) -> None:
    text = "nodes: {slow: {use: hang, number: 1TIMEOUT}}\noutputs: {slow: $slow}"
    plain = graph(text.replace("TIMEOUT", ""))
    first, _ = plain.run_to_folder(root=tmp_path, store=store)
    timed = graph(text.replace("TIMEOUT", ", timeout: 60"))
    second, outcome = timed.run_to_folder(root=tmp_path, store=store)
    assert (first, sum(outcome.made.values())) == (second, 0)
    assert "timeout: 60" in (second / "graph.yaml").read_text()


def test_a_node_that_would_end_the_process_fails(graph: Any, store: Store) -> None:
    results = graph("nodes: {a: {use: leave, number: 1}}\noutputs: {a: $a}").run(store=store)
    assert "leave called exit(0)" in results["a"].failures[0]
