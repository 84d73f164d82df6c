"""Where a model's files lie: the bundled starter, a folder, or the hub's cache; and what they hold."""

from __future__ import annotations

import re
from pathlib import Path

from ..graphs.digest import files_digest
from .families import single_file
from .families.detection import INDEX, SETTINGS, UNUSED_PARTS, files
from .hub import advice

STARTER = "starter"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")

#: What is fetched of a hub id: parts in subfolders, never pickles, never the single-file copies at the top.
FETCHED = [INDEX, "*/*.safetensors", *(f"*/{pattern}" for pattern in SETTINGS)]
NOT_FETCHED = [f"{part}/*" for part in sorted(UNUSED_PARTS)]
VARIANTS = ["*.fp16*", "*.non_ema*", "*.bf16*"]


def locate(source: str, revision: str | None, fetch: bool, variant: str | None = None) -> Path | None:
    """Where a source's files lie, a folder or a single file; None for a hub id that isn't in the local cache.

    Args:
        source: ``starter``, a folder or a file (relative ones to the working directory, ``~`` allowed), or a
            hub id ``owner/name``. A folder goes before a hub id of the same name.
        revision: branch, tag or commit of a hub id.
        fetch: with it, a hub id that isn't in the cache is downloaded; without, there is no network use.
        variant: which of several weights will be read.

    What the cache holds whole is used as it is, without asking the hub for something newer. Raises ValueError
    for what doesn't exist, with what to write instead.
    """
    if source == STARTER:
        from ..starter import DIFFUSION

        return DIFFUSION
    path = Path(source).expanduser()
    if source and path.exists():
        if path.is_file() and variant is not None:
            raise ValueError(f"source {source!r} is a single file, which has no variant {variant!r}")
        return path.resolve()
    if _HUB_ID.fullmatch(source) is None:
        raise ValueError(
            f"source {source!r} doesn't exist; expected {STARTER!r}, a folder in diffusers' layout, a single "
            ".safetensors file (one beside the graph file is written ./NAME), or a hub id such as "
            "'stable-diffusion-v1-5/stable-diffusion-v1-5'"
        )
    cached = _cached(source, revision, variant)
    return _download(source, revision, variant) if cached is None and fetch else cached


def digest(path: Path, variant: str | None = None) -> str:
    """One digest of a model's configurations and weights, wherever they lie; ValueError if incomplete."""
    if path.is_file():
        return single_file.digest(path)
    return files_digest(files(path, variant), path)


def _cached(source: str, revision: str | None, variant: str | None) -> Path | None:
    """The snapshot in the hub's local cache, if it is whole."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(source, revision=revision, local_files_only=True))
        files(folder, variant)
    except (LocalEntryNotFoundError, ValueError):  # not there, or a download that was broken off
        return None
    return folder


def _download(source: str, revision: str | None, variant: str | None) -> Path:
    from huggingface_hub import snapshot_download

    # Which parts have a variant isn't known before; those that do are fetched in both.
    ignored = [*NOT_FETCHED, *(pattern for pattern in VARIANTS if pattern != f"*.{variant}*")]
    try:
        return Path(
            snapshot_download(source, revision=revision, allow_patterns=FETCHED, ignore_patterns=ignored)
        )
    except Exception as error:  # the hub's client raises errors of half a dozen libraries
        why = advice(error, source, revision)
        raise ValueError(
            f"source {source!r} is no folder here, and could not be fetched from the hub: {why}"
        ) from error
