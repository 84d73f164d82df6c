"""Pictures as Python programs hold them: PIL images, NumPy arrays, tensors, one or several; and back again.

What comes back is of the kind that went in: a PIL image of RGB; an array or a tensor of the same layout,
dtype and device, whole numbers from 0 to 255 and floats from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..graphs.forms import Giver, Taken, at_once, telling_entry
from .arrays import to_numpy, to_torch
from .pictures import TOLERANCE, to_8bit, to_pil

if TYPE_CHECKING:
    import numpy

    from .arrays import Array

_WANTED = (
    "pictures are PIL images, paths, or arrays or tensors of three channels, "
    "uint8 from 0 to 255 or floats from 0 to 1"
)


def take(value: Any) -> Taken:
    """The pictures in a value as items, float32 ``[3, H, W]`` in [0, 1].

    One picture is a PIL image, the path of a file, an array ``[H, W, 3]`` or a tensor ``[3, H, W]``;
    several are a list or a generator of such, an array ``[B, H, W, 3]`` or a tensor ``[B, 3, H, W]``.
    Channels may stand at the other end where only that fits. Raises ValueError for anything else, and for
    floats beyond [0, 1].
    """
    value = at_once(value)
    if _is_objects(value):  # a column of pictures
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        taken = []
        for index, entry in enumerate(value):
            with telling_entry(index, len(value), entry):
                taken.append(take(entry))
        if not all(each.single for each in taken):
            raise ValueError(f"a list of pictures holds batches of pictures; {_WANTED}")
        return Taken([item for each in taken for item in each.items], False, _listed_by(taken))
    if isinstance(value, (Path, str)):
        from .picture_files import read

        return Taken([read(Path(value))], True, _as_pil)
    if hasattr(value, "getbands"):  # a PIL image, told without importing PIL
        from .picture_files import from_pil

        return Taken([from_pil(value)], True, _as_pil)
    if hasattr(value, "ndim") and hasattr(value, "dtype"):
        return _Form.of(value).take(value)
    raise ValueError(f"{_WANTED}; this is {type(value).__name__}")


def _is_objects(value: Any) -> bool:
    """Whether a value is an array or a pandas Series of Python objects."""
    return getattr(getattr(value, "dtype", None), "kind", "") == "O" and value.ndim == 1


def as_tensors(items: Sequence[Array], single: bool) -> Any:
    """A float32 tensor ``[3, H, W]``, or ``[B, 3, H, W]``; a list of tensors where their sizes differ."""
    import torch

    tensors = [to_torch(item) for item in items]
    if single:
        return tensors[0]
    return torch.stack(tensors) if len({tensor.shape for tensor in tensors}) == 1 else tensors


def _as_pil(items: Sequence[Array], single: bool) -> Any:
    pictures = [to_pil(item) for item in items]
    return pictures[0] if single else pictures


def _listed_by(taken: Sequence[Taken]) -> Giver:
    """Gives a list of pictures in the form that the first of them had."""

    def give(items: Sequence[Array], single: bool) -> Any:
        one = taken[0].give if taken else _as_pil
        return one(items, True) if single else [one([item], True) for item in items]

    return give


@dataclass(frozen=True)
class _Form:
    """The layout, the library and the dtype of an array or a tensor of pictures."""

    channels_last: bool
    dtype: Any
    device: Any  #: of a tensor; None of an array

    @classmethod
    def of(cls, value: Any) -> _Form:
        is_tensor = hasattr(value, "detach")
        shape = tuple(value.shape)
        if len(shape) not in (3, 4):
            raise ValueError(f"{_WANTED}; this is of shape {list(shape)}")
        first, last = shape[-3] == 3, shape[-1] == 3
        if not (first or last):
            raise ValueError(f"{_WANTED}; this is of shape {list(shape)}")
        if 0 in shape[-3:]:
            raise ValueError(f"a picture has at least one pixel; this is of shape {list(shape)}")
        # Where both fit, each library's own habit decides.
        return cls(not first or (last and not is_tensor), value.dtype, value.device if is_tensor else None)

    def take(self, value: Any) -> Taken:
        pixels = to_numpy(value)
        if pixels.dtype.kind == "f":
            low, high = float(pixels.min(initial=0)), float(pixels.max(initial=0))
            if math.isnan(low + high):
                raise ValueError("floats of pictures are from 0 to 1, and some of these are NaN")
            if low < -TOLERANCE or high > 1 + TOLERANCE:
                raise ValueError(
                    f"floats of pictures are from 0 to 1, and these go from {low:.4g} to {high:.4g}"
                )
            pixels = pixels.astype("float32").clip(0, 1)
        elif pixels.dtype == "uint8":
            pixels = pixels.astype("float32") / 255
        else:
            raise ValueError(f"{_WANTED}; this is of {pixels.dtype}")
        single = pixels.ndim == 3
        batch = pixels[None] if single else pixels
        if self.channels_last:
            batch = batch.transpose(0, 3, 1, 2)
        return Taken([_own(item) for item in batch], single, self.give)

    def give(self, items: Sequence[Array], single: bool) -> Any:
        """Pictures of this form; a list where their sizes differ."""
        made = [self._picture(item) for item in items]
        if single:
            return made[0]
        if len({tuple(picture.shape) for picture in made}) > 1:
            return made
        if self.device is None:
            import numpy

            return numpy.stack(made)
        import torch

        return torch.stack(made)

    def _picture(self, item: Array) -> Any:
        pixels = to_numpy(item)
        whole = str(self.dtype).removeprefix("torch.") == "uint8"
        if whole:
            pixels = to_8bit(pixels)
        if self.channels_last:
            pixels = pixels.transpose(1, 2, 0)
        pixels = _own(pixels)
        if self.device is None:
            return pixels.astype(self.dtype, copy=False)
        return to_torch(pixels).to(self.device, self.dtype)


def _own(pixels: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """A copy of its own, in the order of its axes."""
    own: numpy.ndarray[Any, Any] = pixels.copy(order="C")
    return own
