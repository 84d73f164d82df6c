"""A converted graph in the real ComfyUI draws the graph's picture, whose file converts back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

import mezzotint
from mezzotint.graphs.store import Store
from mezzotint.integrations.comfyui.workflows.reading import read_workflow
from mezzotint.integrations.comfyui.workflows.to_graph import to_graph
from mezzotint.integrations.comfyui.workflows.to_workflow import to_workflow

REPOSITORY = Path(__file__).parents[4]

pytestmark = pytest.mark.slow

GRAPH = """
inputs: {prompt: a red circle on a white background, seed: 7}
nodes:
  model:  {use: load_model, source: starter}
  text:   {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed, steps: 4, guidance: 3,
           scheduler: dpm++_2m, spacing: karras}
  image:  {use: decode, model: $model, latents: $latent}
  big:    {use: upscale, images: $image, method: nearest}
  clip:   {use: clip_score, images: $image, text: $prompt}
outputs: {pictures: $big, clip: $clip}
"""


def test_comfyui_draws_what_the_graph_draws_and_its_file_converts_back(
    start_comfyui: Callable[..., Any], tmp_path: Path
) -> None:
    def install(base: Path) -> None:
        (base / "custom_nodes" / "mezzotint").symlink_to(REPOSITORY)

    (tmp_path / "graph.yaml").write_text(GRAPH)
    graph = mezzotint.load(tmp_path / "graph.yaml")
    workflow = to_workflow(graph.check()).workflow
    comfyui = start_comfyui(install)
    ran = comfyui.run(workflow)
    assert ran.error is None
    ((image,),) = [told["images"] for told in ran.outputs.values() if "images" in told]
    saved = comfyui.picture(image)
    (tmp_path / "again.yaml").write_text(to_graph(read_workflow(saved), mezzotint.registry()).text)
    with Store(tmp_path / "store") as store:
        drawn = graph.run(store=store)["pictures"].pil()[0]
        again = mezzotint.load(tmp_path / "again.yaml").run(store=store)
    apart = numpy.abs(numpy.asarray(drawn, int) - numpy.asarray(Image.open(saved).convert("RGB"), int))
    assert apart.max() <= 1  # ComfyUI cuts to 8 bits where we round
    assert again.outcome.made.get("latent", 0) == 0
