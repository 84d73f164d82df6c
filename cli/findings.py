"""What ``mezzotint doctor`` looks at: libraries, devices, caches, packages of nodes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Any, Literal

from .sizes import show_size

State = Literal["fine", "note", "broken"]

#: Less room than this on a cache's disk is worth a word, in bytes.
_LITTLE = 5 * 10**9
PACKAGE = "mezzotint"


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``hint`` says what to do about one that isn't fine."""

    area: str
    name: str
    value: str
    state: State = "fine"
    hint: str = ""


def libraries() -> Iterator[Finding]:
    """Python and what the package needs, each with its version; then what its optional parts lack."""
    import platform

    from packaging.requirements import Requirement

    yield Finding("versions", "python", platform.python_version())
    try:
        yield Finding("versions", PACKAGE, version(PACKAGE))
        required = [Requirement(line) for line in requires(PACKAGE) or ()]
        extras = metadata(PACKAGE).get_all("Provides-Extra") or []
    except PackageNotFoundError:
        yield Finding("versions", PACKAGE, "not installed", "note", "pip install -e . in its folder")
        return
    for requirement in required:
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _library(requirement)
    for extra in extras:
        own = [
            requirement
            for requirement in required
            if requirement.marker is not None
            and requirement.marker.evaluate({"extra": extra})
            and not requirement.marker.evaluate({"extra": ""})
        ]
        lacking = [requirement.name for requirement in own if _library(requirement).state != "fine"]
        if lacking:
            hint = f'pip install "{PACKAGE}[{extra}]"'
            yield Finding("optional parts", extra, f"lacks {', '.join(lacking)}", "note", hint)
        else:
            yield Finding("optional parts", extra, "complete")
    yield from _torchvision()


def _library(requirement: Any) -> Finding:
    hint = f'pip install "{requirement.name}{requirement.specifier}"'
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return Finding("versions", requirement.name, "missing", "broken", hint)
    if not requirement.specifier.contains(found, prereleases=True):
        return Finding("versions", requirement.name, f"{found}, too old", "broken", hint)
    return Finding("versions", requirement.name, found)


def _torchvision() -> Iterator[Finding]:
    """torchvision is compiled against one torch; with another it fails when it is imported."""
    try:
        import_module("torchvision")
    except Exception as error:  # whatever a broken library raises
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        hint = "install torch and torchvision together, from the same index"
        yield Finding("versions", "torchvision", f"can't be imported: {said}", "broken", hint)


def devices() -> Iterator[Finding]:
    """Where models can compute, and with how much memory."""
    from ..nodes.device import memories

    for name, about, total, free in memories():
        memory = f"{show_size(total)} of memory" if total else ""
        room = f"{show_size(free)} free" if free else ""
        yield Finding("devices", name, ", ".join(filter(None, (about, memory, room))))


def caches() -> Iterator[Finding]:
    """The folders that things are kept in: size, room on the disk, whether they can be written."""
    from huggingface_hub import constants

    from ..graphs.digest import cache_folder

    yield _cache("mezzotint", cache_folder(), "MEZZOTINT_CACHE")
    yield _cache("hub", Path(constants.HF_HUB_CACHE), "HF_HOME")


def _cache(name: str, folder: Path, variable: str) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:  # one that isn't there yet is made when it is needed
        there = there.parent
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        hint = f"set {variable} to a folder that can be written"
        return Finding("caches", name, f"{folder} can't be written", "broken", hint)
    free = shutil.disk_usage(there).free
    size = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    value = f"{folder}, {show_size(size)}, {show_size(free)} free"
    if free < _LITTLE:
        hint = f"free some room, or set {variable} to a folder on another disk"
        return Finding("caches", name, value, "note", hint)
    return Finding("caches", name, value)


def packages(nodes: list[Path]) -> Iterator[Finding]:
    """Packages of node types: where each comes from, those that are broken, and names that several want."""
    from .. import registry

    found = registry(nodes)
    yield Finding("nodes", "node types", str(len(found.names())))
    for name, origin in found.packages.items():
        if name != PACKAGE and name not in found.broken:
            about = f"{len(found.of_package(name))} node types, from {origin}"
            yield Finding("nodes", name, f"{about}, {origin.file}" if origin.distribution else about)
    for name, why in found.broken.items():
        yield Finding("nodes", name, why, "broken", "update or uninstall that package")
    for name, (holder, *others) in found.conflicts.items():
        value = f"several packages declare it: {found.owner(holder)} has the name"
        full = ", ".join(f"{other}.{name} of {found.owner(other)}" for other in others)
        yield Finding("nodes", name, value, "note", f"by its full name: {full}")
    for name, classes in found.type_conflicts.items():
        hint = "a value of one doesn't go where the other is wanted"
        yield Finding("nodes", name, f"several port types: {', '.join(classes)}", "note", hint)


def batching(source: str, revision: str | None, dtype: str, device: str) -> Iterator[Finding]:
    """Whether a model draws the same alone and in a batch."""
    from ..nodes.batch_invariance import LATENT_TOLERANCE, measure_batching
    from ..nodes.loading import load_model

    try:
        model = load_model(source=source, revision=revision, dtype=dtype, device=device)  # type: ignore[arg-type]
        found = measure_batching(model)
    except (ValueError, RuntimeError) as error:
        yield Finding("model", source, str(error), "broken")
        return
    yield Finding("model", source, f"{found.family}, {found.dtype}, on {found.device}")
    value = f"latents differ by at most {found.latents:.1e}, pixels by {found.pixels} of 255"
    if found.within_rounding:
        how = "" if found.batched else "; this family samples one by one"
        yield Finding("model", "batching", f"{value}: a picture is the same alone and in a batch{how}")
    elif found.kept:
        hint = f"float32 keeps to {LATENT_TOLERANCE:g}; --batch 1 keeps a picture free of its neighbours"
        yield Finding("model", "batching", f"{value}, in {found.dtype}", "note", hint)
    else:
        hint = "run with --batch 1, and please report this model"
        yield Finding("model", "batching", f"{value}: more than rounding", "broken", hint)
