"""What stands on a node after it has run, and the types of scores that travel further."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from comfy_stand_in import Comfy, held

from mezzotint import Boolean, Detections, Images, Number, Record, Text, node
from mezzotint.evaluation.detections import DetectedObjects
from mezzotint.integrations.comfyui.node_class import node_class
from mezzotint.integrations.comfyui.shown import ASSUMED, MOST_ROWS


class Verdicts(NamedTuple):
    sharp: Boolean
    size: Number
    said: Text
    row: Record


@node(version=1)
def judge(images: Images) -> Verdicts:
    """Say something of each picture."""
    size = [float(image.mean()) for image in images]
    return Verdicts(
        [value > 0.5 for value in size], size, ["ok"] * len(size), [{"n": 1, "x": 0.25}] * len(size)
    )


def of(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


@pytest.fixture
def judged(comfy: Comfy) -> Any:
    """What stands on a toy node for pictures of these shades of grey."""
    comfy.classes["Judge"] = node_class(judge.node_type)  # type: ignore[attr-defined]

    def show(*shades: float) -> dict[str, Any]:
        pictures = torch.tensor(shades)[:, None, None, None].expand(-1, 4, 4, 3)
        comfy.classes["Greys"] = held("IMAGE", pictures)
        return comfy.run({"1": of("Greys"), "2": of("Judge", images=["1", 0])}).ui["2"]

    return show


def test_one_result_is_lines(judged: Any) -> None:
    assert judged(0.75) == {"text": ["sharp: yes", "size: 0.75", "ok", "row: n 1, x 0.25"]}


def test_several_are_a_table_with_the_mean_and_how_sure_it_is(judged: Any) -> None:
    ui = judged(0.25, 0.75, 1.0)
    assert [line.split(" (")[0].split(" ±")[0] for line in ui["text"]] == [
        "sharp: share 0.67",
        "size: mean 0.67",
        ASSUMED,
    ]
    assert "95 %" in ui["text"][1]
    assert "3 items" in ui["text"][1]
    assert ui["table"] == [
        {
            "columns": ["", "sharp", "size", "said", "row"],
            "rows": [
                ["1", "no", "0.25", "ok", "n 1, x 0.25"],
                ["2", "yes", "0.75", "ok", "n 1, x 0.25"],
                ["3", "yes", "1", "ok", "n 1, x 0.25"],
            ],
        }
    ]


def test_scores_of_0_are_no_truth_values(judged: Any) -> None:
    assert "no interval" in judged(0.0, 0.0, 0.0)["text"][1]


def test_a_long_table_says_that_it_goes_on(judged: Any) -> None:
    ui = judged(*[0.5] * (MOST_ROWS + 1))
    assert len(ui["table"][0]["rows"]) == MOST_ROWS
    assert ui["text"][-1] == f"the first {MOST_ROWS} of {MOST_ROWS + 1}"


def test_numbers_and_texts_travel_further_each_by_itself(comfy: Comfy) -> None:
    comfy.classes["Judge"] = node_class(judge.node_type)  # type: ignore[attr-defined]
    comfy.classes["Greys"] = held("IMAGE", torch.ones(2, 4, 4, 3))
    assert comfy.classes["Judge"].RETURN_TYPES == ("BOOLEAN", "FLOAT", "STRING", "MEZZOTINT_RECORD")
    ran = comfy.run(
        {"1": of("Greys"), "2": of("Judge", images=["1", 0]), "3": of("Gathered", value=["2", 1])}
    )
    assert ran.ui["3"]["value"] == [1.0, 1.0]


def test_the_mean_of_truth_values_is_the_share_of_true_ones(comfy: Comfy) -> None:
    comfy.classes["Flags"] = held("BOOLEAN", True, True, False, True)
    ran = comfy.run({"1": of("Flags"), "2": of("Mezzotint.mean", number=["1", 0])})
    assert ran.outputs["2"] == [[0.75]]


@pytest.mark.parametrize(("kind", "value"), [("FLOAT", 0.0), ("BOOLEAN", False)])
def test_the_mean_of_zeros_has_an_interval_where_they_are_truth_values(
    comfy: Comfy, kind: str, value: float
) -> None:
    comfy.classes["Zeros"] = held(kind, *[value] * 4)
    told = comfy.run({"1": of("Zeros"), "2": of("Mezzotint.mean", number=["1", 0])}).ui["2"]["text"]
    assert ("95 %" in told[0]) == (kind == "BOOLEAN")
    assert (ASSUMED in told) == (kind == "BOOLEAN")


def test_features_go_to_several_metrics(comfy: Comfy) -> None:
    pictures = torch.rand(3, 64, 64, 3, generator=torch.Generator().manual_seed(0))
    comfy.classes["Pictures"] = held("IMAGE", pictures)
    ran = comfy.run(
        {
            "1": of("Pictures"),
            "2": of("Mezzotint.features", images=["1", 0]),
            "3": of("Mezzotint.diversity", images=["2", 0]),
            "4": of("Mezzotint.diversity", images=["1", 0]),
            "5": of("Mezzotint.reference", images=["2", 0]),
            "6": of("Mezzotint.kid", images=["2", 0], reference=["5", 0], extractor="starter"),
        }
    )
    assert ran.outputs["3"] == ran.outputs["4"]
    assert len(ran.outputs["6"][0]) == 1


def test_what_there_is_to_mind_stands_on_the_node(comfy: Comfy) -> None:
    ran = comfy.run(
        {
            "1": of("Mezzotint.load_model", source="starter"),
            "2": of("Mezzotint.text_encode", model=["1", 0], prompt="a red circle " * 99),
            "3": of("Gathered", value=["2", 0]),
        }
    )
    (line,) = ran.ui["2"]["text"]
    assert line.startswith("Mind: 1 of 1 prompts are longer than the model's text encoder reads")


# Detections and records


def found(masks: bool) -> DetectedObjects:
    box = np.array([[1, 2, 4, 6]], "float32")
    mask = np.zeros((1, 8, 8), bool)
    mask[0, 3, 3] = True
    return DetectedObjects(8, 8, ("cat",), np.ones(1, "float32"), box, mask if masks else None)


@pytest.mark.parametrize(("masks", "pixels"), [(True, 1), (False, 12)])
def test_where_objects_were_found_is_a_mask(comfy: Comfy, masks: bool, pixels: int) -> None:
    @node(version=1)
    def find(images: Images) -> Detections:
        """Find the same in each."""
        return [found(masks)] * len(images)

    comfy.classes["Find"] = node_class(find.node_type)  # type: ignore[attr-defined]
    ran = comfy.run(
        {
            "1": of("EmptyImage", width=8, height=8, batch_size=2, color=0),
            "2": of("Find", images=["1", 0]),
            "3": of("Mezzotint.outline", images=["1", 0], detections=["2", 0]),
            "4": of("SaveImage", images=["3", 0]),
        }
    )
    (mask,) = ran.outputs["2"][1]
    assert mask.shape == (2, 8, 8)
    assert mask.sum(dim=(1, 2)).tolist() == [pixels, pixels]
    assert float(ran.outputs["3"][0][0].max()) > 0


def test_records_and_detections_can_be_typed_in(comfy: Comfy) -> None:
    objects = "{width: 8, height: 8, objects: [{label: cat, score: 0.9, box: [1, 1, 6, 6]}]}"
    workflow = {
        "1": of("EmptyImage", width=8, height=8, batch_size=1, color=0),
        "2": of("Mezzotint.outline", images=["1", 0], detections=objects),
        "3": of("SaveImage", images=["2", 0]),
    }
    assert float(comfy.run(workflow).outputs["2"][0][0].max()) > 0
    workflow["2"] = of("Mezzotint.outline", images=["1", 0], detections="[cat]")
    (message,) = comfy.errors(workflow)["2"]
    assert "detections: expected a mapping of width, height and objects" in message
