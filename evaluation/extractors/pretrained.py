"""Models in transformers' layout: a folder, or a hub id and what of it lies in the hub's cache."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...graphs.digest import files_digest
from ...nodes.device import hush
from ...nodes.hub import advice

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
#: Settings, vocabularies and chat templates.
SETTINGS = ("*.json", "*.txt", "*.model", "*.jinja")
#: Never pickles, never weights of other libraries.
FETCHED = (*SETTINGS, "*.safetensors")

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class Pretrained:
    """A model by ``source``: a folder (a relative one from the working directory) or a hub id ``owner/name``.

    A folder goes before a hub id of the same name. What the hub's cache holds whole is used as it is.
    """

    source: str

    def folder(self, *, fetch: bool = False) -> Path | None:
        """Where its files lie; None for a hub id that isn't in the local cache.

        Only ``fetch=True`` uses the network. Raises ValueError for what doesn't exist, is incomplete, or
        can't be fetched, with what to do instead.
        """
        path = Path(self.source).expanduser()
        if self.source and path.is_dir():
            _files(path)
            return path.resolve()
        if _HUB_ID.fullmatch(self.source) is None:
            raise ValueError(
                f"{self.source!r} doesn't exist; expected a folder in transformers' layout "
                f"({CONFIG}, {WEIGHTS}), or a hub id 'owner/name'"
            )
        return self._cached() or (self._download() if fetch else None)

    def files(self, *, fetch: bool = False) -> list[Path] | None:
        """Its configuration, vocabularies and weights, sorted; None where :meth:`folder` is."""
        folder = self.folder(fetch=fetch)
        return None if folder is None else _files(folder)

    def digest(self, *, fetch: bool = False) -> str | None:
        """32 hex digits of its files, wherever they lie; None for what is unknown until fetched."""
        folder = self.folder(fetch=fetch)
        return None if folder is None else files_digest(_files(folder), folder)

    def config(self, *, fetch: bool = False) -> dict[str, Any] | None:
        """Its configuration; None where :meth:`folder` is. Raises ValueError for one that can't be read."""
        folder = self.folder(fetch=fetch)
        if folder is None:
            return None
        try:
            config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{folder / CONFIG} can't be read: {error}") from error
        if not isinstance(config, dict):
            raise ValueError(f"{folder / CONFIG} holds no settings by name")
        return config

    def _cached(self) -> Path | None:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        try:
            folder = Path(snapshot_download(self.source, local_files_only=True))
            _files(folder)
        except (LocalEntryNotFoundError, ValueError):  # not there, or a download that was broken off
            return None
        return folder

    def _download(self) -> Path:
        from huggingface_hub import snapshot_download

        try:
            # At the top alone: folders hold other libraries' copies.
            folder = Path(
                snapshot_download(self.source, allow_patterns=list(FETCHED), ignore_patterns=["*/*"])
            )
        except Exception as error:  # the hub's client raises errors of half a dozen libraries
            why = advice(error, self.source)
            raise ValueError(
                f"{self.source!r} is no folder here, and could not be fetched from the hub: {why}"
            ) from error
        _files(folder)
        return folder


def from_pretrained(kind: Any, folder: Path, needed_by: str, **settings: Any) -> Any:
    """What a class of transformers makes of a folder's files, without the network.

    Raises ValueError, which names what needs it, for files that don't fit.
    """
    hush()
    try:
        return kind.from_pretrained(folder, local_files_only=True, **settings)
    except Exception as error:  # transformers raises many kinds for files that don't fit
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{needed_by}: {folder} can't be loaded: {reason}") from error


def _files(folder: Path) -> list[Path]:
    """The files of a model, sorted; ValueError for a folder that doesn't hold all of one."""
    if not (folder / CONFIG).is_file():
        raise ValueError(f"the folder {folder} holds no {CONFIG}, so it isn't in transformers' layout")
    if (folder / INDEX).is_file() and not (folder / WEIGHTS).is_file():
        try:
            wanted = set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder / INDEX} can't be read: {error}") from error
    else:
        wanted = {WEIGHTS}
    for name in sorted(wanted):
        if not (folder / name).is_file():
            raise ValueError(
                f"the folder {folder} lacks {name}; only safetensors weights are read, never pickled ones"
            )
    settings = {path.name for pattern in SETTINGS for path in folder.glob(pattern)}
    return sorted(folder / name for name in wanted | settings)
