"""Networks in memory: loading them is no part of what a picture takes."""

from __future__ import annotations

from types import SimpleNamespace

from mezzotint.evaluation.extractors.networks import loaded
from mezzotint.nodes import metering


def test_the_seconds_of_a_call_leave_out_the_loading_of_its_network(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(metering, "time", SimpleNamespace(perf_counter=lambda: clock[0]))

    def load() -> str:
        clock[0] += 30
        return "a network"

    spent = metering.meter()
    assert loaded(("toy", id(clock)), (), load) == "a network"
    clock[0] += 2
    assert spent().seconds == 2
