"""Where a model's files lie: the bundled starter, a folder, or the hub's cache; and what they hold."""

from __future__ import annotations

import re
from pathlib import Path

from ..graphs.digest import files_digest
from .families.detection import INDEX, SETTINGS, UNUSED_PARTS, files
from .hub import advice

STARTER = "starter"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")

#: What is fetched of a hub id: parts in subfolders, never pickles, never the single-file copies at the top.
FETCHED = [INDEX, "*/*.safetensors", *(f"*/{pattern}" for pattern in SETTINGS)]
NOT_FETCHED = ["*.fp16*", "*.non_ema*", "*.bf16*", *(f"{part}/*" for part in sorted(UNUSED_PARTS))]


def locate(source: str, revision: str | None, fetch: bool) -> Path | None:
    """The folder that holds a source's files, or None for a hub id that isn't in the local cache.

    Args:
        source: ``starter``, a folder (relative ones to the working directory, ``~`` allowed), or a hub id
            ``owner/name``. A folder goes before a hub id of the same name.
        revision: branch, tag or commit of a hub id.
        fetch: with it, a hub id that isn't in the cache is downloaded; without, there is no network use.

    What the cache holds whole is used as it is, without asking the hub for something newer. Raises ValueError
    for what doesn't exist, with what to write instead.
    """
    if source == STARTER:
        from ..starter import DIFFUSION

        return DIFFUSION
    folder = Path(source).expanduser()
    if source and folder.is_dir():
        return folder.resolve()
    if source and folder.exists():
        raise ValueError(f"source {source!r} is a single file; expected a folder in diffusers' layout")
    if _HUB_ID.fullmatch(source) is None:
        raise ValueError(
            f"source {source!r} doesn't exist; expected {STARTER!r}, a folder in diffusers' layout, "
            "or a hub id such as 'stable-diffusion-v1-5/stable-diffusion-v1-5'"
        )
    cached = _cached(source, revision)
    return _download(source, revision) if cached is None and fetch else cached


def digest(folder: Path) -> str:
    """One digest of a folder's configurations and weights, wherever it lies; ValueError if incomplete."""
    return files_digest(files(folder), folder)


def _cached(source: str, revision: str | None) -> Path | None:
    """The snapshot in the hub's local cache, if it is whole."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(source, revision=revision, local_files_only=True))
        files(folder)
    except (LocalEntryNotFoundError, ValueError):  # not there, or a download that was broken off
        return None
    return folder


def _download(source: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(source, revision=revision, allow_patterns=FETCHED, ignore_patterns=NOT_FETCHED)
        )
    except Exception as error:  # the hub's client raises errors of half a dozen libraries
        why = advice(error, source, revision)
        raise ValueError(
            f"source {source!r} is no folder here, and could not be fetched from the hub: {why}"
        ) from error
