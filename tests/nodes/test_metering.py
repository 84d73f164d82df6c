"""Measuring calls: loading doesn't count, and what can't be measured is absent."""

from __future__ import annotations

import sys
import types

import pytest

from mezzotint.nodes import metering
from mezzotint.nodes.device import TorchDevice


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(metering.time, "perf_counter", lambda: now[0])
    return now


def test_seconds_pass_but_not_while_weights_load(clock):
    spent = metering.meter()
    clock[0] += 2
    with metering.loading():
        clock[0] += 100
        with metering.loading():  # a model may load another
            clock[0] += 50
    clock[0] += 1
    assert spent().seconds == 3


def test_what_was_loaded_before_has_no_say(clock):
    with metering.loading():
        clock[0] += 100
    spent = metering.meter()
    clock[0] += 1
    assert spent().seconds == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process's peak")
def test_memory_is_the_peak_of_the_call_alone():
    held = bytearray(200 << 20)
    high = metering.meter()
    held[::4096] = b"x" * len(held[::4096])
    first = high().peak_memory
    del held
    low = metering.meter()
    second = low().peak_memory
    assert first is not None
    assert second is not None
    assert first - second > 150 << 20


def card(**functions):
    """A stand-in for NVIDIA's library."""
    module = types.ModuleType("pynvml")
    by_index, by_uuid = (lambda index: f"card {index}"), (lambda name: f"card {name}")
    handles = {"nvmlDeviceGetHandleByIndex": by_index, "nvmlDeviceGetHandleByUUID": by_uuid}
    vars(module).update({"nvmlInit": lambda: None, **handles, **functions})
    return module


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch):
    cuda = types.SimpleNamespace(
        is_available=lambda: True,
        synchronize=lambda: None,
        reset_peak_memory_stats=lambda: None,
        max_memory_allocated=lambda: 0,
    )
    monkeypatch.setattr(metering, "_cuda", lambda: cuda)

    def install(**functions):
        monkeypatch.setitem(sys.modules, "pynvml", card(**functions))
        metering._nvml_card.cache_clear()

    yield install
    metering._nvml_card.cache_clear()


def test_energy_is_what_the_cards_counter_rose_by_in_joules(nvml):
    readings = iter([5_000_000, 5_012_500])
    nvml(nvmlDeviceGetTotalEnergyConsumption=lambda card: next(readings))
    assert metering.meter()().joules == 12.5


def test_energy_is_not_counted_while_weights_load(nvml):
    readings = iter([1000, 3000, 4000, 90_000, 91_000, 91_500])
    nvml(nvmlDeviceGetTotalEnergyConsumption=lambda card: next(readings))
    spent = metering.meter()
    with metering.loading(), metering.loading():  # a model may load another
        pass
    assert spent().joules == pytest.approx((91_000 - 1000) / 1000 - (90_000 - 3000) / 1000)


def test_an_idle_card_beside_a_torch_without_one_is_no_cost(nvml, monkeypatch):
    nvml(nvmlDeviceGetTotalEnergyConsumption=lambda card: 1000)
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace())
    monkeypatch.setattr(metering, "_cuda", lambda: None)
    assert metering.meter()().joules is None


def test_the_card_that_torch_computes_on_is_read(nvml, monkeypatch):
    asked = []

    def read(card):
        asked.append(card)
        return 0

    nvml(nvmlDeviceGetTotalEnergyConsumption=read)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    metering.meter()
    metering._nvml_card.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-5a")
    metering.meter()
    assert asked == ["card 3", "card GPU-5a"]


def test_without_a_counter_energy_is_absent(nvml):
    def unsupported(card):
        raise RuntimeError("Not Supported")

    nvml(nvmlDeviceGetTotalEnergyConsumption=unsupported)
    assert metering.meter()().joules is None


def test_the_peak_of_a_whole_run_outlives_the_calls(monkeypatch):
    peaks = iter([70, 30, 30])
    cuda = types.SimpleNamespace(
        is_available=lambda: True,
        synchronize=lambda: None,
        reset_peak_memory_stats=lambda: None,
        max_memory_allocated=lambda: next(peaks),
    )
    monkeypatch.setattr(metering, "_cuda", lambda: cuda)
    monkeypatch.setattr(metering, "_before", 0)
    spent = metering.meter()  # sets the peak of 70 back
    assert spent().peak_memory == 30
    assert metering.highest() == 70


def test_the_device_of_a_run_measures_so():
    cost = TorchDevice().meter()()
    assert cost.seconds is not None
    assert cost.seconds >= 0
