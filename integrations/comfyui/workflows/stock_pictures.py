"""ComfyUI's nodes for latents and pictures as ours, and what a workflow is run for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ....graphs.problem import fail
from .conversion import Conversion
from .draft import as_name, literal
from .made import Checkpoint, Empty, Made, Prompt
from .stock import widget
from .workflow import WorkflowNode

#: A prefix of file names that is the name of an output as it is.
_PLAIN = re.compile(r"[A-Za-z_][0-9A-Za-z_]{0,99}")
#: What ComfyUI would replace in the name of a file, and what ours can't hold.
_SPECIAL = re.compile(r'%|[\x00-\x1f\x7f\\<>:"|?*{}]')
#: How pictures are resized: our name by ComfyUI's.
METHODS = {
    "nearest-exact": "torch-nearest-exact",
    "bilinear": "torch-bilinear",
    "area": "torch-area",
    "bicubic": "torch-bicubic",
    "lanczos": "lanczos-8bit",
}
#: What ComfyUI shows and doesn't keep.
PREVIEW = "preview"


def decode(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    samples, vae = to.wire(node, "samples", "LATENT"), to.wire(node, "vae", "VAE")
    _drawn(to, node, "samples", samples)
    fields = {"model": vae.reference, "latents": samples.reference}
    return [Made(to.draft.node(to.named(node, "image"), "decode", fields), "IMAGE")]


def encode(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    pixels, vae = to.wire(node, "pixels", "IMAGE"), to.wire(node, "vae", "VAE")
    fields = {"model": vae.reference, "images": pixels.reference}
    return [Made(to.draft.node(to.named(node, "start"), "encode", fields), "LATENT")]


def latent_upscale(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    samples = to.wire(node, "samples", "LATENT")
    if node.class_type == "LatentUpscale" and (widget(node, "width"), widget(node, "height")) == (0, 0):
        return [samples]
    _drawn(to, node, "samples", samples)
    method = widget(node, "upscale_method")
    if method == "bislerp":
        hint = "use nearest-exact, bilinear, area or bicubic"
        raise fail(to.place(node, "upscale_method"), f"{node}: bislerp has no equal", hint)
    fields: dict[str, Any] = {"latents": samples.reference}
    if node.class_type == "LatentUpscaleBy":
        fields["scale"] = widget(node, "scale_by")
    else:
        fields |= {side: max(64, widget(node, side)) for side in ("width", "height") if widget(node, side)}
    if method != "nearest-exact":
        fields["method"] = method
    if node.class_type == "LatentUpscale" and widget(node, "crop") == "center" and len(fields) >= 3:
        fields["crop"] = True
    return [Made(to.draft.node(to.named(node, "resized"), "resize_latents", fields), "LATENT")]


def _drawn(to: Conversion, node: WorkflowNode, name: str, samples: Made) -> None:
    if isinstance(samples, Empty):
        what = f"{node}: {name} are empty latents, of which nothing was drawn"
        raise fail(to.place(node, name), what, "put a KSampler between")


def image_scale(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    images = to.wire(node, "image", "IMAGE")
    width, height, crop = (widget(node, name) for name in ("width", "height", "crop"))
    if width == height == 0:
        return [images]
    if crop == "center" and width and height:
        what = f"{node}: crop center has no equal, as it cuts before it resizes"
        raise fail(to.place(node, "crop"), what, "resize with fit: cover and crop in the graph instead")
    fields: dict[str, Any] = {"images": images.reference}
    fields |= {side: size for side, size in (("width", width), ("height", height)) if size}
    fields["method"] = METHODS[widget(node, "upscale_method")]
    return [Made(to.draft.node(to.named(node, "resized"), "resize", fields), "IMAGE")]


def image_scale_by(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    images = to.wire(node, "image", "IMAGE")
    scale = to.option(node, "scale_by", "upscale", "scale", widget(node, "scale_by"))
    fields: dict[str, Any] = {"images": images.reference, "scale": scale}
    fields["method"] = METHODS[widget(node, "upscale_method")]
    return [Made(to.draft.node(to.named(node, "big"), "upscale", fields), "IMAGE")]


def upscale_learned(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    upscaler = to.wire(node, "upscale_model", "UPSCALE_MODEL")
    fields = {"upscaler": upscaler.reference, "images": to.wire(node, "image", "IMAGE").reference}
    return [Made(to.draft.node(to.named(node, "big"), "upscale_learned", fields), "IMAGE")]


def load_image(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    name = widget(node, "image")
    try:
        path = to.models.picture(name)
    except ValueError as error:
        raise fail(to.place(node, "image"), f"{node}: image is {name!r}", str(error)) from None
    source = to.sets.sources[node.id]
    file = to.draft.input("file", {"each": [path]} if source.is_axis else path)
    if source.is_axis:
        to.axes[node.id] = file.removeprefix("$")
    to.note("Transparent parts of a loaded picture show white here; ComfyUI shows whatever colour they hide.")
    reference = to.draft.node(to.named(node, "picture"), "load_images", {"file": file})
    return [Made(reference, "IMAGE"), Made("", "MASK")]


def save(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    images = to.wire(node, "images", "IMAGE")
    prefix = widget(node, "filename_prefix")
    if _PLAIN.fullmatch(prefix) and not prefix.startswith(PREVIEW):
        to.draft.output(prefix, images.reference)
        return []
    if _SPECIAL.search(prefix) or not prefix or prefix[-1:] == "/" or prefix[:1] in "/.":
        what = f"{node}: filename_prefix {prefix!r} has no equal"
        raise fail(to.place(node, "filename_prefix"), what, "use letters, digits, - and /")
    fields = {"images": images.reference, "pattern": literal(f"{prefix}_{{index}}.png")}
    saved = to.draft.node("saved", "save_images", fields)
    to.draft.output(as_name(prefix.rpartition("/")[2]) or "saved", saved)
    return []


def preview(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    to.draft.output(PREVIEW, to.wire(node, "images", "IMAGE").reference)
    return []


def preview_any(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    source = to.wire(node, "source", "*")
    if isinstance(source, (Checkpoint, Prompt, Empty)) or not source.reference:
        what = f"{node} shows {source.socket}, which is no result in a graph"
        raise fail(to.place(node, "source"), what, "remove it, or show a number, a text or a picture")
    to.draft.output(to.named(node, "shown"), source.reference)
    return []
