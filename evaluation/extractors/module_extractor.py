"""Any ``torch.nn.Module`` as an extractor."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .networks import embed
from .preprocessing import OpenClipResize, Preprocessing
from .resize_rules import check_rule

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class ModuleExtractor:
    """A module that maps pictures ``[B, 3, height, width]`` to features ``[B, d]``, where it lies.

    ``ModuleExtractor(network, name="ours", size=224)``; in graphs under a name of its own by
    :func:`~mezzotint.evaluation.register_extractor`. It is called in evaluation mode, without gradients, and
    left as it was.

    Attributes:
        module: any module; it stays on its device and in its dtype.
        name: what it is called in messages and records.
        size: of its input in pixels: the side, or (height, width).
        resize: a rule of :mod:`.resize_rules`, or open_clip's.
        mean: of the channels, of pixels in [0, 1].
        std: of the channels.

    Raises ValueError for settings that make no sense.
    """

    module: torch.nn.Module
    name: str
    size: int | tuple[int, int]
    resize: str | OpenClipResize = "clean"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if isinstance(self.resize, str):
            check_rule(self.resize)
        if min(self._sides) < 1:
            raise ValueError(f"the size of {self.name!r} is at least 1 pixel, and {self.size} was given")
        if len(self.mean) != 3 or len(self.std) != 3 or not all(value > 0 for value in self.std):
            raise ValueError(f"{self.name!r} takes three means and three standard deviations above 0")

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(*self._sides, self.resize, tuple(self.mean), tuple(self.std))

    @cached_property
    def dimension(self) -> int:
        """The length of a feature, found with one black picture."""
        import torch

        return int(self(torch.zeros(1, 3, *self._sides)).shape[1])

    @property
    def dtype(self) -> str:
        return str(self._place[1]).removeprefix("torch.")

    def digest(self, *, fetch: bool = False) -> str:
        """32 hex digits of the module's tensors, structure, the code of its classes, and the preprocessing.

        They are of the module as it is now: a step of training changes them.
        """
        import torch

        digest = hashlib.blake2b(digest_size=16)
        structure = [repr(self.module), *self._code(), json.dumps(asdict(self.preprocessing))]
        digest.update("\0".join(structure).encode())
        for name, tensor in sorted(self.module.state_dict().items()):
            digest.update(f"\0{name} {tensor.dtype} {list(tensor.shape)}\0".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        device, dtype = self._place
        inputs = self.preprocessing(images).to(dtype)
        with _evaluating(self.module):
            features = embed(self.module, inputs, str(device))
        if features.ndim != 2 or len(features) != len(images):
            raise ValueError(
                f"the extractor {self.name!r} made {list(features.shape)} of {len(images)} pictures; "
                "its module should return features [B, d]"
            )
        return features

    @property
    def _sides(self) -> tuple[int, int]:
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def _place(self) -> tuple[torch.device, torch.dtype]:
        import torch

        tensors = (*self.module.parameters(), *self.module.buffers())
        floats = [tensor for tensor in tensors if tensor.is_floating_point()]
        return (floats[0].device, floats[0].dtype) if floats else (torch.device("cpu"), torch.float32)

    def _code(self) -> list[str]:
        """The source of the module's classes, but for torch's own, which versions would tell apart."""
        kinds = {type(module) for module in self.module.modules()}
        own = [kind for kind in kinds if kind.__module__.partition(".")[0] != "torch"]
        return sorted(_source(kind) for kind in own)


def _source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):  # written at a prompt, or compiled
        return f"{kind.__module__}.{kind.__qualname__}"


@contextmanager
def _evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; each part then returns to the mode that it was in."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
