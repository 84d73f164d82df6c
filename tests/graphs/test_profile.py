"""Where time goes: spans add up, nest, and make a trace that other programs can show."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.profile import Profile, Tracer
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Settings
from mezzotint.graphs.store import Store

GRAPH = """
inputs: {text: {each: [a, b, c, d, e]}}
nodes:
  saw: {use: tool}
  number: {use: measure, text: $text}
  made: {use: work, tool: $saw, number: $number}
  whole: {use: gather, number: $made, over: text}
outputs: {made: $made, whole: $whole}
"""


@pytest.fixture
def profiled(tmp_path: Path) -> Callable[[], Profile]:
    """Run the graph above with micro-batches of two, and profile it."""

    def run() -> Profile:
        registry = Registry()
        registry.add_file(Path(__file__).with_name("engine_nodes.py"))
        path = tmp_path / "graph.yaml"
        path.write_text(GRAPH, "utf-8")
        profile = Profile()
        with Store(tmp_path / "store") as store:
            Graph.load(path, registry).run_to_folder(
                tmp_path / "run", store=store, settings=Settings(batch=2, tracer=profile)
            )
        return profile

    return run


def events(profile: Profile, path: Path) -> list[dict[str, Any]]:
    profile.write(path)
    return [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] == "X"]


def test_totals_count_the_calls_and_items_of_every_node(profiled: Callable[[], Profile]) -> None:
    counted = {total.name: (total.calls, total.items) for total in profiled().totals if total.kind == "node"}
    # A handle is one item; a reducer is created, updated three times, and asked for its result.
    assert counted == {"saw": (1, 1), "number": (3, 5), "made": (3, 5), "whole": (5, 5)}


def test_a_second_run_calls_no_node(profiled: Callable[[], Profile]) -> None:
    profiled()
    assert [total.name for total in profiled().totals if total.kind == "node"] == []


def test_own_seconds_add_up_to_the_run(profiled: Callable[[], Profile], tmp_path: Path) -> None:
    profile = profiled()
    (run,) = [event for event in events(profile, tmp_path / "trace.json") if event["cat"] == "run"]
    assert profile.seconds == pytest.approx(run["dur"] / 1e6)
    assert all(total.seconds >= 0 for total in profile.totals)


def test_spans_of_a_thread_nest(profiled: Callable[[], Profile], tmp_path: Path) -> None:
    found = events(profiled(), tmp_path / "trace.json")
    for event in found:
        for other in found:
            start, stop = event["ts"], event["ts"] + event["dur"]
            begin, end = other["ts"], other["ts"] + other["dur"]
            apart = stop <= begin or end <= start
            within = (start <= begin and end <= stop) or (begin <= start and stop <= end)
            assert event["tid"] != other["tid"] or apart or within


def test_a_trace_says_of_a_call_what_it_was(profiled: Callable[[], Profile], tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "trace.json"
    calls = [event for event in events(profiled(), path) if event["name"] == "made"]
    assert [call["args"]["items"] for call in calls] == [2, 2, 1]
    assert calls[0]["args"]["type"] == "engine_nodes.work@1"
    assert "Tool" in calls[0]["args"]["tool"]
    names = [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] == "M"]
    assert {name["args"]["name"] for name in names} == {"MainThread", "mezzotint writer"}


def test_time_in_other_threads_passes_beside_the_run(tmp_path: Path) -> None:
    profile = Profile()

    def work() -> None:
        with profile.span("write"):
            pass

    with profile.span("run", "run"):
        thread = threading.Thread(target=work, name="writer")
        thread.start()
        thread.join()
    totals = {total.name: total for total in profile.totals}
    assert totals["write"].background
    assert not totals["run"].background
    assert profile.seconds == totals["run"].seconds
    assert len({event["tid"] for event in events(profile, tmp_path / "trace.json")}) == 2


def test_a_span_ends_when_what_it_holds_raises() -> None:
    profile = Profile()
    with pytest.raises(ValueError, match="inside"), profile.span("outer"), profile.span("inner"):
        raise ValueError("inside")
    assert [(total.name, total.calls) for total in profile.totals] == [("inner", 1), ("outer", 1)]


def test_nothing_is_recorded_unless_asked_for() -> None:
    tracer = Tracer()
    with tracer.span("outer", items=3), tracer.span("inner") as inner:
        assert inner is None
    assert tracer.span("one") is tracer.span("other")
