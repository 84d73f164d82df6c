"""What ComfyUI is told while a node runs, and what it may ask: progress, previews, interruption, memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ...graphs import stepping
from ...nodes.device import TorchDevice

#: Seconds between previews, at least: each costs decoding a picture.
PREVIEW_EVERY = 1.0
#: Pixels along the longer side of a preview, at most.
PREVIEW_SIZE = 512


@contextmanager
def watching(clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Holds while a node runs: its steps move ComfyUI's bar, and ComfyUI's interruption ends it.

    Previews are shown if ComfyUI was started with a preview method. Outside ComfyUI nothing happens.
    """
    if "comfy.utils" not in sys.modules or "comfy.model_management" not in sys.modules:
        yield
        return
    utils: Any = sys.modules["comfy.utils"]
    management: Any = sys.modules["comfy.model_management"]
    bar = utils.ProgressBar(1)
    last = clock()

    def hear(progress: stepping.Progress) -> None:
        nonlocal last
        management.throw_exception_if_processing_interrupted()
        picture = None
        if previews() and clock() - last >= PREVIEW_EVERY:
            last = clock()
            picture = progress.picture()
        preview = None if picture is None else ("JPEG", picture, PREVIEW_SIZE)
        bar.update_absolute(progress.step, progress.steps, preview)

    with stepping.watched(hear):
        yield


def previews() -> bool:
    """Whether ComfyUI shows previews at all."""
    found: Any = sys.modules.get("comfy.cli_args")
    method = getattr(getattr(found, "args", None), "preview_method", None)
    return method is not None and getattr(method, "value", method) != "none"


@contextmanager
def memory_errors() -> Iterator[None]:
    """Raise torch's own error where memory runs out in words alone: by it ComfyUI knows to make room."""
    try:
        yield
    except Exception as error:
        torch: Any = sys.modules.get("torch")
        if torch is None or not TorchDevice().is_out_of_memory(error):
            raise
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise torch.OutOfMemoryError(str(error)) from error
