"""There and back means the same: workflows up to their ids, graphs up to their names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stock_workflows import CHECKPOINT, node

import mezzotint
from mezzotint.graphs.check import CheckedGraph
from mezzotint.graphs.draft import Output, Source
from mezzotint.graphs.values import Point
from mezzotint.graphs.yaml_text import graph_text
from mezzotint.integrations.comfyui.workflows.samplers import SAMPLERS, SPACINGS
from mezzotint.integrations.comfyui.workflows.stock_pictures import METHODS
from mezzotint.integrations.comfyui.workflows.stock_sampling import takes_all
from mezzotint.integrations.comfyui.workflows.to_workflow import to_workflow
from mezzotint.integrations.comfyui.workflows.writing import before_feeding, option_at, value_at

#: Names by which ComfyUI runs what it has another name for.
ALIASES = {"ddim": "euler", "dpmpp_2m_sde_gpu": "dpmpp_2m_sde", "dpmpp_2m_sde_heun_gpu": "dpmpp_2m_sde_heun"}
quickly = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
words = st.text(st.sampled_from("abc $#:'\"{}&*!|>%@`,[]?-~\\\n🐕äno1.5"), max_size=12)


def meaning(workflow: Mapping[str, Any]) -> list[str]:
    """A workflow without ids and titles: what each node that is run for its own sake is made of."""
    linked = {
        value[0]
        for entry in workflow.values()
        for value in entry["inputs"].values()
        if isinstance(value, list)
    }

    def told(name: str) -> Any:
        entry = workflow[name]
        inputs: dict[str, Any] = {
            key: [told(value[0]), value[1]] if isinstance(value, list) else same(value)
            for key, value in entry["inputs"].items()
        }
        if "denoise" in inputs:
            steps, denoise = inputs["steps"], inputs["denoise"]
            inputs["denoise"] = 0 if denoise == 0 else int(steps if denoise > 0.9999 else steps / denoise)
        if "sampler_name" in inputs:
            inputs["sampler_name"] = ALIASES.get(inputs["sampler_name"], inputs["sampler_name"])
        return [entry["class_type"], sorted(inputs.items())]

    return sorted(json.dumps(told(name)) for name in workflow if name not in linked)


def same(value: Any) -> Any:
    """Numbers that are equal, written alike."""
    return float(value) if isinstance(value, (int, float)) and value < 1 << 50 else value


@st.composite
def workflows(draw: st.DrawFn) -> dict[str, Any]:
    """Workflows of ComfyUI's own nodes, and of ours that score."""
    made: dict[str, Any] = {}
    seeds = st.integers(0, (1 << 63) - 5000)

    def add(class_type: str, **inputs: Any) -> list[Any]:
        name = str(100 - len(made))
        made[name] = node(class_type, draw(st.sampled_from(["", "my node", "KSampler"])), **inputs)
        return [name, 0]

    loader = add("CheckpointLoaderSimple", ckpt_name=CHECKPOINT)[0]
    positive = add("CLIPTextEncode", text=draw(words), clip=[loader, 1])
    negative = add("CLIPTextEncode", text=draw(words), clip=[loader, 1])

    def sampler(latents: Any, *, whole: bool) -> list[Any]:
        denoise = 1.0 if whole else draw(st.one_of(st.just(1.0), st.integers(2, 100).map(lambda n: n / 100)))
        steps = draw(st.integers(1, min(40, int(denoise * 900))))
        scheduler = draw(st.sampled_from(sorted(SPACINGS)))
        if denoise < 1 and not takes_all(SPACINGS[scheduler], int(steps / denoise)):
            scheduler = "karras"
        return add(
            "KSampler",
            seed=draw(seeds),
            steps=steps,
            cfg=draw(st.integers(4, 80)) / 4,
            sampler_name=draw(st.sampled_from(sorted(SAMPLERS))),
            scheduler=scheduler,
            denoise=denoise,
            model=[loader, 0],
            positive=positive,
            negative=negative,
            latent_image=latents,
        )

    if draw(st.booleans()):
        side = st.integers(8, 128).map(lambda n: 8 * n)
        empty = add(
            "EmptyLatentImage", width=draw(side), height=draw(side), batch_size=draw(st.integers(1, 4))
        )
        latents = sampler(empty, whole=True)
    else:
        photo = add("LoadImage", image="photo.png")
        latents = sampler(add("VAEEncode", pixels=photo, vae=[loader, 2]), whole=False)
    for _ in range(draw(st.integers(0, 2))):
        method = draw(st.sampled_from(["nearest-exact", "bilinear", "area", "bicubic"]))
        if draw(st.booleans()):
            by = draw(st.integers(2, 16)) / 8
            latents = add("LatentUpscaleBy", samples=latents, upscale_method=method, scale_by=by)
        else:
            latents = add("LatentUpscale", samples=latents, upscale_method=method, width=draw(st.sampled_from(
                [0, 64, 640])), height=640, crop="disabled")  # fmt: skip
        latents = sampler(latents, whole=False)
    images = add("VAEDecode", samples=latents, vae=[loader, 2])
    for _ in range(draw(st.integers(0, 2))):
        method = draw(st.sampled_from([*METHODS]))
        if draw(st.booleans()):
            by = draw(st.integers(4, 32)) / 4
            images = add("ImageScaleBy", image=images, upscale_method=method, scale_by=by)
        else:
            images = add("ImageScale", image=images, upscale_method=method, width=draw(st.integers(1, 900)),
                         height=draw(st.sampled_from([0, 300])), crop="disabled")  # fmt: skip
    if draw(st.booleans()):
        enlarger = add("UpscaleModelLoader", model_name="big.safetensors")
        images = add("ImageUpscaleWithModel", upscale_model=enlarger, image=images)
    add("SaveImage", filename_prefix=draw(st.sampled_from(["ComfyUI", "a/b c", "x_1"])), images=images)
    if draw(st.booleans()):
        add("PreviewImage", images=images)
    if draw(st.booleans()):
        add("Mezzotint.clip_score", images=images, text=draw(words.filter(bool)))
    if draw(st.booleans()):
        add("Mezzotint.diversity", images=images)
    if draw(st.booleans()):
        add("Mezzotint.upscale", images=images, scale=3.0, method="bicubic")
        add("SaveImage", filename_prefix="ours", images=[[*made][-1], 0])
    return made


@quickly
@given(workflow=workflows())
def test_a_workflow_comes_back_up_to_its_ids(workflow: dict[str, Any], located: Any) -> None:
    text = located.graph(workflow).text
    again = located.workflow(text)
    assert meaning(again.workflow) == meaning(workflow)


def tree(graph: CheckedGraph, source: Source, point: Point) -> Any:
    """What a value is made of, without any name: what its key is made of.

    Of a strength only the number of steps that it takes comes back, which is all that it means.
    """
    source = before_feeding(graph, source)
    if not isinstance(source, Output):
        return value_at(source, point)
    step = graph.steps[source.step]
    options = {
        option.name: option_at(step, option.name, point)
        for option in step.type.options
        if option_at(step, option.name, point) != option.default
    }
    if "latents" in step.ports and step.type.name == "sample":
        strength = options.pop("strength", 0.8)
        options["taken"] = int(option_at(step, "steps", point) * strength)
    ports = {
        port: [tree(graph, one, point) for one in value]
        if isinstance(value, tuple)
        else tree(graph, value, point)
        for port, value in step.ports.items()
        if isinstance(value, (Output, tuple)) or value_at(value, point) != step.type.port(port).default  # type: ignore[union-attr]
    }
    return [step.type.qualified, source.name, options, ports]


def trees(graph: CheckedGraph) -> list[str]:
    first = dict.fromkeys(graph.axes, 0)
    return sorted(json.dumps(tree(graph, source, first), sort_keys=True) for source in graph.outputs.values())


#: Some are ComfyUI's too, some ours alone.
CHANGES: dict[str, dict[str, Any]] = {
    "larger": {"use": "upscale", "scale": 1.5},
    "blocky": {"use": "upscale", "method": "torch-nearest-exact"},
    "cut to 8 bits": {"use": "resize", "width": 48, "method": "lanczos-8bit"},
    "smooth": {"use": "upscale", "scale": 3, "method": "bicubic"},
    "stretched": {"use": "resize", "width": 64, "height": 32},
    "narrower": {"use": "resize", "width": 48},
    "inside": {"use": "resize", "width": 64, "height": 32, "fit": "inside"},
    "cut": {"use": "crop", "width": 32, "height": 32, "left": 0},
}


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Graphs of built-in nodes at one point or along seeds, with models of both kinds."""
    source = draw(st.sampled_from(["starter", "owner/name", "./sd/one.safetensors"]))
    nodes: dict[str, Any] = {
        "model": {"use": "load_model", "source": "$checkpoint"},
        "text": {"use": "text_encode", "model": "$model", "prompt": "$prompt"},
    }
    if draw(st.booleans()):
        nodes["text"]["negative"] = draw(words).replace("$", "$$")
    sampler: dict[str, Any] = {
        "use": "sample",
        "model": "$model",
        "conditioning": "$text",
        "seed": "$seed",
        "steps": draw(st.integers(1, 50)),
        "guidance": draw(st.sampled_from([0.5, 1, 2.5, 7])),
    }
    scheduler = draw(st.sampled_from(["default", "euler", "heun", "dpm++_2m", "lms", "unipc", "ddim"]))
    if scheduler != "default":
        sampler["scheduler"] = scheduler
    if scheduler not in ("default", "ddim") and draw(st.booleans()):
        sampler["spacing"] = draw(st.sampled_from(sorted(SPACINGS)))
    first = dict(sampler)
    if draw(st.booleans()):
        first |= {"width": draw(st.sampled_from([64, 100, 512])), "height": 64}
    nodes["latent"] = first
    latents = "$latent"
    if draw(st.booleans()):
        nodes["resized"] = {
            "use": "resize_latents",
            "latents": latents,
            "scale": draw(st.sampled_from([0.5, 2])),
        }
        nodes["again"] = {**sampler, "latents": "$resized", "strength": draw(st.integers(0, 20)) / 20}
        latents = "$again"
    nodes["image"] = {"use": "decode", "model": "$model", "latents": latents}
    if draw(st.booleans()):
        nodes["image"]["tile"] = 256
    images = "$image"
    for index in range(draw(st.integers(0, 2))):
        change = draw(st.sampled_from([*CHANGES]))
        nodes[f"change_{index}"] = {**CHANGES[change], "images": images}
        images = f"$change_{index}"
    outputs = {"pictures": images}
    if draw(st.booleans()):
        nodes["clip"] = {"use": "clip_score", "images": images, "text": "$prompt"}
        outputs["clip"] = "$clip"
    inputs = {"checkpoint": source, "prompt": draw(words.filter(bool)), "seed": draw(st.integers(0, 1 << 53))}
    return {"mezzotint": 1, "inputs": inputs, "nodes": nodes, "outputs": outputs}


@quickly
@given(plain=graphs())
def test_a_graph_comes_back_up_to_its_names(plain: dict[str, Any], convert: Any) -> None:
    graph = convert.check(graph_text(plain))
    workflow = convert.workflow(graph_text(plain)).workflow
    again = convert.check(convert.graph(workflow).text)
    assert trees(again) == trees(graph)


ONE_POINT = {"prompt": "a red star", "seed": 3, "other": "a blue star", "strength": 0.5}


@pytest.mark.parametrize("name", ["txt2img", "img2img"])
def test_an_example_at_one_point_comes_back(name: str, convert: Any) -> None:
    """With more than it had: on a canvas every score is shown, also one that a mean is made of."""
    loaded = mezzotint.load(Path(__file__).parents[4] / "examples" / f"{name}.yaml")
    one = {key: mezzotint.each(value) for key, value in ONE_POINT.items() if key in loaded.spec.inputs}
    graph = loaded.given(**one).check()
    again = convert.check(convert.graph(to_workflow(graph).workflow).text)
    assert set(trees(again)) >= set(trees(graph))
