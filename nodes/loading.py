"""``load_model``: name a checkpoint; its weights load when they are first used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from ..graphs.node import Content, Effort, node
from . import sources
from .device import resolve
from .families.detection import detect
from .model import DeviceName, Dtype, Model, ModelHandle


def _weights(source: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    """The digest that stands for a source in keys; None for a hub id that isn't in the local cache."""
    wanted = options.get("device")
    if fetch and wanted in ("cuda", "mps"):
        resolve(wanted)  # a device that isn't here should be known before anything runs
    folder = sources.locate(source, options.get("revision"), fetch)
    if folder is None:
        return None
    detect(folder)  # an unsupported model should be known before anything runs
    return sources.digest(folder)


@node(version=1, keep="none")
def load_model(
    *,
    source: Annotated[str, Content(_weights)],
    revision: Annotated[str | None, Effort()] = None,
    dtype: Dtype = "float32",
    device: Annotated[DeviceName, Effort()] = "auto",
    compile: Annotated[bool, Effort()] = False,
) -> Model:
    """Name a text-to-image model; its weights load when a node first computes with it.

    Keys depend on what the weight files hold and on the dtype, never on where the files lie or which device
    computes. Only safetensors weights are read. A hub id is downloaded once, when a run first needs it.

    Args:
        source: "starter" (bundled), a folder in diffusers' layout, or a hub id such as "owner/name".
        revision: branch, tag or commit of a hub id; the default branch if left out. The weights' digest
            stands for it in keys.
        dtype: number format of weights and computation. float32 everywhere by default, so that a graph names
            the same results on every machine; float16 and bfloat16 suit graphics cards.
        device: where to compute; auto takes cuda, then mps, then cpu.
        compile: compile the denoiser on first use: a slow first picture, faster ones after.

    Raises:
        ValueError: the source doesn't exist, is incomplete, has pickled weights only, or is not supported.
    """
    folder = sources.locate(source, revision, fetch=True)
    if folder is None:  # pragma: no cover - with fetch=True it is found or raises
        raise ValueError(f"source {source!r} could not be found")
    return ModelHandle(
        source=source,
        revision=revision,
        folder=str(folder),
        digest=sources.digest(folder),
        family=detect(folder),
        dtype=dtype,
        device=device,
        compile=compile,
    )
