"""``mezzotint convert``: files in, files out, and nothing written where something has no equal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import Result

from mezzotint.nodes.picture_texts import write

Invoke = Callable[..., Result]


def workflow(**sampler: Any) -> dict[str, Any]:
    settings = {"seed": 5, "steps": 4, "cfg": 3, "sampler_name": "euler", "scheduler": "normal", "denoise": 1}
    return {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "one.safetensors"}},
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red circle", "clip": ["1", 1]}},
        "4": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["1", 1]}},
        "5": {
            "class_type": "KSampler",
            "inputs": {
                "model": ["1", 0],
                "positive": ["3", 0],
                "negative": ["4", 0],
                "latent_image": ["2", 0],
                **settings,
                **sampler,
            },
        },
        "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
        "7": {"class_type": "SaveImage", "inputs": {"filename_prefix": "pictures", "images": ["6", 0]}},
    }


@pytest.fixture
def saved(folder: Path) -> Path:
    (folder / "workflow.json").write_text(json.dumps(workflow(), indent=1))
    return folder / "workflow.json"


def test_a_workflow_becomes_a_graph_that_checks_and_plans(invoke: Invoke, saved: Path) -> None:
    converted = invoke("convert", "workflow.json", "-o", "made.yaml", toys=False)
    assert converted.exit_code == 0
    assert converted.stdout == "made.yaml\n"
    assert "note: The noise of every picture comes from its own seed." in converted.stderr
    assert invoke("check", "made.yaml", toys=False).stdout.startswith("made.yaml: fine; 4 nodes")
    planned = invoke("plan", "made.yaml", "--set", "checkpoint=starter", toys=False)
    assert planned.exit_code == 0


def test_without_a_file_to_write_it_goes_to_stdout(invoke: Invoke, saved: Path) -> None:
    shown = invoke("convert", "workflow.json", toys=False).stdout
    assert shown.startswith("# The noise")
    assert "use: sample" in shown


def test_a_picture_is_converted_like_the_workflow_that_it_carries(invoke: Invoke, saved: Path) -> None:
    texts = {"prompt": saved.read_text()}
    (saved.parent / "made.png").write_bytes(write(Image.new("RGB", (8, 8)), "PNG", texts))
    of_picture = invoke("convert", "made.png", toys=False)
    of_file = invoke("convert", "workflow.json", toys=False)
    assert of_picture.stdout.replace("made.png", "workflow.json") == of_file.stdout


def test_what_has_no_equal_is_listed_and_nothing_is_written(invoke: Invoke, saved: Path) -> None:
    saved.write_text(json.dumps(workflow(sampler_name="uni_pc"), indent=1))
    refused = invoke("convert", "workflow.json", "-o", "made.yaml", toys=False)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("workflow.json:")
    assert "node 5 (KSampler): sampler_name can't be kept" in refused.stderr
    assert not (saved.parent / "made.yaml").exists()


def test_a_models_folder_finds_files(invoke: Invoke, saved: Path) -> None:
    missing = invoke("convert", "workflow.json", "--models", "ComfyUI/models", toys=False)
    assert missing.exit_code == 2
    assert "is no folder" in missing.stderr
    checkpoints = saved.parent / "ComfyUI" / "models" / "checkpoints"
    checkpoints.mkdir(parents=True)
    none = invoke("convert", "workflow.json", "--models", "ComfyUI/models", toys=False)
    assert "ckpt_name is 'one.safetensors'" in none.stderr
    (checkpoints / "one.safetensors").write_bytes(b"")
    found = invoke("convert", "workflow.json", "--models", "ComfyUI/models", toys=False)
    assert str(checkpoints / "one.safetensors") in found.stdout


def test_a_picture_to_load_must_be_beside_the_graph(invoke: Invoke, saved: Path) -> None:
    made = workflow()
    made["2"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["8", 0], "vae": ["1", 2]}}
    made["8"] = {"class_type": "LoadImage", "inputs": {"image": "photo.png"}}
    saved.write_text(json.dumps(made, indent=1))
    refused = invoke("convert", "workflow.json", "-o", "made.yaml", toys=False)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("workflow.json:")
    assert "node 8 (LoadImage): image is 'photo.png'" in refused.stderr
    Image.new("RGB", (8, 8)).save(saved.parent / "photo.png")
    assert invoke("convert", "workflow.json", "-o", "made.yaml", toys=False).exit_code == 0


GRAPH = """
inputs: {prompt: {each: [a red circle, a star]}, seed: {each: [3, 1]}}
nodes:
  model:  {use: load_model, source: starter}
  text:   {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed}
  image:  {use: decode, model: $model, latents: $latent}
outputs: {images: $image}
"""


def test_a_graph_becomes_a_workflow_of_its_first_point(invoke: Invoke, folder: Path) -> None:
    (folder / "pictures.yaml").write_text(GRAPH)
    converted = invoke("convert", "pictures.yaml", "-o", "made.json", "--set", "latent.steps=7", toys=False)
    assert converted.exit_code == 0
    assert "note: prompt: the first of 2 values" in converted.stderr
    made = json.loads((folder / "made.json").read_text())
    (sampler,) = [entry for entry in made.values() if entry["class_type"] == "Mezzotint.sample"]
    assert (sampler["inputs"]["seed"], sampler["inputs"]["steps"]) == (3, 7)


def test_all_points_become_a_folder_of_workflows(invoke: Invoke, folder: Path) -> None:
    (folder / "pictures.yaml").write_text(GRAPH)
    assert "say -o FOLDER" in invoke("convert", "pictures.yaml", "--all", toys=False).stderr
    converted = invoke("convert", "pictures.yaml", "--all", "-o", "made", toys=False)
    assert converted.stdout == "made: 4 workflows\n"
    assert sorted(path.name for path in (folder / "made").iterdir()) == [
        "0-0.json",
        "0-1.json",
        "1-0.json",
        "1-1.json",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["none.json"], "none.json:1:1: no such file"),
        (["none.yaml"], "none.yaml:1:1: no such file"),
        (["workflow.json", "--set", "seed=1"], "--set goes with a graph file"),
        (["workflow.json", "--all", "-o", "x"], "--all goes with a graph file"),
    ],
)
def test_mistakes_on_the_command_line(
    arguments: list[str], expected: str, invoke: Invoke, saved: Path
) -> None:
    refused = invoke("convert", *arguments, toys=False)
    assert refused.exit_code == 2
    assert expected in refused.stderr
