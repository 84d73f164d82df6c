"""Safetensors files by their header: what they hold and whether they are whole, without torch."""

from __future__ import annotations

import json
from pathlib import Path

SUFFIX = ".safetensors"

#: Files that could run code when they are read.
PICKLED = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})

#: A header beyond this many bytes is none.
_LARGEST_HEADER = 100 << 20


def read_shapes(path: Path) -> dict[str, list[int]]:
    """The shapes of the tensors in a safetensors file, by key.

    Only the header is read. Raises ValueError for a file that is none, or that ends before its tensors do.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > min(_LARGEST_HEADER, size):
                raise ValueError("its header is longer than the file")
            header = json.loads(file.read(length))
        entries = {key: entry for key, entry in header.items() if key != "__metadata__"}
        whole = 8 + length + max((int(entry["data_offsets"][1]) for entry in entries.values()), default=0)
        if size < whole:
            raise ValueError(f"it has {size:,} of {whole:,} bytes, as after a download that was broken off")
        return {key: list(entry["shape"]) for key, entry in entries.items()}
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror or error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path} is damaged, or no {SUFFIX} file: {error}") from error
