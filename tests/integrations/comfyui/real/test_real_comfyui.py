"""The pack in the real ComfyUI: loaded from a clone or a stub, drawing, scoring, saving, failing.

Runs where COMFYUI_DIR names a checkout; see conftest.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

REPOSITORY = Path(__file__).parents[4]
STUB = "from mezzotint.integrations.comfyui import *\n"

pytestmark = pytest.mark.slow

Inputs = dict[str, Any]


def as_clone(base: Path) -> None:
    """The repository in custom_nodes."""
    (base / "custom_nodes" / "mezzotint").symlink_to(REPOSITORY)
    graphs = base / "input" / "mezzotint_graphs"
    graphs.mkdir()
    (graphs / "scenes.yaml").write_text(
        "inputs: {prompt: {each: [a star, a cross]}, size: 64}\n"
        "nodes:\n"
        "  scene: {use: render_scene, prompt: $prompt, seed: 1}\n"
        "  part: {use: crop, images: $scene, width: $size, height: $size}\n"
        "outputs: {images: $part, prompts: $prompt}\n"
    )


@pytest.fixture(scope="module")
def comfyui(start_comfyui: Callable[..., Any]) -> Any:
    return start_comfyui(as_clone)


def node(kind: str, **inputs: Any) -> Inputs:
    return {"class_type": kind, "inputs": inputs}


def drawing(**sampling: Any) -> dict[str, Inputs]:
    """Two prompts twice, drawn with the starter: the pictures are ``["images", 0]``."""
    return {
        "model": node("Mezzotint.load_model", source="starter"),
        "prompts": node("Mezzotint.prompts", prompts="a red circle\ntwo stars", pictures=2, first_seed=0),
        "text": node("Mezzotint.text_encode", model=["model", 0], prompt=["prompts", 0]),
        "latents": node(
            "Mezzotint.sample",
            **{
                "model": ["model", 0],
                "conditioning": ["text", 0],
                "seed": ["prompts", 1],
                "steps": 4,
                **sampling,
            },
        ),
        "images": node("Mezzotint.decode", model=["model", 0], latents=["latents", 0]),
    }


def test_every_node_is_declared_and_named(comfyui: Any) -> None:
    told = {name: info for name, info in comfyui.get("/object_info").items() if name.startswith("Mezzotint.")}
    assert {"Mezzotint.clip_score", "Mezzotint.run_graph", "Mezzotint.graph.scenes"} <= told.keys()
    assert len(told) > 50
    for info in told.values():
        assert info["display_name"].endswith("(mezzotint)")
        assert info["category"].startswith("mezzotint")
        assert info["description"] or info["name"].startswith("Mezzotint.graph.")
    log = comfyui.written()
    assert "IMPORT FAILED" not in log
    took = re.search(r"([\d.]+) seconds: .*mezzotint", log)
    assert took is not None
    print(f"the pack took {took.group(1)} s of ComfyUI's start")  # shown with -s


def test_pictures_of_the_starter_go_through_stock_nodes_and_are_scored(comfyui: Any) -> None:
    ran = comfyui.run(
        drawing()
        | {
            "scaled": node(
                "ImageScale",
                image=["images", 0],
                upscale_method="lanczos",
                width=96,
                height=80,
                crop="disabled",
            ),
            "clip": node("Mezzotint.clip_score", images=["scaled", 0], text=["prompts", 0]),
            "spread": node("Mezzotint.diversity", images=["scaled", 0]),
            "fd": node("Mezzotint.fd", images=["scaled", 0], reference="starter"),
            "best": node("Mezzotint.best_of", images=["scaled", 0], score=["clip", 0]),
            "grid": node("Mezzotint.grid", images=["scaled", 0]),
            "saved": node("SaveImage", images=["best", 0], filename_prefix="best"),
            "sheet": node("SaveImage", images=["grid", 0], filename_prefix="sheet"),
        }
    )
    assert ran.error is None
    assert "clip_score: mean" in ran.text("clip")
    (table,) = ran.outputs["clip"]["table"]
    scores = [float(score) for _, score in table["rows"]]
    assert len(scores) == 4
    assert float(ran.text("best").splitlines()[0].removeprefix("score: ")) == max(scores)
    assert "diversity: " in ran.text("spread")
    assert "fd: " in ran.text("fd")
    (picture,) = ran.outputs["saved"]["images"]
    with Image.open(comfyui.picture(picture)) as best:
        assert best.size == (96, 80)
        assert len(best.getcolors(96 * 80)) > 100
    with Image.open(comfyui.picture(ran.outputs["sheet"]["images"][0])) as sheet:
        assert sheet.width > 2 * 96


def test_what_is_wrong_is_told_of_the_node_before_anything_runs(comfyui: Any) -> None:
    refused = comfyui.refusal(
        drawing(scheduler="no such") | {"end": node("SaveImage", images=["images", 0], filename_prefix="x")}
    )
    assert set(refused["node_errors"]) == {"latents"}
    assert "no such" in json.dumps(refused["node_errors"]["latents"]["errors"])


def test_what_goes_wrong_is_told_of_the_node_in_words(comfyui: Any) -> None:
    ran = comfyui.run(
        drawing(width=60, height=64) | {"end": node("SaveImage", images=["images", 0], filename_prefix="x")}
    )
    assert ran.error["node_id"] == "latents"
    assert "width 60 is not a multiple of 8" in ran.error["exception_message"]


def test_a_graph_file_is_a_node(comfyui: Any) -> None:
    ran = comfyui.run(
        {
            "graph": node("Mezzotint.graph.scenes", prompt="a star\na cross\na ring", size=48),
            "saved": node("SaveImage", images=["graph", 0], filename_prefix="scenes"),
        }
    )
    assert ran.error is None
    assert len(ran.outputs["saved"]["images"]) == 3
    assert len(ran.outputs["graph"]["images"]) == 3
    with Image.open(comfyui.picture(ran.outputs["graph"]["images"][0])) as picture:
        assert picture.size == (48, 48)


def test_a_graph_tells_what_failed_and_goes_on(comfyui: Any) -> None:
    inputs = "size: {each: [32, 100]}"
    ran = comfyui.run({"graph": node("Mezzotint.run_graph", graph="scenes", inputs=inputs)})
    assert ran.error is None
    assert "reach out of a picture" in ran.text("graph")
    assert len(ran.outputs["graph"]["images"]) == 2


def test_a_graph_can_be_interrupted(comfyui: Any) -> None:
    inputs = "steps: 1000\nprompt: {each: [a star, a cross]}"
    queued = comfyui.queue({"graph": node("Mezzotint.run_graph", graph="txt2img", inputs=inputs)})
    comfyui.until(lambda: comfyui.get("/queue")["queue_running"], "the graph didn't start")
    ran = comfyui.interrupt(queued)
    assert "execution_interrupted" in ran.messages


def test_the_starter_is_not_one_of_comfyuis_models_and_that_is_said(comfyui: Any) -> None:
    ran = comfyui.run(
        {
            "model": node("Mezzotint.load_model", source="starter"),
            "opened": node("Mezzotint.open_model", model=["model", 0]),
            "latent": node("EmptyLatentImage", width=64, height=64, batch_size=1),
            "decoded": node("VAEDecode", samples=["latent", 0], vae=["opened", 2]),
            "saved": node("SaveImage", images=["decoded", 0], filename_prefix="x"),
        }
    )
    assert "ComfyUI can't run starter" in ran.error["exception_message"]
    assert "mezzotint's own" in ran.error["exception_message"]


def test_the_scripts_of_the_page_are_served_once(comfyui: Any) -> None:
    assert len([path for path in comfyui.get("/extensions") if path.endswith("/results.js")]) == 1


def test_example_workflows_are_offered(comfyui: Any) -> None:
    assert set(comfyui.get("/workflow_templates")["mezzotint"]) >= {
        "score_a_batch",
        "best_of_n",
        "sweep_a_graph",
    }


def test_the_installed_package_with_a_stub_is_the_same_pack(
    start_comfyui: Callable[..., Any], tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "mezzotint").symlink_to(REPOSITORY)

    def as_stub(base: Path) -> None:
        (base / "custom_nodes" / "mezzotint_nodes.py").write_text(STUB)

    comfyui = start_comfyui(as_stub, PYTHONPATH=str(installed))
    assert "IMPORT FAILED" not in comfyui.written()
    assert len([name for name in comfyui.get("/object_info") if name.startswith("Mezzotint.")]) > 50
    ran = comfyui.run(drawing() | {"saved": node("PreviewImage", images=["images", 0])})
    assert ran.error is None
    assert len(ran.outputs["saved"]["images"]) == 4


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in diffusers' layout with an autoencoder of Stable Diffusion's own size, of random weights.

    Its denoiser is tiny and random too; its text encoder is the starter's.
    """
    import torch
    from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel

    from mezzotint.starter import DIFFUSION

    starter = StableDiffusionPipeline.from_pretrained(DIFFUSION, safety_checker=None)
    torch.manual_seed(0)
    channels = (128, 256, 512, 512)
    autoencoder = AutoencoderKL(
        block_out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        scaling_factor=0.18215,
    )
    denoiser = UNet2DConditionModel.from_config(
        {**starter.unet.config, "in_channels": 4, "out_channels": 4, "block_out_channels": (32, 32)}
    )
    made = StableDiffusionPipeline(
        vae=autoencoder.half(),
        unet=denoiser,
        text_encoder=starter.text_encoder,
        tokenizer=starter.tokenizer,
        scheduler=starter.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    folder = tmp_path_factory.mktemp("model")
    made.save_pretrained(folder)
    return folder


def test_stock_nodes_decode_our_latents_to_our_picture_and_encode_it_to_our_latents(
    comfyui: Any, model_folder: Path
) -> None:
    weights = model_folder / "vae" / "diffusion_pytorch_model.safetensors"
    (comfyui.base / "models" / "vae" / "same.safetensors").symlink_to(weights)
    ran = comfyui.run(
        {
            "model": node("Mezzotint.load_model", source=str(model_folder)),
            "text": node("Mezzotint.text_encode", model=["model", 0], prompt="a star"),
            "latents": node(
                "Mezzotint.sample",
                model=["model", 0],
                conditioning=["text", 0],
                seed=3,
                steps=2,
                width=64,
                height=64,
            ),
            "decoded": node("Mezzotint.decode", model=["model", 0], latents=["latents", 0]),
            "ours": node("SaveImage", images=["decoded", 0], filename_prefix="ours"),
            "vae": node("VAELoader", vae_name="same.safetensors"),
            "stock decoded": node("VAEDecode", samples=["latents", 0], vae=["vae", 0]),
            "stock": node("SaveImage", images=["stock decoded", 0], filename_prefix="stock"),
            "stock encoded": node("VAEEncode", pixels=["decoded", 0], vae=["vae", 0]),
            "back": node("Mezzotint.decode", model=["model", 0], latents=["stock encoded", 0]),
            "encoded": node("Mezzotint.encode", model=["model", 0], images=["decoded", 0]),
            "ours back": node("Mezzotint.decode", model=["model", 0], latents=["encoded", 0]),
            "stock round": node("SaveImage", images=["back", 0], filename_prefix="stock_round"),
            "our round": node("SaveImage", images=["ours back", 0], filename_prefix="our_round"),
        }
    )
    assert ran.error is None, ran.error
    pixels = {
        name: pixels_of(comfyui.picture(ran.outputs[name]["images"][0]))
        for name in ("ours", "stock", "stock round", "our round")
    }
    assert largest(pixels["ours"], pixels["stock"]) <= 1
    assert largest(pixels["our round"], pixels["stock round"]) <= 2
    assert np.ptp(pixels["ours"]) > 20


def pixels_of(path: Path) -> Any:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def largest(one: Any, other: Any) -> int:
    """The largest difference of two pictures, of 255."""
    return int(np.abs(one - other).max())
