"""The prompt in a picture's file, whichever program wrote it; and nothing where nothing is sure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import mezzotint
from mezzotint.graphs.store import Store
from mezzotint.nodes.carried_prompt import MOST_PROMPT, plain_words, read_prompt
from mezzotint.nodes.comfyui_prompt import prompt_of_workflow
from mezzotint.nodes.graph_prompt import prompt_of_graph

Carrying = Callable[..., Path]


@pytest.fixture
def carrying(tmp_path: Path) -> Carrying:
    """A PNG with texts, by key."""

    def carrying(**texts: str) -> Path:
        info = PngInfo()
        for key, text in texts.items():
            info.add_itxt(key, text)
        Image.new("RGB", (4, 4)).save(tmp_path / "picture.png", pnginfo=info)
        return tmp_path / "picture.png"

    return carrying


def workflow(**changes: Any) -> dict[str, Any]:
    """The workflow that ComfyUI opens with, in its API format, with nodes changed."""
    nodes = {
        "3": {
            "positive": ["6", 0],
            "negative": ["7", 0],
            "model": ["4", 0],
            "latent_image": ["5", 0],
            "seed": 1,
        },
        "4": {"ckpt_name": "model.safetensors"},
        "5": {"width": 512, "height": 512, "batch_size": 1},
        "6": {"text": "a red cube", "clip": ["4", 1]},
        "7": {"text": "blurry", "clip": ["4", 1]},
        "8": {"samples": ["3", 0], "vae": ["4", 2]},
        "9": {"filename_prefix": "ComfyUI", "images": ["8", 0]},
        **changes,
    }
    return {name: {"class_type": "Node", "inputs": inputs} for name, inputs in nodes.items()}


A1111 = "AUTOMATIC1111's web UI or one like it"
PARAMETERS = """a (red:1.2) cube <lora:cubes:0.8>,
on a table
Negative prompt: blurry, Steps: none
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"""


@pytest.mark.parametrize(
    ("texts", "prompt", "program"),
    [
        ({"prompt": json.dumps(workflow())}, "a red cube", "ComfyUI"),
        ({"parameters": PARAMETERS}, "a red cube , on a table", A1111),
        ({"parameters": "a cube\nSteps: 20, Seed: 1"}, "a cube", A1111),
        (
            {"parameters": '{"prompt": "a cube", "seed": 1}'},
            "a cube",
            "AUTOMATIC1111's web UI or one like it",
        ),
        ({"invokeai_metadata": '{"positive_prompt": "a cube"}'}, "a cube", "InvokeAI"),
        ({"Comment": '{"prompt": "a cube", "steps": 28}'}, "a cube", "NovelAI"),
        ({"Description": "a red cube --ar 3:2 --v 6 Job ID: 12-34"}, "a red cube", "Midjourney"),
    ],
)
def test_prompts_of_other_programs(
    carrying: Carrying, texts: dict[str, str], prompt: str, program: str
) -> None:
    found = read_prompt(carrying(**texts))
    assert found is not None
    assert (found.text, found.program) == (prompt, program)


@pytest.mark.parametrize("ending", [".jpg", ".webp"])
@pytest.mark.parametrize("order", ["utf-16-be", "utf-16-le"])
def test_automatic1111_writes_a_comment_where_there_are_no_chunks(
    tmp_path: Path, ending: str, order: str
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + PARAMETERS.encode(order)
    Image.new("RGB", (4, 4)).save(tmp_path / f"a{ending}", exif=exif)
    found = read_prompt(tmp_path / f"a{ending}")
    assert found is not None
    assert found.text == "a red cube , on a table"


def test_comfyui_writes_fields_of_exif_in_webp(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0110] = f"prompt:{json.dumps(workflow())}"
    Image.new("RGB", (4, 4)).save(tmp_path / "a.webp", exif=exif)
    found = read_prompt(tmp_path / "a.webp")
    assert found is not None
    assert (found.text, found.program) == ("a red cube", "ComfyUI")


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"Description": "a holiday in Rome", "Comment": "Created with GIMP"},
        {"prompt": "no JSON", "parameters": "Steps: 20, Seed: 1"},
        {"prompt": "[" * 100_000, "invokeai_metadata": "7", "Comment": '["prompt"]'},
        {"parameters": "a" * (MOST_PROMPT + 1)},
        {"mezzotint": json.dumps({"outputs": {"a": "$a"}})},
    ],
)
def test_nothing_where_there_is_no_prompt(carrying: Carrying, texts: dict[str, str]) -> None:
    assert read_prompt(carrying(**texts)) is None


def test_what_is_no_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ValueError, match="not a picture"):
        read_prompt(tmp_path / "a.png")


def test_weights_of_words_are_no_words() -> None:
    assert plain_words("((a:1.1) cube:1.2), <lora:x:1> 3:2 format, (plain)") == "a cube, 3:2 format, (plain)"


# ComfyUI


def text(words: str) -> dict[str, Any]:
    return {"text": words, "clip": ["4", 1]}


def link(name: str, output: int = 0) -> list[Any]:
    return [name, output]


@pytest.mark.parametrize(
    ("changes", "prompt"),
    [
        pytest.param({}, "a red cube", id="a text"),
        pytest.param(
            {
                "3": {"positive": link("10"), "negative": link("10", 1)},
                "10": {"positive": link("6"), "negative": link("7")},
            },
            "a red cube",
            id="a node that takes both sides",
        ),
        pytest.param(
            {"3": {"positive": link("10")}, "10": {"conditioning": link("6"), "guidance": 3.5}},
            "a red cube",
            id="a node that passes it on",
        ),
        pytest.param(
            {
                "3": {"guider": link("10"), "noise": link("5")},
                "10": {"conditioning": link("6")},
                "6": {"clip_l": "cube", "t5xxl": "a red cube on a table"},
            },
            "a red cube on a table",
            id="a guider, and an encoder of two texts",
        ),
        pytest.param({"6": {"text_g": "a dog", "text_l": "dog, art"}}, "a dog", id="SDXL's two texts"),
        pytest.param(
            {"6": {"text": link("10")}, "10": {"value": link("11")}, "11": {"string": "a cat"}},
            "a cat",
            id="a text from a node of its own",
        ),
        pytest.param(
            {"6": {"text": link("10")}, "10": {"string_a": "a", "string_b": "cat", "delimiter": " big "}},
            "a big cat",
            id="a text joined of two",
        ),
        pytest.param(
            {
                "6": {"conditioning_1": link("10"), "conditioning_2": link("11")},
                "10": text("a"),
                "11": text("b"),
            },
            "a, b",
            id="conditionings combined",
        ),
        pytest.param(
            {
                "8": {"samples": link("10")},
                "10": {"positive": link("11"), "latent_image": link("3")},
                "11": text("b"),
            },
            "b",
            id="of two passes the one nearest to the picture",
        ),
        pytest.param(
            {"10": {"images": link("11")}, "11": {"positive": link("12")}, "12": text("b")},
            None,
            id="two pictures, and which one this is isn't said",
        ),
        pytest.param(
            {"10": {"images": link("11")}, "11": {"positive": link("12")}, "12": text("a red cube")},
            "a red cube",
            id="two pictures of one text",
        ),
        pytest.param({"6": {"conditioning": link("6")}}, None, id="a conditioning of itself"),
        pytest.param({"6": {"text": link("10")}, "10": {"text": link("10")}}, None, id="a text of itself"),
        pytest.param({"6": {"text": link("99")}}, None, id="a link to nothing"),
        pytest.param({"6": text("  ")}, None, id="an empty text"),
        pytest.param({"3": {"positive": link("9")}, "9": {"images": link("3")}}, None, id="a ring"),
    ],
)
def test_the_texts_behind_a_samplers_positive_side(changes: dict[str, Any], prompt: str | None) -> None:
    assert prompt_of_workflow(workflow(**changes)) == prompt


NO_WORKFLOWS: list[Any] = [
    None,
    7,
    [],
    {},
    {"3": 7},
    {"3": {"inputs": []}},
    {"3": {"inputs": {"positive": [{}, 0]}}},
]


def test_a_workflow_that_would_keep_its_reader_busy_has_no_prompt() -> None:
    """What takes time by the square or the cube of its length is given up, whatever would be found."""
    count = 4000
    samplers = {f"s{index}": {"positive": [f"c{index}", 0]} for index in range(count)}
    chain = {f"c{index}": {"conditioning": [f"c{index + 1}", 0]} for index in range(count)}
    passed_on = {f"t{index}": {"text": [f"t{index + 1}", 0]} for index in range(count)}
    end = {f"c{count}": {"text": "a cube"}, f"t{count}": {"text": "a cube"}}
    for changes in (
        {**samplers, **chain, **end},
        {"3": {"positive": ["c0", 0]}, **chain, **end},
        {"6": {"text": ["t0", 0]}, **passed_on, **end},
    ):
        assert prompt_of_workflow(workflow(**changes)) is None


def test_blanks_without_end_keep_no_reader_busy(carrying: Carrying) -> None:
    found = read_prompt(carrying(Description="a cube" + " " * 900_000 + "--ar 2:3 Job ID: 1"))
    assert found is not None
    assert found.text == "a cube"


@pytest.mark.parametrize("data", NO_WORKFLOWS)
def test_what_is_no_workflow_has_no_prompt(data: Any) -> None:
    assert prompt_of_workflow(data) is None


# Ours


@pytest.mark.parametrize(
    ("inputs", "field", "prompt"),
    [
        ({"prompt": "a $100 bill"}, "${prompt} on white", "a $100 bill"),
        ({"row": {"value": {"text": "a cat", "id": 7}}}, "$row.text", "a cat"),
        ({"row": {"value": {"text": "a cat", "id": 7}}}, "${row.id} of $$ ${row.text}", "7 of $ a cat"),
        ({}, "a plain text", "a plain text"),
        ({"thing": {"each": ["a", "b"]}}, "$thing", None),
        ({"row": {"value": {"text": "a cat"}}}, "$row", None),
        ({}, "$nothing", None),
    ],
)
def test_the_prompt_of_a_graph_at_a_point(inputs: dict[str, Any], field: str, prompt: str | None) -> None:
    graph = {
        "inputs": inputs,
        "nodes": {"text": {"use": "text_encode", "prompt": field}, "image": {"use": "sample", "of": "$text"}},
        "outputs": {"image": "$image"},
    }
    assert prompt_of_graph(graph, "image") == prompt


def test_graphs_with_several_prompts_have_none() -> None:
    nodes = {name: {"use": "text_encode", "prompt": name} for name in ("a", "b")}
    graph = {"nodes": {**nodes, "c": {"use": "join", "of": ["$a", "$b"]}}, "outputs": {"c": "$c", "a": "$a"}}
    assert prompt_of_graph(graph, "c") is None
    assert prompt_of_graph(graph, "a") == "a"
    assert prompt_of_graph([], "c") is None


def test_pictures_that_a_run_left_carry_their_prompts(tmp_path: Path) -> None:
    (tmp_path / "graph.yaml").write_text(
        """
        inputs: {row: {each: [{text: a red circle}, {text: two stars}]}}
        nodes:
          model: {use: load_model, source: starter}
          text: {use: text_encode, model: $model, prompt: "${row.text} on a white background"}
          latent: {use: sample, model: $model, conditioning: $text, seed: 1, steps: 1}
          image: {use: decode, model: $model, latents: $latent}
          saved: {use: save_images, images: $image, pattern: "{row.index}.webp"}
        outputs: {image: $image, saved: $saved}
        """
    )
    with Store(tmp_path / "store") as store:
        mezzotint.load(tmp_path / "graph.yaml").run_to_folder(tmp_path / "run", store=store)
    for ending in ("png", "webp"):
        found = [read_prompt(path) for path in sorted((tmp_path / "run" / "images").rglob(f"*.{ending}"))]
        assert [(one.text, one.program) for one in found if one is not None] == [
            ("a red circle on a white background", "mezzotint"),
            ("two stars on a white background", "mezzotint"),
        ]
