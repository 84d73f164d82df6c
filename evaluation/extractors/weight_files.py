"""Files of weights that their makers publish: where they lie, how they are fetched, how they are read."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...graphs.digest import CHUNK, cache_folder
from ...graphs.store import whole

if TYPE_CHECKING:
    from torch import Tensor

TIMEOUT = 60.0
"""Seconds without an answer after which a download is given up."""


@dataclass(frozen=True)
class PublishedFile:
    """Weights that are published at an address.

    Attributes:
        needed_by: what needs them, as errors name it.
        url: where they are published.
        name: of the file in our cache.
        sha256: of the file, 64 hex digits.
        size: in words, such as ``96 MB``.
        also: other names under which other libraries keep the same file.
        by_path: how a graph names a file of them instead, such as ``inception-v3:FILE``.
    """

    needed_by: str
    url: str
    name: str
    sha256: str
    size: str
    by_path: str
    also: tuple[str, ...] = ()

    def find(self, file: str | None = None, *, fetch: bool = False) -> Path | None:
        """The file of weights: ``file``, or without one the published one in a cache; None if in neither.

        With ``fetch=True`` it is downloaded if need be. Raises ValueError, saying where to get it and where
        to put it, for a ``file`` that doesn't exist and where the download fails.
        """
        if file is not None:
            path = Path(file).expanduser()
            if not path.is_file():
                raise ValueError(f"{self.needed_by}: there is no file {file!r}; {self._where_to_get_it()}")
            return path
        found = next((path for path in self._places() if path.is_file()), None)
        return self._fetch(_home() / self.name) if found is None and fetch else found

    def _places(self) -> list[Path]:
        """Where it may lie: in our cache, and in torch hub's, which other libraries fill."""
        user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        hub = Path(os.environ.get("TORCH_HOME") or user / "torch") / "hub" / "checkpoints"
        return [folder / name for folder in (_home(), hub) for name in (self.name, *self.also)]

    def _where_to_get_it(self) -> str:
        return (
            f"the weights are published at {self.url} ({self.size}): put that file into {_home()}, "
            f"or name it, as in {self.by_path}"
        )

    def _fetch(self, target: Path) -> Path:
        """Download it to ``target``, whole and as published."""
        from http.client import HTTPException
        from urllib.request import urlopen

        digest = hashlib.sha256()
        try:
            with whole(target) as temporary:
                with urlopen(self.url, timeout=TIMEOUT) as answer, temporary.open("wb") as file:
                    while chunk := answer.read(CHUNK):
                        digest.update(chunk)
                        file.write(chunk)
                if digest.hexdigest() != self.sha256:
                    raise OSError(f"what came has the SHA-256 {digest.hexdigest()}, not {self.sha256}")
        except (OSError, HTTPException) as error:
            raise ValueError(
                f"{self.needed_by}: its weights are not on this disk and can't be fetched ({error}); "
                f"{self._where_to_get_it()}"
            ) from error
        return target


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name, from safetensors or from a pickle, of which nothing but tensors is unpickled.

    Raises ValueError for a damaged file, and for one that holds anything else.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights: Any
    try:
        if path.suffix == ".safetensors":
            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{path} is damaged, or no file of weights: {reason}") from error
    except Exception as error:  # pickle.UnpicklingError, and whatever a stranger's pickle raises
        raise ValueError(f"{path} holds more than weights, and to read that could run code") from error
    if not isinstance(weights, dict) or not all(isinstance(one, torch.Tensor) for one in weights.values()):
        raise ValueError(f"{path} should hold tensors by name")
    return weights


def _home() -> Path:
    return cache_folder() / "weights"
