"""Watching a run from a program: progress, previews, and ending it from a callback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs import stepping
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.program.watching import Preview, RunProgress
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Settings
from mezzotint.graphs.store import Store

TEXT = """
inputs: {text: {each: [red, blue, green]}, seed: {each: {range: 4}}, steps: 3}
nodes:
  painted: {use: paint, text: $text, seed: $seed, steps: $steps}
  count: {use: letters, text: $painted, over: [text, seed]}
outputs: {painted: $painted, count: $count}
"""


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add_file(Path(__file__).with_name("stepping_nodes.py"))
    return registry


@pytest.fixture
def made(registry: Registry) -> list[str]:
    found: list[str] = registry["paint"].function.__globals__["MADE"]
    return found


@pytest.fixture
def graph(tmp_path: Path, registry: Registry) -> Graph:
    path = tmp_path / "graph.yaml"
    path.write_text(TEXT, "utf-8")
    return Graph.load(path, registry)


@pytest.fixture
def run(graph: Graph, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    with Store(tmp_path / "store") as store:
        yield lambda **how: graph.run(store=store, settings=Settings(batch=4), **how)


class EnoughError(Exception):
    """What a callback may raise."""


def test_progress_is_told_after_every_step_and_every_call(run: Callable[..., Any]) -> None:
    told: list[RunProgress] = []
    run(progress=told.append)
    painting = [each for each in told if each.node == "painted"]
    assert [(each.step, each.done) for each in painting[:5]] == [(1, 0), (2, 0), (3, 0), (0, 4), (1, 4)]
    assert {each.to_do for each in painting} == {12}
    assert {(each.steps, each.run_to_do) for each in painting if each.step} == {(3, 13)}
    assert (told[-1].node, told[-1].run_done, told[-1].run_to_do) == ("count", 13, 13)
    assert [each.seconds for each in told] == sorted(each.seconds for each in told)


def test_what_is_stored_is_not_to_be_done(run: Callable[..., Any]) -> None:
    run()
    told: list[RunProgress] = []
    run(progress=told.append, text=each("red", "blue", "green", "white"))
    assert (told[0].node, told[0].run_to_do) == ("", 5)
    assert told[1].to_do == 4
    assert told[-1].run_to_do == told[-1].run_done == 5


def test_a_run_with_nothing_to_do_says_so(run: Callable[..., Any]) -> None:
    run()
    told: list[RunProgress] = []
    run(progress=told.append)
    assert [(entry.node, entry.run_done, entry.run_to_do) for entry in told] == [("", 0, 0)]


def test_failures_count_as_done(run: Callable[..., Any]) -> None:
    told: list[RunProgress] = []
    run(progress=told.append, text=each("red", "bad"))
    assert max(entry.done for entry in told if entry.node == "painted") == 8


def test_previews_come_every_few_steps_and_after_the_last_with_their_points(run: Callable[..., Any]) -> None:
    told: list[Preview] = []
    run(preview=told.append, every=3, steps=7, text=each("red"))
    assert [(each.step, each.steps, each.node) for each in told] == [
        (3, 7, "painted"),
        (6, 7, "painted"),
        (7, 7, "painted"),
    ]
    assert told[0].picture == "a sketch of red"
    assert told[0].point == {"text": "red", "seed": 0}
    assert [point["seed"] for point in told[0].points] == [0, 1, 2, 3]


def test_a_preview_every_0_steps_is_refused(run: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="every=1 is after each"):
        run(preview=print, every=0)


def test_results_are_the_same_under_watch(run: Callable[..., Any], graph: Graph, tmp_path: Path) -> None:
    watched = run(progress=lambda told: None, preview=lambda told: None, every=1)
    with Store(tmp_path / "other") as other:
        assert list(graph.run(store=other)["painted"]) == list(watched["painted"])


@pytest.mark.parametrize("error", [EnoughError("enough"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["progress", "preview"])
def test_what_a_callback_raises_ends_the_run_with_everything_finished_stored(
    run: Callable[..., Any], made: list[str], tmp_path: Path, error: BaseException, where: str
) -> None:
    def stop(told: Any) -> None:
        if len(made) == 8 and told.step == 2:
            raise error

    with pytest.raises(type(error)) as raised:
        run(**{where: stop}, every=1, out=tmp_path / "run")
    assert raised.value is error
    assert len(made) == 8
    assert (tmp_path / "run" / "items.parquet").exists()
    results = run(out=tmp_path / "run")
    assert len(made) == 12
    assert len(results["painted"]) == 12
    assert results.folder == tmp_path / "run"


def test_what_progress_raises_between_steps_ends_the_run_too(
    run: Callable[..., Any], made: list[str]
) -> None:
    def stop(told: RunProgress) -> None:
        if told.done:
            raise EnoughError

    with pytest.raises(EnoughError):
        run(progress=stop)
    run()
    assert len(made) == 12


def test_whoever_watches_from_outside_hears_and_may_end_the_run(
    run: Callable[..., Any], made: list[str]
) -> None:
    heard: list[int] = []

    def stop(told: stepping.Progress) -> None:
        heard.append(told.step)
        if len(heard) == 5:
            raise EnoughError

    with pytest.raises(EnoughError), stepping.watched(stop):
        run(progress=lambda told: None)
    assert heard == [1, 2, 3, 1, 2]
    assert len(made) == 4
