"""The training set: pictures of the world, made once and kept as a memory-mapped file.

Example ``i`` is ``world.sample`` with the seed ``(SEED, i)``, so specs and captions need no file: they are
drawn again whenever they are wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .world import SIDE, Example, Picture, render, sample

SEED = 20
SIZE = 80_000


def example(index: int) -> Example:
    """The scene, spec and caption that picture ``index`` of the training set shows."""
    return sample(np.random.default_rng((SEED, index)))


def pictures(work_dir: Path, size: int = SIZE, say: Callable[[str], None] = print) -> npt.NDArray[np.uint8]:
    """Training pictures, uint8 ``[size, 64, 64, 3]``, read-only; rendered on the first call."""
    path = work_dir / f"pictures-{size}.npy"
    if not path.exists():
        work_dir.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        shape = (size, SIDE, SIDE, 3)
        rows = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
        for index in range(size):
            rows[index] = render(example(index).scene)
            if index % 10_000 == 0:
                say(f"rendered {index} of {size} pictures")
        rows.flush()
        partial.rename(path)
    stored: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return stored


def to_unit(picture: Picture) -> npt.NDArray[np.float32]:
    """Channels first and in [-1, 1]: uint8 ``[..., H, W, 3]`` to float32 ``[..., 3, H, W]``."""
    return np.moveaxis(picture, -1, -3).astype(np.float32) / 127.5 - 1
