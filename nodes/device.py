"""What the engine must know of a device: memory that ran out, memory in use, and libraries that chatter.

Importing this module imports no torch, and no method imports it on its own account: before anything has
computed there is no memory to free and no mode to enter.
"""

from __future__ import annotations

import contextlib
import gc
import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from . import metering
from .metering import imported_torch

if TYPE_CHECKING:
    from ..graphs.costs import Cost
    from .model import DeviceName

#: What torch says when memory runs out and the error has no type of its own.
OUT_OF_MEMORY_WORDS = (
    "out of memory",
    "can't allocate memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)

#: Read by the libraries when they are first imported.
QUIET_ENVIRONMENT = {
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_VERBOSITY": "error",
}

LIBRARIES = ("diffusers", "transformers", "huggingface_hub")

RECORDED_PACKAGES = ("torch", "diffusers", "transformers")

_quiet = False


class TorchDevice:
    """The device protocol of the engine, for torch on CUDA, MPS and the CPU."""

    @property
    def name(self) -> str:
        """The machine, its cores, and the graphics cards that it may use."""
        cards = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
        return f"{platform.node()}, {os.cpu_count()} cores, cards: {cards}"

    def has_room(self) -> bool:
        """Whether main memory would hold once more what the process has held at its peak.

        Memory of an accelerator is simply tried: there a call that wants too much fails without harm.
        """
        import psutil

        process = psutil.Process()
        if sys.platform == "win32":
            peak = process.memory_info().peak_wset
        else:
            import resource

            unit = 1 if sys.platform == "darwin" else 1024
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        return bool(psutil.virtual_memory().available > peak)

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether a smaller micro-batch might succeed where this error was raised."""
        torch = imported_torch()
        kinds: tuple[type[BaseException], ...] = (MemoryError,)
        if torch is not None:
            kinds = (MemoryError, torch.OutOfMemoryError)
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, kinds):
                return True
            if isinstance(cause, RuntimeError) and any(word in str(cause) for word in OUT_OF_MEMORY_WORDS):
                return True
            cause = cause.__cause__
        return False

    def release(self) -> None:
        """Give unused memory back. Loaded weights stay."""
        gc.collect()
        torch = imported_torch()
        if torch is None:
            return
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        elif torch.backends.mps.is_available():
            torch.mps.empty_cache()

    def inference(self) -> AbstractContextManager[None]:
        """A context in which torch keeps no gradients."""
        return _inference()

    def peak_memory(self) -> int | None:
        """The most accelerator memory held so far, in bytes; None on a CPU. MPS only knows the present."""
        torch = imported_torch()
        if torch is None:
            return None
        if torch.cuda.is_available():
            return metering.highest()
        if torch.backends.mps.is_available():
            return int(torch.mps.driver_allocated_memory())
        return None

    def meter(self) -> Callable[[], Cost]:
        """Start to measure what calls spend; see :func:`.metering.meter`."""
        return metering.meter()

    def quiet(self) -> None:
        """Turn off progress bars and remarks of the model libraries, those not yet imported too."""
        global _quiet
        _quiet = True
        for name, value in QUIET_ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        for library in LIBRARIES:  # deprecations are for whoever maintains the code, not for whoever draws
            warnings.filterwarnings("ignore", category=FutureWarning, module=rf"{library}\b")
        # Where a notebook lacks a package for their progress bars, which are off.
        warnings.filterwarnings("ignore", message="IProgress not found")
        hush()

    def versions(self) -> dict[str, str]:
        """Versions of what pictures depend on, and the accelerator's name once torch is in use."""
        found = dict(_package_versions())
        torch = imported_torch()
        if torch is not None:
            found["device"] = torch.cuda.get_device_name() if torch.cuda.is_available() else resolve("auto")
        return found


@lru_cache(maxsize=1)
def _package_versions() -> dict[str, str]:
    found = {}
    for package in RECORDED_PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def hush() -> None:
    """Silence the libraries imported so far, if quiet was asked for; whoever imports more calls it again."""
    if not _quiet:
        return
    for library in ("diffusers", "transformers"):
        logging = sys.modules.get(f"{library}.utils.logging")
        if logging is not None:
            logging.set_verbosity_error()
            logging.disable_progress_bar()
    hub = sys.modules.get("huggingface_hub.utils")
    if hub is not None:
        with contextlib.suppress(AttributeError):
            hub.disable_progress_bars()


def resolve(device: str) -> DeviceName:
    """The device that ``auto`` means here: cuda, then mps, then cpu. ValueError for one that isn't here."""
    import torch

    present: dict[DeviceName, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    available = [name for name, here in present.items() if here]
    for name in available:
        if device in ("auto", name):
            return name
    raise ValueError(f"there is no device {device!r} here; available: {', '.join(available)} (or auto)")


def check_offload(offload: str, device: str) -> None:
    """ValueError where parts of a model can't be moved off the device that computes."""
    if offload != "none" and device == "cpu":
        raise ValueError(
            f"offload {offload!r} spares the memory of a graphics card, and this computes on the cpu; "
            "leave offload out"
        )


def check_attention(attention: str) -> None:
    """ValueError where a way to compute attention needs a package that isn't here."""
    if attention == "xformers" and find_spec("xformers") is None:
        raise ValueError(
            "attention 'xformers' needs the package xformers, which isn't installed; leave attention out"
        )


def memories() -> list[tuple[str, str, int | None, int | None]]:
    """The devices here: name, what it is, bytes of memory in all and free; None for what can't be told."""
    import torch

    found: list[tuple[str, str, int | None, int | None]] = []
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        found.append((f"cuda:{index}", torch.cuda.get_device_name(index), total, free))
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple's graphics", int(torch.mps.recommended_max_memory()), None))
    number = torch.get_num_threads()
    threads = f"{number} thread{'s' if number > 1 else ''}"
    return [*found, ("cpu", threads, _pages("SC_PHYS_PAGES"), _pages("SC_AVPHYS_PAGES"))]


def _pages(name: str) -> int | None:
    """Bytes of memory by a count of pages, where the system tells it."""
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


@contextmanager
def _inference() -> Iterator[None]:
    torch = imported_torch()
    if torch is None:  # a text-only node must not pay for importing torch
        yield
        return
    with torch.inference_mode():
        yield
