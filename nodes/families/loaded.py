"""The weights that this process holds: loaded on first use, shared by every node that names them."""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from dataclasses import replace

from .. import device
from ..metering import loading
from ..model import ModelHandle
from . import live
from .family import Family

#: How many models stay in memory; the one that was used longest ago makes room.
MAX_LOADED = 2

#: Where each family's adapter is: module below this package, and class.
ADAPTERS: dict[str, tuple[str, str]] = {
    "stable_diffusion": (".stable_diffusion", "StableDiffusion"),
}

_loaded: OrderedDict[ModelHandle, Family] = OrderedDict()
_lock = threading.Lock()


def adapter(model: ModelHandle) -> Family:
    """The loaded model behind a handle; loads it where this process doesn't hold it yet.

    Handles of equal weights that run in the same way share one, whatever they are called; a model in memory
    is looked at anew, since it may have changed. Raises ValueError where it has, for a device that isn't
    here, an offload that makes no sense there, attention that needs a package which isn't installed, or
    weights that can't be read.
    """
    with loading():
        return live.family(model) if live.is_live(model.source) else _adapter(model)


def _adapter(model: ModelHandle) -> Family:
    where = device.resolve(model.device)
    device.check_offload(model.offload, where)
    device.check_attention(model.attention)
    placed = replace(model, device=where)
    key = replace(placed, source="", revision=None, path="", variant=None)
    with _lock:
        if key in _loaded:
            _loaded.move_to_end(key)
            return _loaded[key]
        while len(_loaded) >= MAX_LOADED:
            _loaded.popitem(last=False)
            device.TorchDevice().release()  # the next model may need the room
        _loaded[key] = _load(placed)
        return _loaded[key]


def forget() -> None:
    """Let go of every loaded model."""
    with _lock:
        _loaded.clear()


def _load(model: ModelHandle) -> Family:
    import torch

    module, class_name = ADAPTERS[model.family]
    family: type[Family] = getattr(importlib.import_module(module, __package__), class_name)
    device.hush()
    # Weights born in inference mode could never take part in anything else.
    with torch.inference_mode(False):
        return family.load(model)
