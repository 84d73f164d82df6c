"""Python's warnings while node functions run: each goes to its own run, and none is lost after it."""

from __future__ import annotations

import threading
import warnings

import pytest

from mezzotint.graphs.remarks import remarks


def test_what_users_are_to_know_is_gathered_every_time() -> None:
    with remarks() as heard:
        for _ in range(2):
            warnings.warn("mind the paint", stacklevel=1)
        warnings.warn("for whoever maintains the code", DeprecationWarning, stacklevel=1)
    assert heard == ["mind the paint", "mind the paint"]


def test_calls_that_overlap_hear_their_own_and_leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters), warnings.showwarning
    heard: dict[str, list[str]] = {}
    begun, ended = threading.Barrier(2), threading.Event()

    def call(name: str, *, first: bool) -> None:
        with remarks() as own:
            begun.wait()
            if not first:
                ended.wait()
            warnings.warn(name, stacklevel=1)
        heard[name] = own
        ended.set()

    threads = [threading.Thread(target=call, args=(name,), kwargs={"first": name == "a"}) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"a": ["a"], "b": ["b"]}
    assert (list(warnings.filters), warnings.showwarning) == before


def test_warnings_of_others_go_where_they_went() -> None:
    def warn_elsewhere() -> list[str]:
        with remarks() as heard:
            other = threading.Thread(target=lambda: warnings.warn("of another thread", stacklevel=1))
            other.start()
            other.join()
        return heard

    with pytest.warns(UserWarning, match="of another thread"):
        assert warn_elsewhere() == []
