"""``load_model``: name a checkpoint; its weights load when they are first used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from ..graphs.node import Content, Effort, node
from . import sources
from .device import check_attention, check_offload, resolve
from .families import live
from .families.detection import detect
from .model import Attention, DeviceName, Dtype, Model, ModelHandle, Offload


def _weights(source: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    """The digest that stands for a source in keys; None for a hub id that isn't in the local cache."""
    if live.is_live(source):
        return live.handle(source, options).digest
    wanted, offload = options.get("device", "auto"), options.get("offload", "none")
    if fetch and (wanted in ("cuda", "mps") or offload != "none"):
        check_offload(offload, resolve(wanted))  # what isn't here should be known before anything runs
    if fetch:
        check_attention(options.get("attention", "sdpa"))
    variant = options.get("variant") or None
    path = sources.locate(source, options.get("revision") or None, fetch, variant)
    if path is None:
        return None
    detect(path)  # an unsupported model should be known before anything runs
    return sources.digest(path, variant)


@node(version=1, keep="none")
def load_model(
    *,
    source: Annotated[str, Content(_weights)],
    revision: Annotated[str | None, Effort()] = None,
    dtype: Dtype = "float32",
    device: Annotated[DeviceName, Effort()] = "auto",
    compile: Annotated[bool, Effort()] = False,
    variant: Annotated[str | None, Effort()] = None,
    offload: Annotated[Offload, Effort()] = "none",
    attention: Annotated[Attention, Effort()] = "sdpa",
    channels_last: Annotated[bool, Effort()] = False,
) -> Model:
    """Name a text-to-image model; its weights load when a node first computes with it.

    Keys depend on what the weight files hold and on the dtype, never on where the files lie or which device
    computes. Only safetensors weights are read. A hub id is downloaded once, when a run first needs it.

    Args:
        source: "starter" (bundled), a folder in diffusers' layout, a single .safetensors file of Stable
            Diffusion 1.x, a hub id such as "owner/name", or a model that a program holds in memory
            ("memory:1", as `mezzotint.nodes.model_of(pipeline).source` names it).
        revision: branch, tag or commit of a hub id; the default branch if left out. The weights' digest
            stands for it in keys.
        dtype: number format of weights and computation. float32 everywhere by default, so that a graph names
            the same results on every machine; float16 and bfloat16 suit graphics cards.
        device: where to compute; auto takes cuda, then mps, then cpu.
        compile: compile the denoiser on first use: a slow first picture, faster ones after.
        variant: which of several weights to read, such as "fp16", where a model offers them; parts without
            it are read as they are. The weights' digest stands for it in keys.
        offload: keep the parts of the model in host memory while they don't compute, to spare the memory of
            a graphics card: model moves whole parts, sequential layer by layer, which is slow.
        attention: sdpa is torch's fused attention, eager spells it out, sliced needs least memory, xformers
            needs that library. They agree to float rounding.
        channels_last: lay weights and pictures out with their channels innermost, faster on many devices.

    Raises:
        ValueError: the source doesn't exist, is incomplete, has pickled weights only, or is not supported.

    >>> from mezzotint import nodes
    >>> model = nodes.load_model(source="starter")
    >>> model.family
    'stable_diffusion'
    """
    if live.is_live(source):
        options: dict[str, Any] = {"dtype": dtype, "device": device, "compile": compile, "offload": offload}
        options |= {"revision": revision, "variant": variant}
        return live.handle(source, {**options, "attention": attention, "channels_last": channels_last})
    revision, variant = revision or None, variant or None  # a form's empty field is none
    path = sources.locate(source, revision, fetch=True, variant=variant)
    if path is None:  # pragma: no cover - with fetch=True it is found or raises
        raise ValueError(f"source {source!r} could not be found")
    return ModelHandle(
        source=source,
        revision=revision,
        path=str(path),
        digest=sources.digest(path, variant),
        family=detect(path),
        dtype=dtype,
        device=device,
        compile=compile,
        variant=variant,
        offload=offload,
        attention=attention,
        channels_last=channels_last,
    )
