"""Model: a handle that names weights without loading them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from ..graphs.types import PortType

Dtype = Literal["float32", "float16", "bfloat16"]
DeviceName = Literal["auto", "cuda", "mps", "cpu"]
Offload = Literal["none", "model", "sequential"]
Attention = Literal["sdpa", "eager", "sliced", "xformers"]


@dataclass(frozen=True)
class ModelHandle:
    """Names a checkpoint and how to run it; making one imports no model library.

    The weights load when a node first computes with it (:func:`mezzotint.nodes.families.adapter`), so a run
    that finds everything in the store never loads them.

    Attributes:
        source: as the graph names it: ``starter``, a folder, a single file, or a hub id.
        revision: of a hub id, as asked for.
        path: where the weights lie on this machine: a folder in diffusers' layout, or a single file.
        digest: of its configurations and weight files; what stands for the model in keys.
        family: name of the model family, which picks the adapter.
        dtype: the weights' and the computation's number format.
        device: ``auto`` is settled on first use: cuda, then mps, then cpu.
        compile: whether the denoiser is compiled on first use.
        variant: which of several weights of the folder, such as ``fp16``.
        offload: whether the parts lie in host memory while they don't compute: whole, or layer by layer.
        attention: how attention is computed; all ways agree to float rounding.
        channels_last: whether weights and pictures lie with their channels innermost.
    """

    source: str
    revision: str | None
    path: str
    digest: str
    family: str
    dtype: Dtype = "float32"
    device: DeviceName = "auto"
    compile: bool = False
    variant: str | None = None
    offload: Offload = "none"
    attention: Attention = "sdpa"
    channels_last: bool = False

    def __str__(self) -> str:
        return f"{self.source} ({self.family})"


class ModelType(PortType):
    """A model. It doesn't stack: a micro-batch shares one."""

    name = "Model"

    def parse(self, value: object) -> ModelHandle:
        """A handle that a program gives, such as that of a model which it trains."""
        if isinstance(value, ModelHandle):
            return value
        raise ValueError("a Model can't be written as a literal; give it the output of load_model")

    def digest(self, item: ModelHandle) -> bytes:
        """What its results depend on: the weights and the dtype, not the place or the device."""
        return json.dumps([item.digest, item.family, item.dtype]).encode()

    def cell(self, item: ModelHandle) -> str:
        return f"{item.source} {item.digest} {item.dtype}"

    def split(self, batch: ModelHandle, count: int) -> list[Any]:
        if not isinstance(batch, ModelHandle):
            raise ValueError(f"a Model is a ModelHandle, and this is a {type(batch).__name__}")
        return [batch]

    def stack(self, items: Sequence[ModelHandle]) -> ModelHandle:
        if len(set(items)) != 1:
            raise ValueError(f"a batch shares one model, and {len(set(items))} were given")
        return items[0]

    def encode(self, item: ModelHandle) -> bytes:
        return json.dumps(asdict(item), sort_keys=True).encode()

    def decode(self, data: bytes) -> ModelHandle:
        return ModelHandle(**json.loads(data))


#: A handle to a model; its weights load on first use.
Model = Annotated[ModelHandle, ModelType()]
