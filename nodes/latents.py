"""Latents: what a sampler hands to a decoder, with a tag that says whose they are."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ..graphs.types import PortType
from .arrays import all_finite, concatenate, pack, rows, to_numpy, to_torch, unpack

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class LatentTag:
    """Which model's latents these are, and of what picture.

    Attributes:
        family: name of the model family, such as ``stable_diffusion``.
        space: the latent space in words, equal for checkpoints whose decoders can stand in for each other.
        width: of the decoded picture, in pixels.
        height: of the decoded picture, in pixels.
        packing: how the samples are laid out: ``grid`` ``[B, C, h, w]`` or ``tokens`` ``[B, n, C]``.
    """

    family: str
    space: str
    width: int
    height: int
    packing: Literal["grid", "tokens"] = "grid"

    def __str__(self) -> str:
        return f"{self.family} ({self.space}, {self.packing})"

    def decodes_with(self, other: LatentTag) -> bool:
        """Whether a decoder for ``other`` can decode these; their sizes may differ."""
        return (self.family, self.space, self.packing) == (other.family, other.space, other.packing)


@dataclass(frozen=True)
class LatentBatch:
    """Latents of one tag; an item is a batch of one.

    Attributes:
        samples: ``[B, C, h, w]`` (or ``[B, n, C]`` when packed) in the model's dtype, as the sampler
            left them, not yet divided by the scaling factor. float16, float32 or, for token models, int64.
        tag: whose they are.
    """

    samples: torch.Tensor
    tag: LatentTag

    def __len__(self) -> int:
        return len(self.samples)

    def as_tensor(self) -> torch.Tensor:
        """The samples as a tensor, also of an item fresh from the store."""
        return to_torch(self.samples)


class LatentsType(PortType):
    """Latents with their tag."""

    name = "Latents"
    stacks = True
    suffix = ".safetensors"
    folder = "latents"

    def shape(self, item: LatentBatch) -> Hashable:
        return item.tag, tuple(item.samples.shape), str(item.samples.dtype).removeprefix("torch.")

    def stack(self, items: Sequence[LatentBatch]) -> LatentBatch:
        return LatentBatch(concatenate([item.samples for item in items]), items[0].tag)

    def split(self, batch: LatentBatch, count: int) -> list[Any]:
        if not isinstance(batch, LatentBatch):
            raise ValueError(f"Latents are a LatentBatch, and this is a {type(batch).__name__}")
        if len(batch.samples) != count:
            raise ValueError(f"{count} items went in and {len(batch.samples)} latents came out")
        return [LatentBatch(row, batch.tag) for row in rows(batch.samples, count)]

    def is_batch(self, value: object) -> bool:
        return isinstance(value, LatentBatch)

    def give(self, items: Sequence[LatentBatch], single: bool) -> Any:
        """One :class:`LatentBatch`, also of a single item; a list of them where their sizes differ."""
        return self.stack(items) if len({self.shape(item) for item in items}) == 1 else list(items)

    def array(self, items: Sequence[LatentBatch], dtype: str | None = None) -> Any:
        """The samples, ``[N, C, h, w]``."""
        samples = to_numpy(self.tensor(items))
        return samples if dtype is None else samples.astype(dtype)

    def tensor(self, items: Sequence[LatentBatch]) -> torch.Tensor:
        """The samples, ``[N, C, h, w]``."""
        if len({self.shape(item) for item in items}) > 1:
            raise ValueError("the latents are of several shapes or models: take them one by one")
        return self.stack(items).as_tensor()

    def encode(self, item: LatentBatch) -> bytes:
        return pack({"samples": item.samples}, asdict(item.tag))

    def decode(self, data: bytes) -> LatentBatch:
        arrays, tag = unpack(data)
        return LatentBatch(arrays["samples"], LatentTag(**tag))  # type: ignore[arg-type]

    def nbytes(self, item: LatentBatch) -> int:
        return int(item.samples.nbytes) + 256

    def is_finite(self, item: LatentBatch) -> bool:
        return all_finite(item.samples)


#: Latents with the tag of their model.
Latents = Annotated[LatentBatch, LatentsType()]
