"""How far a call is: told by the call, heard by whoever watches, nobody else's business."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from mezzotint.graphs import stepping
from mezzotint.graphs.deadline import within


def work(steps: int = 3) -> str:
    for step in range(steps):
        with suppress(Exception):  # work may take any exception for a failure of its own
            stepping.done(step + 1, steps)
    return "done"


def test_nobody_need_watch() -> None:
    assert work() == "done"


def test_a_watcher_hears_every_step() -> None:
    heard: list[stepping.Progress] = []
    with stepping.watched(heard.append):
        work()
    work()
    assert [(told.step, told.steps) for told in heard] == [(1, 3), (2, 3), (3, 3)]
    assert heard[0].picture() is None


def test_the_innermost_watcher_hears() -> None:
    outer: list[stepping.Progress] = []
    inner: list[stepping.Progress] = []
    with stepping.watched(outer.append):
        with stepping.watched(inner.append):
            work(1)
        work(2)
    assert (len(outer), len(inner)) == (2, 1)


def test_what_a_watcher_raises_ends_the_call() -> None:
    def enough(told: stepping.Progress) -> None:
        if told.step == 2:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"), stepping.watched(enough):
        work()
    assert work() == "done"


def test_parts_one_after_the_other_are_one_call() -> None:
    heard: list[stepping.Progress] = []
    with stepping.watched(heard.append):
        for index in range(2):
            with stepping.part(index, 2):
                work()
    assert [told.step for told in heard] == [1, 2, 3, 4, 5, 6]
    assert {told.steps for told in heard} == {6}


def test_calls_side_by_side_have_watchers_of_their_own() -> None:
    heard: dict[int, list[int]] = {2: [], 3: []}
    both = threading.Barrier(2)

    def watch(steps: int) -> None:
        with stepping.watched(lambda told: heard[steps].append(told.steps)):
            both.wait()
            work(steps)

    threads = [threading.Thread(target=watch, args=(steps,)) for steps in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {2: [2, 2], 3: [3, 3, 3]}


def test_a_call_with_a_deadline_is_watched_too() -> None:
    heard: list[stepping.Progress] = []
    with stepping.watched(heard.append):
        assert within(60, work, lambda: None) == "done"
    assert len(heard) == 3
