"""The weights of the FID Inception: where they lie, where they are fetched from, and how they are read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..graphs.digest import CHUNK, cache_folder
from ..graphs.store import whole

if TYPE_CHECKING:
    from torch import Tensor

URL = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth"
)
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
#: Under these names torch-fidelity and pytorch-fid publish them.
FILES = (URL.rpartition("/")[2], "pt_inception-2015-12-05-6726825d.pth")
TIMEOUT = 60.0
"""Seconds without an answer after which a download is given up."""


def find(file: str | None, *, fetch: bool = False) -> Path | None:
    """The file of weights: ``file``, or without one the published weights in a cache; None if in neither.

    With ``fetch=True`` the published weights are downloaded if need be. Raises ValueError, saying where to
    get them and where to put them, for a ``file`` that doesn't exist and where the download fails.
    """
    if file is not None:
        path = Path(file).expanduser()
        if not path.is_file():
            raise ValueError(f"inception-v3: there is no file {file!r}; {_where_to_get_them()}")
        return path
    found = next((path for path in _places() if path.is_file()), None)
    return _fetch(_home() / FILES[0]) if found is None and fetch else found


def read(path: Path) -> dict[str, Tensor]:
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


def _places() -> list[Path]:
    """Where the published weights may lie: in our cache, and in torch hub's, which other libraries fill."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    hub = Path(os.environ.get("TORCH_HOME") or user / "torch") / "hub" / "checkpoints"
    return [folder / name for folder in (_home(), hub) for name in FILES]


def _where_to_get_them() -> str:
    return (
        f"the weights of FID are published at {URL} (96 MB): put that file into {_home()}, "
        "or name it, as in inception-v3:FILE"
    )


def _fetch(target: Path) -> Path:
    """Download the published weights to ``target``, whole and as published."""
    from http.client import HTTPException
    from urllib.request import urlopen

    digest = hashlib.sha256()
    try:
        with whole(target) as temporary:
            with urlopen(URL, timeout=TIMEOUT) as answer, temporary.open("wb") as file:
                while chunk := answer.read(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != SHA256:
                raise OSError(f"what came has the SHA-256 {digest.hexdigest()}, not {SHA256}")
    except (OSError, HTTPException) as error:
        raise ValueError(
            f"inception-v3: its weights are not on this disk and can't be fetched ({error}); "
            f"{_where_to_get_them()}"
        ) from error
    return target
