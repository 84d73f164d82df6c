"""A batch on a processor, a part of it to each core.

Torch spreads every operation over all cores and waits for the slowest before the next. A small model has many
small operations, and loses a good part of its time that way; with a part of the batch to each core, the cores
wait for each other once a call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

import torch

from ...graphs import stepping

#: Every core reads all weights for its own part, so models beyond this many bytes are left to torch.
MOST_WEIGHTS = 256 << 20

Part = TypeVar("Part")


def suits(*modules: Any) -> bool:
    """Whether models are small enough for this way."""
    weights = sum(int(weight.nbytes) for module in modules for weight in module.parameters())
    return weights <= MOST_WEIGHTS


class _Stopped(Exception):  # noqa: N818 - not what went wrong
    """Ends a part at its next step, because another one failed or the whole was interrupted."""


def in_parts(count: int, compute: Callable[[slice], Part]) -> list[Part]:
    """``compute`` of consecutive parts of a batch of ``count``, in order; raises what the first raised.

    There are as many parts as torch may use threads here, so that equal settings give equal parts. Who
    watches the steps hears those of the first part: the others are as far. When one fails, or the wait for
    them is interrupted, all end at their next step.
    """
    threads = torch.get_num_threads()
    lanes = min(threads, count)
    if lanes < 2:
        return [compute(slice(0, count))]
    bounds = [count * lane // lanes for lane in range(lanes + 1)]
    inferring = torch.is_inference_mode_enabled()
    ending = threading.Event()
    tell = stepping.watcher()

    def work(part: slice) -> Part:
        def step(progress: stepping.Progress) -> None:
            if ending.is_set():
                raise _Stopped
            if part.start == 0:
                tell(progress)

        # Modes belong to a thread, and these threads know nothing of the caller's.
        try:
            with torch.inference_mode(inferring), torch.no_grad(), stepping.watched(step):
                return compute(part)
        except BaseException:
            ending.set()
            raise

    parts = [slice(start, stop) for start, stop in pairwise(bounds)]
    pending = [_threads(threads).submit(copy_context().run, work, part) for part in parts]
    try:
        wait(pending)
    except BaseException:
        ending.set()
        wait(pending)
        raise
    failed = [error for future in pending if (error := future.exception()) is not None]
    for error in sorted(failed, key=lambda error: isinstance(error, _Stopped)):
        raise error
    return [future.result() for future in pending]


@lru_cache(maxsize=1)
def _threads(count: int) -> Executor:
    """Threads that use one core each."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="lane", initializer=_use_one_core)
    everyone = threading.Barrier(count + 1)
    for _ in range(count):
        pool.submit(everyone.wait)
    everyone.wait()
    # What a thread sets for itself is also what later threads begin with: that stays as it was.
    torch.set_num_threads(count)
    return pool


def _use_one_core() -> None:
    torch.get_num_threads()  # the first question sets it to what threads begin with
    torch.set_num_threads(1)
