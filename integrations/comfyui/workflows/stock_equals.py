"""Which steps of a graph ComfyUI's own nodes do just as well, and how they are written.

``reason`` says why they don't, in words; the step is then one of our pack's nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....graphs.check import Step
from ....graphs.draft import Output
from ....graphs.values import Constant, Point
from .denoising import denoise_of
from .models_folder import INPUT
from .prompts import their_text
from .samplers import their_names
from .stock_pictures import METHODS
from .stock_sampling import takes_all
from .writing import Writing, option_at, value_at

#: What ``save_images`` calls files where ComfyUI does the same: a prefix, and a number.
_PATTERN = re.compile(r"([^{}%]+)_\{index\}\.png")
_METHODS = {ours: theirs for theirs, ours in METHODS.items()}


@dataclass(frozen=True)
class Equal:
    """How steps of one type are written with stock nodes."""

    reason: Callable[[Step, Point], str]
    write: Callable[[Writing, Step], None]


def _plain(step: Step, *names: str) -> str:
    """Why a step isn't at its defaults: the first of these options that isn't."""
    for name in names:
        option = step.type.option(name)
        given = step.options[name]
        assert option is not None
        if not (isinstance(given, Constant) and given.value == option.default):
            return f"ComfyUI's node has no {name}"
    return ""


def _given(step: Step, port: str, point: Point) -> Any:
    """The literal at a port; None where a step feeds it or nothing does."""
    source = step.ports.get(port)
    return None if source is None or isinstance(source, (Output, tuple)) else value_at(source, point)


# Models and texts


def _model(step: Step, point: Point) -> str:
    source = value_at(step.options["source"], point)
    if not str(source).lower().endswith(".safetensors"):
        return f"ComfyUI loads single .safetensors files, and the source is {source!r}"
    return _plain(step, "revision", "variant", "dtype")


def _write_model(to: Writing, step: Step) -> None:
    name = to.models.name_of(Path(to.option(step, "source")), "checkpoints")
    node = to.add("CheckpointLoaderSimple", {"ckpt_name": name}, step.name)
    to.wires[step.name, _only(step)] = (node, 0)


def _text(step: Step, point: Point) -> str:
    for port in ("prompt", "negative"):
        source = step.ports.get(port)
        if isinstance(source, Output):
            return "in a text that comes over a wire ComfyUI takes parentheses for weights"
        try:
            their_text(str(_given(step, port, point) or ""))
        except ValueError as error:
            return str(error)
    return ""


def _write_text(to: Writing, step: Step) -> None:
    model = to.port(step, "model")[0]
    for port, title in (("prompt", step.name), ("negative", f"{step.name} negative")):
        text = their_text(str(_given(step, port, to.point) or ""))
        node = to.shared("CLIPTextEncode", {"text": text, "clip": (model, 1)}, title)
        # A step has one output, ComfyUI's sampler two inputs.
        to.wires[step.name, _only(step) if port == "prompt" else port] = (node, 0)


# Sampling


def _sample(step: Step, point: Point) -> str:
    seed = _given(step, "seed", point)
    if type(seed) is not int or seed < 0:
        return "ComfyUI's seeds are typed in, and not negative"
    scheduler, spacing = (option_at(step, name, point) for name in ("scheduler", "spacing"))
    if their_names(scheduler, spacing) is None:
        return f"ComfyUI has no scheduler {scheduler} with spacing {spacing}"
    if option_at(step, "guidance", point) < 1:
        return "guidance below 1 is another thing in ComfyUI"
    sizes = [option_at(step, side, point) for side in ("width", "height")]
    if "latents" not in step.ports:
        fits = all(size is not None and size >= 16 and size % 8 == 0 for size in sizes)
        return "" if fits else "ComfyUI must be told the width and the height, in multiples of 8 from 16"
    if sizes != [None, None]:
        return "ComfyUI takes the size from the latents"
    steps, strength = (option_at(step, name, point) for name in ("steps", "strength"))
    part = 0 < int(steps * strength) < steps
    return (
        f"spacing {spacing} makes another number of steps" if part and not takes_all(spacing, steps) else ""
    )


def _write_sample(to: Writing, step: Step) -> None:
    names = their_names(to.option(step, "scheduler"), to.option(step, "spacing"))
    conditioning = step.ports["conditioning"]
    assert names is not None
    assert isinstance(conditioning, Output)
    steps, denoise = to.option(step, "steps"), 1.0
    if "latents" in step.ports:
        latents = to.port(step, "latents")
        steps, denoise = denoise_of(steps, to.option(step, "strength"))
    else:
        size = {side: to.option(step, side) for side in ("width", "height")}
        latents = (to.shared("EmptyLatentImage", {**size, "batch_size": to.batch_size}, "size"), 0)
    inputs = {
        "seed": _given(step, "seed", to.point),
        "steps": steps,
        "cfg": to.option(step, "guidance"),
        "sampler_name": names[0],
        "scheduler": names[1],
        "denoise": denoise,
        "model": to.port(step, "model"),
        "positive": to.wire(conditioning),
        "negative": to.wires[conditioning.step, "negative"],
        "latent_image": latents,
    }
    to.wires[step.name, _only(step)] = (to.add("KSampler", inputs, step.name), 0)


# Latents and pictures


def _write_decode(to: Writing, step: Step) -> None:
    vae = (to.port(step, "model")[0], 2)
    node = to.add("VAEDecode", {"samples": to.port(step, "latents"), "vae": vae}, step.name)
    to.wires[step.name, _only(step)] = (node, 0)


def _write_encode(to: Writing, step: Step) -> None:
    vae = (to.port(step, "model")[0], 2)
    node = to.add("VAEEncode", {"pixels": to.port(step, "images"), "vae": vae}, step.name)
    to.wires[step.name, _only(step)] = (node, 0)


def _write_resize_latents(to: Writing, step: Step) -> None:
    inputs = {"upscale_method": to.option(step, "method"), "samples": to.port(step, "latents")}
    scale = to.option(step, "scale")
    if scale is not None:
        node = to.add("LatentUpscaleBy", {**inputs, "scale_by": scale}, step.name)
    else:
        node = to.add("LatentUpscale", {**inputs, **_size(to, step), "crop": _crop(to, step)}, step.name)
    to.wires[step.name, _only(step)] = (node, 0)


def _crop(to: Writing, step: Step) -> str:
    return "center" if to.option(step, "crop") else "disabled"


def _resize_latents(step: Step, point: Point) -> str:
    return "ComfyUI crops to a size only" if option_at(step, "crop", point) and (
        option_at(step, "scale", point) is not None) else ""  # fmt: skip


def _size(to: Writing, step: Step) -> dict[str, int]:
    return {side: to.option(step, side) or 0 for side in ("width", "height")}


def _method(step: Step, point: Point) -> str:
    method = option_at(step, "method", point)
    return "" if method in _METHODS else f"ComfyUI resizes otherwise than {method}"


def _resize(step: Step, point: Point) -> str:
    largest = max(option_at(step, side, point) or 0 for side in ("width", "height"))
    return _plain(step, "fit") or _method(step, point) or ("too large for ComfyUI" if largest > 16384 else "")


def _write_resize(to: Writing, step: Step) -> None:
    method = _METHODS[to.option(step, "method")]
    inputs = {
        "upscale_method": method,
        **_size(to, step),
        "crop": "disabled",
        "image": to.port(step, "images"),
    }
    to.wires[step.name, _only(step)] = (to.add("ImageScale", inputs, step.name), 0)


def _write_upscale(to: Writing, step: Step) -> None:
    method, scale = _METHODS[to.option(step, "method")], to.option(step, "scale")
    inputs = {"upscale_method": method, "scale_by": scale, "image": to.port(step, "images")}
    to.wires[step.name, _only(step)] = (to.add("ImageScaleBy", inputs, step.name), 0)


def _load_images(step: Step, point: Point) -> str:
    file = _given(step, "file", point)
    return _plain(step, "background") if isinstance(file, str) else "ComfyUI loads one file by its name"


def _write_load_images(to: Writing, step: Step) -> None:
    path = Path(_given(step, "file", to.point))
    to.note(f"ComfyUI looks for {path.name} in its input folder.")
    node = to.add("LoadImage", {"image": to.models.name_of(path, INPUT)}, step.name)
    to.wires[step.name, _only(step)] = (node, 0)


def _upscaler(step: Step, point: Point) -> str:
    return _plain(step, "dtype")


def _write_upscaler(to: Writing, step: Step) -> None:
    name = to.models.name_of(Path(to.option(step, "source")), "upscale_models")
    node = to.add("UpscaleModelLoader", {"model_name": name}, step.name)
    to.wires[step.name, _only(step)] = (node, 0)


def _write_upscale_learned(to: Writing, step: Step) -> None:
    inputs = {"upscale_model": to.port(step, "upscaler"), "image": to.port(step, "images")}
    to.wires[step.name, _only(step)] = (to.add("ImageUpscaleWithModel", inputs, step.name), 0)


def _save_images(step: Step, point: Point) -> str:
    pattern = str(value_at(step.options["pattern"], point))
    return "" if _PATTERN.fullmatch(pattern) else "ComfyUI names files by a prefix and a number"


def _write_save_images(to: Writing, step: Step) -> None:
    match = _PATTERN.fullmatch(str(to.option(step, "pattern")))
    assert match is not None
    inputs = {"filename_prefix": match.group(1), "images": to.port(step, "images")}
    to.add("SaveImage", inputs, step.name)


def _only(step: Step) -> str:
    name = step.type.single_output
    assert name is not None
    return name


#: By node type. What shares a model goes over to ComfyUI's nodes together, or not at all.
EQUALS: Mapping[str, Equal] = {
    "load_model": Equal(_model, _write_model),
    "text_encode": Equal(_text, _write_text),
    "sample": Equal(_sample, _write_sample),
    "decode": Equal(lambda step, _: _plain(step, "tile"), _write_decode),
    "encode": Equal(lambda step, _: "", _write_encode),
    "resize_latents": Equal(_resize_latents, _write_resize_latents),
    "resize": Equal(_resize, _write_resize),
    "upscale": Equal(_method, _write_upscale),
    "load_images": Equal(_load_images, _write_load_images),
    "load_upscaler": Equal(_upscaler, _write_upscaler),
    "upscale_learned": Equal(lambda step, _: _plain(step, "tile", "overlap"), _write_upscale_learned),
    "save_images": Equal(_save_images, _write_save_images),
}
