"""Networks in memory: loaded on first use, once a process, and run without loss of precision."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ...nodes.metering import loading

if TYPE_CHECKING:
    import torch

_Network = TypeVar("_Network")

AT_ONCE = 16
"""How many inputs a network sees at a time."""

_loaded: dict[Hashable, tuple[list[tuple[int, int]], Any]] = {}
# Held while loading: two threads that ask for the same network must not load it twice.
_lock = threading.RLock()


def loaded(what: Hashable, files: Iterable[Path], load: Callable[[], _Network]) -> _Network:
    """What ``load`` returns, kept for the process under ``what``; loaded again once a file has changed."""
    states = {str(path): path.stat() for path in files}
    stamps = [(state.st_size, state.st_mtime_ns) for state in states.values()]
    key = (what, *states)
    with _lock:
        held, network = _loaded.get(key, (None, None))
        if held != stamps:
            with loading():
                network = load()
            _loaded[key] = stamps, network
        return cast("_Network", network)


def release_models() -> None:
    """Forget every loaded network, so that its memory can be used for something else."""
    with _lock:
        _loaded.clear()


def embed(
    network: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    device: str,
    memory_format: torch.memory_format | None = None,
) -> torch.Tensor:
    """What ``network``, which lies on ``device``, makes of inputs ``[B, ...]``: float32, on the CPU.

    It sees ``AT_ONCE`` inputs at a time, so that memory doesn't grow with ``B``.
    """
    import torch

    form = memory_format or torch.preserve_format
    with torch.inference_mode(), _full_precision():
        parts = [
            network(inputs[first : first + AT_ONCE].to(device, memory_format=form)).float().cpu()
            for first in range(0, len(inputs) or 1, AT_ONCE)
        ]
        return torch.cat(parts)


@contextmanager
def _full_precision() -> Iterator[None]:
    """Convolutions in float32 proper: on NVIDIA cards torch would take TensorFloat-32, which has 10 bits."""
    import torch

    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
