"""What a graph becomes: ComfyUI's own nodes where they do just as well, ours where not."""

from __future__ import annotations

from typing import Any

import pytest

from mezzotint.graphs.problem import GraphError
from mezzotint.integrations.comfyui.workflows.to_workflow import to_workflows

STOCK = """
inputs:
  checkpoint: ./sd/one.safetensors
  prompt: {each: [a red circle, two (green) stars]}
  seed: {each: [4, 5, 6]}
nodes:
  model:  {use: load_model, source: $checkpoint}
  text:   {use: text_encode, model: $model, prompt: "${prompt} on white", negative: blurry}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed, steps: 12, guidance: 3,
           scheduler: dpm++_2m, spacing: karras, width: 512, height: 512}
  image:  {use: decode, model: $model, latents: $latent}
outputs: {images: $image}
"""

OURS = """
inputs:
  prompt: a red circle
  seed: 4
nodes:
  model:  {use: load_model, source: starter}
  text:   {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed, steps: 6}
  image:  {use: decode, model: $model, latents: $latent}
  big:    {use: upscale, images: $image, scale: 2}
  clip:   {use: clip_score, images: $image, text: $prompt}
outputs: {images: $big, clip: $clip}
"""


def classes(workflow: Any) -> list[str]:
    return [node["class_type"] for node in workflow.values()]


def one(workflow: Any, kind: str) -> Any:
    (found,) = [node for node in workflow.values() if node["class_type"] == kind]
    return found["inputs"]


def refused(convert: Any, text: str) -> str:
    with pytest.raises(GraphError) as raised:
        convert.workflow(text)
    return str(raised.value)


def test_a_checkpoint_in_a_file_is_drawn_with_by_comfyuis_own_nodes(convert: Any) -> None:
    made = convert.workflow(STOCK)
    assert sorted(classes(made.workflow)) == [
        "CLIPTextEncode",
        "CLIPTextEncode",
        "CheckpointLoaderSimple",
        "EmptyLatentImage",
        "KSampler",
        "SaveImage",
        "VAEDecode",
    ]
    sampler = one(made.workflow, "KSampler")
    assert (sampler["sampler_name"], sampler["scheduler"], sampler["denoise"]) == ("dpmpp_2m", "karras", 1.0)
    assert one(made.workflow, "CheckpointLoaderSimple") == {"ckpt_name": "sd/one.safetensors"}
    assert one(made.workflow, "SaveImage")["filename_prefix"] == "images"


def test_seeds_that_count_up_are_a_batch_and_other_axes_their_first_value(convert: Any) -> None:
    made = convert.workflow(STOCK)
    assert one(made.workflow, "EmptyLatentImage")["batch_size"] == 3
    assert one(made.workflow, "KSampler")["seed"] == 4
    texts = [node["inputs"]["text"] for node in made.workflow.values() if "text" in node["inputs"]]
    assert texts == ["a red circle on white", "blurry"]
    assert any(note.startswith("prompt: the first of 2 values") for note in made.notes)
    assert any(note.startswith("seed: its 3 seeds are a batch") for note in made.notes)


def test_every_point_is_a_workflow_of_its_own(convert: Any) -> None:
    made = [*to_workflows(convert.check(STOCK))]
    assert [converted.point["prompt"] for converted in made] == [0, 1]
    assert r"two \(green\) stars on white" in [
        node["inputs"].get("text") for node in made[1].workflow.values()
    ]


def test_seeds_are_a_batch_at_every_point_or_at_none(convert: Any) -> None:
    """Of the second prompt ComfyUI's own nodes can't be had, so its seeds are points of their own."""
    made = [*to_workflows(convert.check(STOCK.replace("two (green) stars", "'embedding:two'")))]
    assert [tuple(converted.point.values()) for converted in made] == [
        (prompt, seed) for prompt in range(2) for seed in range(3)
    ]


def test_too_many_points_are_no_workflows(convert: Any) -> None:
    many = STOCK.replace("[a red circle, two (green) stars]", "{range: 10001}").replace("[4, 5, 6]", "[4, 6]")
    with pytest.raises(GraphError, match="20,002 workflows; 10,000 are the most"):
        next(to_workflows(convert.check(many)))


@pytest.mark.parametrize("change", ["[4, 5, 7]", "[4, 3, 2]"])
def test_seeds_that_skip_are_no_batch(change: str, convert: Any) -> None:
    made = convert.workflow(STOCK.replace("[4, 5, 6]", change))
    assert one(made.workflow, "EmptyLatentImage")["batch_size"] == 1


def test_seeds_that_something_else_takes_too_are_no_batch(convert: Any) -> None:
    made = convert.workflow(STOCK.replace("${prompt} on white", "${prompt} ${seed}"))
    assert one(made.workflow, "EmptyLatentImage")["batch_size"] == 1


@pytest.mark.parametrize(
    "change",
    [
        ("./sd/one.safetensors", "starter"),
        ("./sd/one.safetensors", "owner/name"),
        ("spacing: karras, ", ""),
        ("scheduler: dpm++_2m", "scheduler: unipc"),
        ("guidance: 3", "guidance: 0.5"),
        ("width: 512, height: 512", "width: 512"),
        ("negative: blurry", "negative: 'embedding:x'"),
        ("latents: $latent}", "latents: $latent, tile: 256}"),
        ("source: $checkpoint}", "source: $checkpoint, dtype: float16}"),
    ],
)
def test_what_shares_a_model_goes_over_together_or_not_at_all(change: tuple[str, str], convert: Any) -> None:
    found = set(classes(convert.workflow(STOCK.replace(*change)).workflow))
    assert found == {
        "Mezzotint.load_model",
        "Mezzotint.text_encode",
        "Mezzotint.sample",
        "Mezzotint.decode",
        "SaveImage",
    }


def test_our_nodes_take_what_they_are_given_and_their_defaults_are_left_out(convert: Any) -> None:
    made = convert.workflow(OURS).workflow
    assert one(made, "Mezzotint.load_model") == {"source": "starter"}
    assert one(made, "Mezzotint.sample") == {
        "model": ["1", 0],
        "conditioning": ["2", 0],
        "seed": 4,
        "steps": 6,
    }
    assert one(made, "Mezzotint.clip_score")["text"] == "a red circle"
    assert one(made, "Mezzotint.upscale") == {"images": ["4", 0]}
    titles = {node["_meta"]["title"] for node in made.values()}
    assert {"model", "text", "latent", "image", "big", "clip"} <= titles


def test_pictures_are_resized_by_comfyui_where_it_does_the_same(convert: Any) -> None:
    made = convert.workflow(OURS.replace("scale: 2}", "scale: 2, method: lanczos-8bit}")).workflow
    assert one(made, "ImageScaleBy") == {"image": ["4", 0], "scale_by": 2.0, "upscale_method": "lanczos"}


def test_a_set_over_a_batch_is_reduced_and_another_is_refused(convert: Any) -> None:
    spread = (
        "  spread: {use: diversity, images: $image, over: %s}\noutputs: {spread: $spread, images: $image}"
    )
    text = STOCK.replace("outputs: {images: $image}", spread)
    assert "Mezzotint.diversity" in classes(convert.workflow(text % "seed").workflow)
    message = refused(convert, text % "[prompt, seed]")
    assert "spread (diversity) reduces prompt, and a workflow holds one point" in message
    assert message.startswith("graph.yaml:12:3:")


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("{latents: $latent}", "output latents is of type Latents, which ComfyUI neither saves nor shows"),
        ("{model: $model, images: $image}", "output model is of type Model"),
    ],
)
def test_what_comfyui_cannot_show_is_refused(outputs: str, expected: str, convert: Any) -> None:
    assert expected in refused(convert, STOCK.replace("{images: $image}", outputs))


def test_files_of_any_name_are_refused_and_those_with_a_number_saved(convert: Any) -> None:
    saved = "  saved: {use: save_images, images: $image, pattern: '%s'}\noutputs: {saved: $saved}"
    text = STOCK.replace("outputs: {images: $image}", saved)
    assert one(convert.workflow(text % "a/b_{index}.png").workflow, "SaveImage")["filename_prefix"] == "a/b"
    assert "ComfyUI names files by a prefix and a number" in refused(convert, text % "{prompt}.webp")


def test_a_preview_stays_one(convert: Any) -> None:
    made = convert.workflow(STOCK.replace("{images:", "{preview:")).workflow
    assert "PreviewImage" in classes(made)
