"""Tensors at rest: how they become NumPy arrays and bytes without the reader needing torch.

A run that finds its items in the store decodes them to NumPy arrays, and only a node that computes turns
them into tensors. Every function here takes either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy
    import torch

    Array: TypeAlias = torch.Tensor | numpy.ndarray[Any, Any]

#: Key of the one entry in a safetensors header; a single key, because their order isn't stable.
_NOTE = "mezzotint"


def to_numpy(array: Array) -> numpy.ndarray[Any, Any]:
    """The array in host memory, shared where possible. bfloat16, which NumPy lacks, widens to float32."""
    import numpy

    if isinstance(array, numpy.ndarray):
        return array
    tensor = array.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":
        tensor = tensor.float()
    result: numpy.ndarray[Any, Any] = tensor.numpy()
    return result


def to_torch(array: Array) -> torch.Tensor:
    """The array as a tensor; one that lies in the store's bytes is copied, since those can't be written."""
    import torch

    if isinstance(array, torch.Tensor):
        return array
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def concatenate(arrays: Sequence[Array]) -> torch.Tensor:
    """Arrays ``[n_i, ...]`` of equal trailing shape and dtype as one host tensor ``[sum n_i, ...]``."""
    import numpy
    import torch

    return torch.from_numpy(numpy.concatenate([to_numpy(array) for array in arrays]))


def rows(array: Array, count: int) -> list[Any]:
    """The ``count`` slices ``[1, ...]`` of a batch, as host tensors that own their memory.

    Owning matters: a view would keep the whole batch alive for as long as any one item of it.
    """
    import torch

    host = to_numpy(array)
    return [torch.from_numpy(host[index : index + 1].copy()) for index in range(count)]


def all_finite(array: Array) -> bool:
    """False when the array holds NaN or infinity."""
    import numpy

    return bool(numpy.isfinite(to_numpy(array)).all())


def pack(arrays: Mapping[str, Array], note: object) -> bytes:
    """Arrays and a JSON note as safetensors bytes; equal content gives equal bytes."""
    import numpy
    from safetensors.numpy import save

    # safetensors writes memory as it lies, so a transposed view would be stored scrambled
    contiguous = {name: numpy.asarray(to_numpy(array), order="C") for name, array in arrays.items()}
    return bytes(save(contiguous, {_NOTE: json.dumps(note, sort_keys=True, ensure_ascii=False)}))


def unpack(data: bytes) -> tuple[dict[str, numpy.ndarray[Any, Any]], Any]:
    """What :func:`pack` was given, as NumPy arrays; ValueError for bytes that it didn't write."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return arrays, json.loads(header["__metadata__"][_NOTE])
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"stored tensors can't be read: {error}") from error
