"""Upscaler: a handle that names a learned upscaler, and the networks that this process holds."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..graphs.types import PortType
from . import device
from .metering import loading
from .model import DeviceName, Dtype
from .tensor_files import PICKLED, SUFFIX, read_shapes

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

#: How many networks stay in memory; the one that was used longest ago makes room.
MAX_LOADED = 2


@dataclass(frozen=True)
class UpscalerHandle:
    """Names a learned upscaler and how to run it; its weights load when a node first computes with it.

    Attributes:
        source: the file as the graph names it.
        path: where it lies on this machine.
        digest: of its content; what stands for it in keys.
        dtype: the weights' and the computation's number format.
        device: ``auto`` is settled on first use: cuda, then mps, then cpu.
    """

    source: str
    path: str
    digest: str
    dtype: Dtype = "float32"
    device: DeviceName = "auto"


class UpscalerType(PortType):
    """A learned upscaler. It doesn't stack: a micro-batch shares one."""

    name = "Upscaler"

    def digest(self, item: UpscalerHandle) -> bytes:
        """What its results depend on: the weights and the dtype, not the place or the device."""
        return json.dumps([item.digest, item.dtype]).encode()

    def cell(self, item: UpscalerHandle) -> str:
        return f"{Path(item.source).name} {item.digest} {item.dtype}"

    def split(self, batch: UpscalerHandle, count: int) -> list[Any]:
        if not isinstance(batch, UpscalerHandle):
            raise ValueError(f"an Upscaler is an UpscalerHandle, and this is a {type(batch).__name__}")
        return [batch]

    def stack(self, items: Sequence[UpscalerHandle]) -> UpscalerHandle:
        return items[0]

    def encode(self, item: UpscalerHandle) -> bytes:
        return json.dumps(asdict(item), sort_keys=True).encode()

    def decode(self, data: bytes) -> UpscalerHandle:
        return UpscalerHandle(**json.loads(data))


#: A handle to a learned upscaler; its weights load on first use.
Upscaler = Annotated[UpscalerHandle, UpscalerType()]

_loaded: OrderedDict[UpscalerHandle, ImageModelDescriptor[Any]] = OrderedDict()
_lock = threading.Lock()


def find(source: str) -> Path:
    """The file that a source names.

    Raises ValueError for one that doesn't exist, isn't whole, or could run code when it is read.
    """
    path = Path(source).expanduser()
    if path.suffix.lower() != SUFFIX:
        pickled = " (pickled files can run code when read)" if path.suffix.lower() in PICKLED else ""
        raise ValueError(
            f"source {source!r} is no {SUFFIX} file{pickled}; look for the model in that format, "
            "or convert it in a place that you trust"
        )
    if not path.is_file():
        raise ValueError(
            f"source {source!r} doesn't exist; expected a {SUFFIX} file of an upscaler's weights"
        )
    read_shapes(path)
    return path.absolute()


def network(upscaler: UpscalerHandle) -> ImageModelDescriptor[Any]:
    """The loaded network behind a handle: maps ``[1, 3, H, W]`` in [0, 1] to ``scale`` times the size.

    Raises ValueError for a device that isn't here, and for a file that holds no upscaler of RGB pictures.
    """
    with loading(), _lock:
        placed = replace(upscaler, device=device.resolve(upscaler.device))
        key = replace(placed, source="", path="")
        if key not in _loaded:
            while len(_loaded) >= MAX_LOADED:
                _loaded.popitem(last=False)
                device.TorchDevice().release()
            _loaded[key] = _load(placed)
        _loaded.move_to_end(key)
        return _loaded[key]


def _load(upscaler: UpscalerHandle) -> ImageModelDescriptor[Any]:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedDtypeError, UnsupportedModelError
    from spandrel import canonicalize_state_dict as canonical

    where = f"the upscaler {upscaler.path}"
    try:
        # The weights are read here: left to itself spandrel would unpickle files of other endings.
        weights = canonical(load_file(upscaler.path))
        with torch.inference_mode(False):  # weights born in it could never take part in anything else
            found = ModelLoader().load_from_state_dict(weights)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{where} can't be read: {error}") from error
    except UnsupportedModelError as error:
        raise ValueError(f"{where} is of no architecture that spandrel knows") from error
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(line.strip() for line in str(error).splitlines()[:2])
        raise ValueError(f"{where} can't be loaded: {reason}") from error
    if not isinstance(found, ImageModelDescriptor) or (found.input_channels, found.output_channels) != (3, 3):
        raise ValueError(
            f"{where} is a {found.architecture.name} that doesn't map RGB pictures to RGB pictures"
        )
    try:
        return found.to(torch.device(upscaler.device), getattr(torch, upscaler.dtype)).eval()
    except UnsupportedDtypeError as error:
        raise ValueError(f"{where} can't compute in {upscaler.dtype}; use float32") from error
