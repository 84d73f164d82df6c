"""What was converted runs, and makes what it was converted from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from comfy_stand_in import Comfy
from stock_workflows import text_to_image, with_hires_fix

import mezzotint
from mezzotint.graphs.store import Store
from mezzotint.integrations.comfyui.workflows.to_workflow import to_workflow

GRAPH = """
inputs:
  prompt: a red circle on a white background
  seed: {each: [7]}
nodes:
  model:  {use: load_model, source: starter}
  text:   {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed, steps: 4, guidance: 3,
           scheduler: dpm++_2m, spacing: karras}
  image:  {use: decode, model: $model, latents: $latent}
  big:    {use: upscale, images: $image, scale: 2, method: bicubic}
  clip:   {use: clip_score, images: $image, text: $prompt}
outputs: {images: $big, clip: $clip}
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_graph_that_went_to_comfyui_and_back_finds_everything_made(convert: Any, tmp_path: Path) -> None:
    """Its keys are the same: the second run computes nothing."""
    with Store(tmp_path / "store") as store:
        first = mezzotint.load(write(tmp_path, "graph.yaml", GRAPH))
        made = first.run(store=store)
        workflow = to_workflow(first.check()).workflow
        again = mezzotint.load(write(tmp_path, "again.yaml", convert.graph(workflow).text)).run(store=store)
    assert sum(made.outcome.made.values()) > 0
    counted = {name: count for name, count in again.outcome.made.items() if count and name != "model"}
    assert counted == {}
    assert again["images"].value.shape == made["images"].value.shape


def test_comfyui_draws_with_our_nodes_what_the_graph_draws(comfy: Comfy, tmp_path: Path) -> None:
    graph = mezzotint.load(write(tmp_path, "graph.yaml", GRAPH))
    workflow = json.loads(json.dumps(to_workflow(graph.check()).workflow))
    ran = comfy.run(workflow)
    (saved,) = [name for name, node in workflow.items() if node["class_type"] == "SaveImage"]
    source, output = workflow[saved]["inputs"]["images"]
    (picture,) = ran.outputs[source][output]
    with Store(tmp_path / "store") as store:
        expected = torch.as_tensor(graph.run(store=store)["images"].value)
    assert torch.allclose(picture[0], expected.squeeze(0).permute(1, 2, 0), atol=1e-5)


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m", "heun"])
def test_a_stock_workflow_draws_with_another_checkpoint(sampler: str, convert: Any, tmp_path: Path) -> None:
    made = text_to_image(steps=3, sampler_name=sampler, scheduler="simple", cfg=2)
    made["5"]["inputs"] |= {"width": 64, "height": 64, "batch_size": 2}
    graph = mezzotint.load(write(tmp_path, "graph.yaml", convert.graph(made).text))
    with Store(tmp_path / "store") as store:
        found = graph.run(store=store, checkpoint="starter", prompt="a red circle")["ComfyUI"]
    pictures = found.tensor()
    assert pictures.shape == (2, 3, 64, 64)
    assert torch.isfinite(pictures).all()
    assert not torch.equal(pictures[0], pictures[1])


def test_a_picture_drawn_over_larger(convert: Any, tmp_path: Path) -> None:
    made = with_hires_fix(batch=2, seeds=(5, 90))
    made["5"]["inputs"] |= {"width": 64, "height": 64}
    for name in ("3", "11"):
        made[name]["inputs"]["steps"] = 2
    graph = mezzotint.load(write(tmp_path, "graph.yaml", convert.graph(made).text))
    with Store(tmp_path / "store") as store:
        found = graph.run(store=store, checkpoint="starter")
    assert [len(found[name]) for name in ("ComfyUI", "picture")] == [2, 2]
    assert found["picture"][0].pixels.shape == (3, 96, 96)
