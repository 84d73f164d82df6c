"""Results as they come, in loops of either kind; leaving a loop ends the run, and loses nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.program.streaming import Stream, Streamed
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Settings, TooManyFailures
from mezzotint.graphs.store import Store
from mezzotint.graphs.types import TextType

TEXT = """
inputs: {text: {each: [red, blue, green]}, seed: {each: {range: 4}}, steps: 3}
nodes:
  painted: {use: paint, text: $text, seed: $seed, steps: $steps}
  count: {use: letters, text: $painted, over: seed}
outputs: {painted: $painted, count: $count, text: $text}
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
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as store:
        yield store


#: One point after the other, and no more made than is taken but for what waits.
ONE_BY_ONE = Settings(batch=1, block=1)


def running() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "mezzotint run"]


def test_every_output_of_every_point_comes_once_as_a_run_gives_it(graph: Graph, store: Store) -> None:
    came = list(graph.stream(store=store))
    results = graph.run(store=store)
    assert {(one.output, one.index): one.item for one in came} == {
        (name, index): item for name, values in results.items() for index, item in enumerate(values)
    }
    assert len(came) == 12 + 3 + 3
    points = {(one.output, one.index): dict(one.point) for one in came}
    assert points["painted", 5] == results["painted"].points[5] == {"text": "blue", "seed": 1}
    assert points["count", 2] == {"text": "green"}
    assert not running()


def test_a_result_says_in_a_line_what_it_is() -> None:
    point = {"prompt": "a"}
    assert repr(Streamed("score", 0, point, 0.5)) == "<score[0] of {'prompt': 'a'}: 0.5>"
    assert (
        repr(Streamed("image", 1, point, object(), kind=TextType())) == "<image[1] of {'prompt': 'a'}: Text>"
    )
    assert repr(Streamed("score", 2, {}, None, failure="bad")) == "<score[2] of {}: bad>"


def test_what_fails_comes_too_with_its_reason(graph: Graph, store: Store) -> None:
    came = list(graph.stream(store=store, text=each("red", "bad")))
    failed = [one for one in came if one.failure]
    assert {one.output for one in failed} == {"painted", "count"}
    assert failed[0].item is None
    assert "this can't be painted" in str(failed[0].failure)


def test_results_come_before_the_run_is_over(graph: Graph, store: Store, made: list[str]) -> None:
    stream = iter(graph.stream(store=store, settings=ONE_BY_ONE, waiting=1, seed=each(range(500))))
    next(stream)
    # Of 1500 points: what the writer holds for a loop that is slow to take it, and no more.
    assert 1 <= len(made) < 1500
    stream.close()  # type: ignore[attr-defined]


def test_leaving_the_loop_ends_the_run_and_keeps_what_is_finished(
    graph: Graph, store: Store, made: list[str]
) -> None:
    for one in graph.stream(store=store, settings=ONE_BY_ONE, seed=each(range(500))):
        if one.output == "painted" and one.index == 3:
            break
    assert not running()
    before = len(made)
    assert before < 1500
    graph.run(store=store, seed=each(range(500)))
    assert len(made) == 1500


def test_an_exception_in_the_loop_ends_the_run(graph: Graph, store: Store) -> None:
    def interrupted() -> None:
        for _ in graph.stream(store=store):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not running()


def test_a_long_call_ends_at_its_next_step(graph: Graph, store: Store, made: list[str]) -> None:
    stream = graph.stream(store=store, settings=ONE_BY_ONE, seed=0, text="red", steps=1_000_000_000)
    loop = iter(stream)
    left = threading.Timer(0.05, stream.close)
    left.start()
    assert next(loop, None) is None
    left.join()
    assert not made
    assert not running()


def test_what_ends_the_run_is_raised_in_the_loop(graph: Graph, store: Store) -> None:
    settings = Settings(batch=1, block=1, max_failures=1)
    with pytest.raises(TooManyFailures):
        list(graph.stream(store=store, settings=settings, text=each("bad", "worse")))
    assert not running()


def test_mistakes_are_told_before_the_loop(graph: Graph) -> None:
    with pytest.raises(GraphError, match="sed"):
        graph.stream(sed=3)
    with pytest.raises(ValueError, match="at least one result waits"):
        graph.stream(waiting=0)


def test_a_stream_is_gone_through_once(graph: Graph, store: Store) -> None:
    stream = graph.stream(store=store)
    list(stream)
    with pytest.raises(RuntimeError, match="once"):
        list(stream)


def test_a_stream_that_nobody_goes_through_runs_nothing(graph: Graph, store: Store, made: list[str]) -> None:
    with graph.stream(store=store) as stream:
        assert isinstance(stream, Stream)
    assert not made


def test_it_leaves_a_run_folder_too(graph: Graph, store: Store, tmp_path: Path) -> None:
    list(graph.stream(store=store, out=tmp_path / "run"))
    assert (tmp_path / "run" / "items.parquet").exists()


def test_an_event_loop_goes_on_meanwhile(graph: Graph, store: Store) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async def gather() -> list[Streamed]:
        ticking = asyncio.create_task(tick())
        came = [one async for one in graph.stream(store=store)]
        ticking.cancel()
        return came

    came = asyncio.run(gather())
    assert len(came) == 18
    assert ticks > 1
    assert not running()


def test_an_async_loop_that_is_left_early_has_ended_the_run_when_the_block_ends(
    graph: Graph, store: Store, made: list[str]
) -> None:
    async def first() -> None:
        stream = graph.stream(store=store, settings=ONE_BY_ONE, seed=each(range(500)))
        async with stream:
            async for _ in stream:
                break
        assert not running()

    asyncio.run(first())
    assert len(made) < 1500


def test_without_the_block_it_ends_with_the_loop(graph: Graph, store: Store, made: list[str]) -> None:
    async def first() -> None:
        async for _ in graph.stream(store=store, settings=ONE_BY_ONE, seed=each(range(500))):
            break

    asyncio.run(first())
    assert not running()
    assert len(made) < 1500


def test_a_task_that_is_cancelled_ends_its_run(graph: Graph, store: Store, made: list[str]) -> None:
    async def cancelled() -> None:
        begun = asyncio.Event()

        async def go() -> None:
            begun.set()
            async for _ in graph.stream(store=store, text="red", seed=0, steps=1_000_000_000):
                pass

        task = asyncio.create_task(go())
        await begun.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert not running()
    assert not made


def test_what_ends_the_run_is_raised_in_an_async_loop(graph: Graph, store: Store) -> None:
    async def go() -> None:
        settings = Settings(batch=1, block=1, max_failures=1)
        async for _ in graph.stream(store=store, settings=settings, text=each("bad", "worse")):
            pass

    with pytest.raises(TooManyFailures):
        asyncio.run(go())


def test_a_plain_run_works_inside_an_event_loop(graph: Graph, store: Store) -> None:
    async def go() -> Any:
        return graph.run(store=store), await asyncio.to_thread(graph.run, store=store)

    here, beside = asyncio.run(go())
    assert list(here["painted"]) == list(beside["painted"])


def test_two_runs_at_once_on_one_store(graph: Graph, store: Store) -> None:
    results: dict[str, list[str]] = {}
    both = threading.Barrier(2)

    def go(text: str) -> None:
        both.wait()
        found = graph.run(store=store, text=each(text, "shared"), seed=each(range(50)))
        results[text] = list(found["painted"])

    threads = [threading.Thread(target=go, args=(text,)) for text in ("red", "blue")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text in ("red", "blue"):
        assert results[text] == [f"{word} {seed}" for word in (text, "shared") for seed in range(50)]
