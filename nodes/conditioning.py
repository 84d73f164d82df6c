"""Conditioning: what a text encoder hands to a sampler."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ..graphs.types import PortType
from .arrays import all_finite, concatenate, pack, rows, to_torch, unpack

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ConditioningBatch:
    """Encoded prompts of one model family; an item is a batch of one.

    Attributes:
        family: name of the model family whose encoders made it.
        tensors: by the name under which the family's pipeline takes them (``prompt_embeds``, …), each with
            the batch as its first dimension.
        truncated: how many tokens of each prompt (or of its negative, if more) the encoder's limit cut off.
    """

    family: str
    tensors: Mapping[str, torch.Tensor]
    truncated: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.truncated)

    def as_tensors(self) -> dict[str, torch.Tensor]:
        """The tensors, also of an item fresh from the store."""
        return {name: to_torch(tensor) for name, tensor in self.tensors.items()}


class ConditioningType(PortType):
    """Encoded prompts."""

    name = "Conditioning"
    stacks = True
    suffix = ".safetensors"
    folder = "conditioning"

    def shape(self, item: ConditioningBatch) -> Hashable:
        tensors = sorted(item.tensors.items())
        return item.family, tuple(
            (name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")) for name, tensor in tensors
        )

    def stack(self, items: Sequence[ConditioningBatch]) -> ConditioningBatch:
        names = items[0].tensors
        return ConditioningBatch(
            items[0].family,
            {name: concatenate([item.tensors[name] for item in items]) for name in names},
            tuple(count for item in items for count in item.truncated),
        )

    def split(self, batch: ConditioningBatch, count: int) -> list[Any]:
        if not isinstance(batch, ConditioningBatch):
            raise ValueError(f"Conditioning is a ConditioningBatch, and this is a {type(batch).__name__}")
        lengths = {len(batch), *(len(tensor) for tensor in batch.tensors.values())}
        if lengths != {count}:
            raise ValueError(f"{count} items went in and {max(lengths)} encoded prompts came out")
        columns = {name: rows(tensor, count) for name, tensor in batch.tensors.items()}
        return [
            ConditioningBatch(
                batch.family,
                {name: column[index] for name, column in columns.items()},
                (batch.truncated[index],),
            )
            for index in range(count)
        ]

    def is_batch(self, value: object) -> bool:
        return isinstance(value, ConditioningBatch)

    def give(self, items: Sequence[ConditioningBatch], single: bool) -> Any:
        """One :class:`ConditioningBatch`, also of a single item; a list where their shapes differ."""
        return self.stack(items) if len({self.shape(item) for item in items}) == 1 else list(items)

    def encode(self, item: ConditioningBatch) -> bytes:
        return pack(item.tensors, {"family": item.family, "truncated": list(item.truncated)})

    def decode(self, data: bytes) -> ConditioningBatch:
        arrays, note = unpack(data)
        return ConditioningBatch(note["family"], arrays, tuple(note["truncated"]))  # type: ignore[arg-type]

    def nbytes(self, item: ConditioningBatch) -> int:
        return sum(int(tensor.nbytes) for tensor in item.tensors.values()) + 256

    def is_finite(self, item: ConditioningBatch) -> bool:
        return all(all_finite(tensor) for tensor in item.tensors.values())

    def flags(self, item: ConditioningBatch) -> tuple[str, ...]:
        """``truncated`` when the prompt or its negative was longer than the encoder takes."""
        return ("truncated",) if any(item.truncated) else ()


#: Encoded prompts, ready for a sampler of the same family.
Conditioning = Annotated[ConditioningBatch, ConditioningType()]
