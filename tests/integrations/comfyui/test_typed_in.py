"""What is typed in wrongly is told before anything runs; what files hold decides what runs again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from comfy_stand_in import Comfy, held
from PIL import Image

from mezzotint import Images, Text, node
from mezzotint.integrations.comfyui.node_class import node_class


def of(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def faults(comfy: Comfy, class_type: str, **inputs: Any) -> list[str]:
    """What validation says of a node whose pictures come from a stock one."""
    picture = of("EmptyImage", width=8, height=8, batch_size=1, color=0)
    return comfy.errors({"0": picture, "1": of(class_type, images=["0", 0], **inputs)}).get("1", [])


@pytest.mark.parametrize(
    ("class_type", "inputs", "told"),
    [
        ("upscale", {"scale": 9.0}, "scale is 9.0: expected a number from 1 to 8"),
        ("upscale", {"method": "cubic"}, "method is 'cubic': expected one of lanczos, bicubic, nearest"),
        ("fd", {"reference": "/nowhere"}, "reference: there is no reference '/nowhere'"),
        ("fd", {"reference": ""}, "reference: expected 'starter', a folder of images"),
        ("fd", {"reference": "starter", "extractor": "vgg"}, "vgg"),
        ("fid", {"reference": "starter", "extractor": "starter"}, "FID means Inception's features"),
        ("resize", {"width": 0, "height": 0}, "width"),
        ("skew", {"attributes": "a man, a woman"}, "attributes is 'a man, a woman': expected a list of"),
        ("skew", {"attributes": "[a man, a woman"}, "attributes:2:1: the '[' opened at line 1"),
        ("vendi", {"order": "many"}, "order is 'many': expected a number from 0 to 1000 or one of infinity"),
        ("save_images", {"pattern": "{seed}.png"}, "{seed} stands for an input of a graph"),
        ("save_images", {"pattern": "../x.png"}, "leads out of the output folder"),
        ("save_images", {"pattern": "x.gif"}, "'x.gif' has none of the endings .png, .jpg"),
    ],
)
def test_what_can_not_be_is_told_before_the_run(
    comfy: Comfy, class_type: str, inputs: dict[str, Any], told: str
) -> None:
    (message,) = faults(comfy, f"Mezzotint.{class_type}", **inputs)
    assert told in message


@pytest.mark.parametrize(
    ("class_type", "inputs"),
    [
        ("upscale", {"scale": 3}),
        ("fd", {"reference": "starter"}),
        ("resize", {"width": 10, "height": 0}),
        ("skew", {"attributes": "[a man, a woman]"}),
        ("vendi", {"order": "infinity"}),
        ("crop", {"width": 4, "height": 4, "left": -1}),
        ("clip_score", {"text": "no: this is text, and so is [that"}),
        ("clip_score", {"text": ""}),
    ],
)
def test_what_can_be_is_let_through(comfy: Comfy, class_type: str, inputs: dict[str, Any]) -> None:
    assert faults(comfy, f"Mezzotint.{class_type}", **inputs) == []


def test_all_that_is_wrong_is_told_at_once(comfy: Comfy) -> None:
    (message,) = faults(comfy, "Mezzotint.upscale", scale=0.5, method="none")
    assert "scale is 0.5" in message
    assert "method is 'none'" in message


def test_a_model_that_does_not_exist_is_told_at_its_node(comfy: Comfy) -> None:
    (message,) = comfy.errors({"1": of("Mezzotint.load_model", source="nowhere")})["1"]
    assert "source 'nowhere' doesn't exist" in message


def test_what_comes_over_a_wire_is_left_to_the_run(comfy: Comfy) -> None:
    comfy.classes["Names"] = held("STRING", "/nowhere")
    picture = of("EmptyImage", width=8, height=8, batch_size=2, color=0)
    workflow = {
        "0": picture,
        "1": of("Names"),
        "2": of("Mezzotint.fd", images=["0", 0], reference=["1", 0]),
        "3": of("Mezzotint.fid", images=["0", 0], reference="starter", extractor=["1", 0]),
    }
    assert comfy.errors(workflow) == {}
    del workflow["3"]
    with pytest.raises(ValueError, match="reference: there is no reference '/nowhere'"):
        comfy.run(workflow)


def _not_both(options: Mapping[str, Any]) -> None:
    if options["left"] and options["right"]:
        raise ValueError("left and right exclude each other")


@node(version=1, check=_not_both)
def toy(images: Images, text: Text = "", *, left: bool = False, right: bool = False) -> Images:  # type: ignore[assignment]
    """Do something."""
    return images


def test_a_node_types_own_check_counts(comfy: Comfy) -> None:
    comfy.classes["Toy"] = node_class(toy.node_type)  # type: ignore[attr-defined]
    assert faults(comfy, "Toy", left=True) == []
    (message,) = faults(comfy, "Toy", left=True, right=True)
    assert "left and right exclude each other" in message
    comfy.classes["Flag"] = held("BOOLEAN", True)
    workflow = {
        "0": of("EmptyImage", width=8, height=8, batch_size=1, color=0),
        "1": of("Flag"),
        "2": of("Toy", images=["0", 0], left=True, right=["1", 0]),
        "3": of("SaveImage", images=["2", 0]),
    }
    assert comfy.errors(workflow) == {}  # what comes over the wire may be false
    with pytest.raises(ValueError, match="left and right exclude each other"):
        comfy.run(workflow)


# Files


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ComfyUI's input and output folders."""
    for name in ("input", "output"):
        (tmp_path / name).mkdir()
    paths = SimpleNamespace(
        get_input_directory=lambda: str(tmp_path / "input"),
        get_output_directory=lambda: str(tmp_path / "output"),
    )
    monkeypatch.setitem(sys.modules, "folder_paths", paths)
    return tmp_path


def test_files_are_looked_for_in_the_input_folder(comfy: Comfy, folders: Path) -> None:
    Image.new("RGB", (5, 4), "red").save(folders / "input" / "red.png")
    workflow = {"1": of("Mezzotint.load_images", file="red.png"), "2": of("SaveImage", images=["1", 0])}
    assert comfy.run(workflow).ui["2"]["images"] == [(4, 5, 3)]


def test_a_reference_is_a_folder_there_by_its_name_alone(comfy: Comfy, folders: Path) -> None:
    (folders / "input" / "real").mkdir()
    Image.new("RGB", (5, 4), "red").save(folders / "input" / "real" / "red.png")
    assert faults(comfy, "Mezzotint.fd", reference="real") == []


@pytest.mark.parametrize("name", ["../secret.png", "{}/secret.png", "link.png"])
def test_pictures_elsewhere_are_not_for_those_who_may_queue(
    comfy: Comfy, folders: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (5, 4)).save(folders / "secret.png")
    (folders / "input" / "link.png").symlink_to(folders / "secret.png")
    monkeypatch.chdir(folders / "input")
    node = of("Mezzotint.load_images", file=name.format(folders))
    (message,) = comfy.errors({"1": node, "2": of("SaveImage", images=["1", 0])})["1"]
    assert "is outside of ComfyUI's input folder" in message


def test_another_content_of_a_file_runs_its_node_again(comfy: Comfy, folders: Path) -> None:
    file = folders / "input" / "red.png"
    node = of("Mezzotint.load_images", file="red.png")
    Image.new("RGB", (5, 4), "red").save(file)
    before = comfy.is_changed(node)
    assert comfy.is_changed(node) == before
    Image.new("RGB", (6, 4), "blue").save(file)
    assert comfy.is_changed(node) != before


def test_the_weights_that_an_option_names_count_too(comfy: Comfy) -> None:
    image: dict[str, Any] = {"images": ["0", 0], "text": "a"}
    starter = comfy.is_changed(of("Mezzotint.clip_score", **image, model="starter"))
    assert starter == comfy.is_changed(of("Mezzotint.clip_score", **image))
    assert starter != comfy.is_changed(of("Mezzotint.upscale", images=["0", 0]))


# Saving


def saving(**inputs: Any) -> dict[str, Any]:
    return {
        "1": of("EmptyImage", width=8, height=6, batch_size=2, color=0xFF0000),
        "2": of("Mezzotint.save_images", images=["1", 0], **inputs),
    }


def test_pictures_are_saved_in_the_output_folder_under_free_names(comfy: Comfy, folders: Path) -> None:
    first = comfy.run(saving(pattern="cats/{index}.png")).ui["2"]["images"]
    second = comfy.run(saving(pattern="cats/{index}.png")).ui["2"]["images"]
    assert [entry["filename"] for entry in (*first, *second)] == [f"0000{number}.png" for number in range(4)]
    assert first[0] == {"filename": "00000.png", "subfolder": "cats", "type": "output"}
    assert len(list((folders / "output" / "cats").iterdir())) == 4


def test_a_saved_picture_carries_its_workflow(comfy: Comfy, folders: Path) -> None:
    comfy.run(saving())
    with Image.open(folders / "output" / "00000.png") as picture:
        assert '"Mezzotint.save_images"' in picture.info["prompt"]


def test_no_file_is_written_over(comfy: Comfy, folders: Path) -> None:
    with pytest.raises(ValueError, match=r"2 pictures need a name each; put \{index\} into it"):
        comfy.run(saving(pattern="cat.png"))
