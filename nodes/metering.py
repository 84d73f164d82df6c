"""Measuring calls: seconds, the most memory held, and the energy that the graphics card used."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from ..graphs.costs import Cost

#: Writing this to it sets the peak of a Linux process's resident memory back to what it is now.
_CLEAR, _RESET_PEAK = Path("/proc/self/clear_refs"), "5"
_STATUS = Path("/proc/self/status")


class _Loading(threading.local):
    """How long this thread has waited for weights, what the card used meanwhile, and how deep it is in it."""

    seconds = 0.0
    joules = 0.0
    depth = 0


_loading = _Loading()
#: The most bytes that the card has held in any call whose peak has been set back since.
_before = 0


@contextmanager
def loading() -> Iterator[None]:
    """Holds while weights load, which is done once: a picture costs what each one takes."""
    _loading.depth += 1
    energy = _energy()
    started = time.perf_counter()
    try:
        yield
    finally:
        _loading.depth -= 1
        if _loading.depth == 0:
            _loading.seconds += time.perf_counter() - started
            used = _energy()
            if energy is not None and used is not None:
                _loading.joules += used - energy


def meter() -> Callable[[], Cost]:
    """Start to measure; a call of what is returned tells what has been spent since.

    Memory is that of the graphics card where torch uses one, else that of the process where the system can
    tell (Linux); energy comes from NVIDIA's own counter, of all that the card did. What can't be measured
    is None.
    """
    peak = _peak()
    energy = _energy()
    waited, wasted = _loading.seconds, _loading.joules
    started = time.perf_counter()

    def spent() -> Cost:
        _synchronize()
        seconds = time.perf_counter() - started - (_loading.seconds - waited)
        used = _energy()
        if energy is None or used is None:
            return Cost(seconds, peak())
        return Cost(seconds, peak(), used - energy - (_loading.joules - wasted))

    return spent


def highest() -> int:
    """The most bytes that the card has held so far, in this call or an earlier one."""
    return max(_before, int(_cuda().max_memory_allocated()))


def imported_torch() -> Any:
    """torch, where this process uses it; else None. Imports nothing by itself.

    Waits for another thread that is just importing it: half of it is of no use.
    """
    if "torch" not in sys.modules:
        return None
    import torch

    return torch


def _cuda() -> Any:
    """torch.cuda, where torch is in use and has a card; else None."""
    torch = imported_torch()
    return torch.cuda if torch is not None and torch.cuda.is_available() else None


def _synchronize() -> None:
    """Wait for the card: a call may return before its work is done."""
    cuda = _cuda()
    if cuda is not None:
        cuda.synchronize()


def _peak() -> Callable[[], int | None]:
    """What will tell the most bytes held from now on."""
    global _before
    cuda = _cuda()
    if cuda is not None:
        _before = highest()
        cuda.reset_peak_memory_stats()
        return lambda: int(cuda.max_memory_allocated())
    with suppress(OSError):
        _CLEAR.write_text(_RESET_PEAK)
        return _resident_peak
    return lambda: None


def _resident_peak() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return None


def _energy() -> float | None:
    """Joules that the card has used since it was set up; None without NVIDIA's library or such a counter.

    None too where torch computes on something else: what an idle card uses is no picture's cost.
    """
    card = _nvml_card()
    if card is None or (imported_torch() is not None and _cuda() is None):
        return None
    try:
        import pynvml

        return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(card)) / 1000
    except Exception:  # whatever the driver says: there is no reading
        return None


@cache
def _nvml_card() -> Any:
    """NVIDIA's handle of the card that torch computes on; None where there is none."""
    try:
        import pynvml

        pynvml.nvmlInit()
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
        if visible.isdigit():
            return pynvml.nvmlDeviceGetHandleByIndex(int(visible))
        return pynvml.nvmlDeviceGetHandleByUUID(visible)
    except Exception:  # the package is missing, or the driver, or the card
        return None
