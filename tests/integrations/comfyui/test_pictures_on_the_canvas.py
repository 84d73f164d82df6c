"""Our nodes on stock pictures, and stock nodes on ours; batches, and lists of batches."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from comfy_stand_in import Comfy, held

import mezzotint


def noise(count: int, seed: int = 0, size: int = 64) -> torch.Tensor:
    """An IMAGE of noise."""
    return torch.rand(count, size, size, 3, generator=torch.Generator().manual_seed(seed))


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


@pytest.fixture
def lists(comfy: Comfy) -> Comfy:
    """With stock nodes that hand out two batches of two and three pictures, and five texts."""
    comfy.classes["Batches"] = held("IMAGE", noise(2), noise(3, 1))
    comfy.classes["Texts"] = held("STRING", *(f"a red circle {number}" for number in range(5)))
    return comfy


def test_stock_pictures_are_enlarged_and_go_on_to_stock_nodes(comfy: Comfy) -> None:
    ran = comfy.run(
        {
            "1": node("EmptyImage", width=8, height=6, batch_size=3, color=0xFF8000),
            "2": node("Mezzotint.upscale", images=["1", 0], scale=2.0),
            "3": node("ImageScale", image=["2", 0], width=4, height=4),
            "4": node("SaveImage", images=["3", 0]),
        }
    )
    (enlarged,) = ran.outputs["2"][0]
    assert enlarged.shape == (3, 12, 16, 3)
    assert torch.allclose(enlarged, torch.tensor([1.0, 128 / 255, 0.0]).expand_as(enlarged), atol=1e-6)
    assert ran.ui["4"]["images"] == [(4, 4, 3)] * 3


def test_batches_of_a_list_come_out_as_they_went_in(lists: Comfy) -> None:
    ran = lists.run(
        {
            "1": node("Batches"),
            "2": node("Mezzotint.upscale", images=["1", 0], scale=2.0),
            "3": node("SaveImage", images=["2", 0]),
        }
    )
    assert [batch.shape for batch in ran.outputs["2"][0]] == [(2, 128, 128, 3), (3, 128, 128, 3)]
    assert ran.calls == {"1": 1, "2": 1, "3": 2}


def test_every_picture_of_all_batches_gets_its_score(lists: Comfy) -> None:
    ran = lists.run(
        {
            "1": node("Batches"),
            "2": node("Texts"),
            "3": node("Mezzotint.clip_score", images=["1", 0], text=["2", 0]),
            "4": node("Mezzotint.clip_score", images=["1", 0], text="a red circle 0"),
        }
    )
    pictures = torch.cat([noise(2), noise(3, 1)]).permute(0, 3, 1, 2)
    texts = [f"a red circle {number}" for number in range(5)]
    expected = mezzotint.nodes.clip_score(pictures, text=texts)
    assert ran.outputs["3"][0] == pytest.approx(list(expected), abs=1e-4)
    assert ran.outputs["4"][0][0] == ran.outputs["3"][0][0]
    (table,) = ran.ui["3"]["table"]
    assert table["columns"] == ["", "clip_score"]
    assert [row[0] for row in table["rows"]] == ["1", "2", "3", "4", "5"]
    assert ran.ui["3"]["text"][0].startswith("clip_score: mean ")
    assert "95 %" in ran.ui["3"]["text"][0]


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("diversity", {}),
        ("fd", {"reference": "starter"}),
        ("kid", {"reference": "starter", "extractor": "starter"}),
    ],
)
def test_a_set_is_all_pictures_of_all_batches(lists: Comfy, name: str, inputs: dict[str, Any]) -> None:
    ran = lists.run({"1": node("Batches"), "2": node(f"Mezzotint.{name}", images=["1", 0], **inputs)})
    pictures = torch.cat([noise(2), noise(3, 1)]).permute(0, 3, 1, 2)
    expected = getattr(mezzotint.nodes, name)(pictures, **inputs)
    assert ran.outputs["2"] == [[pytest.approx(float(expected), rel=1e-4)]]
    assert ran.ui["2"]["text"][0].startswith(f"{name}: ")


def test_a_score_tells_on_the_node_how_sure_it_is(lists: Comfy) -> None:
    ran = lists.run({"1": node("Batches"), "2": node("Mezzotint.diversity", images=["1", 0])})
    assert "±" in ran.ui["2"]["text"][0]
    assert "95 %" in ran.ui["2"]["text"][0]


def test_the_best_of_all_goes_on_and_tells_its_place(lists: Comfy) -> None:
    lists.classes["Scores"] = held("FLOAT", 0.1, 0.2, 0.9, 0.3, 0.4)
    ran = lists.run(
        {
            "1": node("Batches"),
            "2": node("Scores"),
            "3": node("Mezzotint.best_of", images=["1", 0], score=["2", 0]),
            "4": node("SaveImage", images=["3", 0]),
        }
    )
    assert torch.equal(ran.outputs["3"][0][0], noise(3, 1)[:1])
    assert ran.outputs["3"][1] == [0.9]
    assert ran.ui["4"]["images"] == [(64, 64, 3)]


def test_a_grid_is_one_picture_of_all(lists: Comfy) -> None:
    ran = lists.run(
        {
            "1": node("Batches"),
            "2": node("Mezzotint.grid", images=["1", 0], columns=5, padding=0, labels=False),
            "3": node("SaveImage", images=["2", 0]),
        }
    )
    assert ran.ui["3"]["images"] == [(64, 320, 3)]


def test_a_mask_counts_as_a_grey_picture_and_alpha_is_dropped(comfy: Comfy) -> None:
    mask, rgba = torch.rand(1, 4, 4), torch.rand(1, 4, 4, 4)
    comfy.classes["Mask"] = held("MASK", mask)
    comfy.classes["Rgba"] = held("IMAGE", rgba)
    for name, expected in (("Mask", mask[..., None].expand(-1, -1, -1, 3)), ("Rgba", rgba[..., :3])):
        ran = comfy.run(
            {
                "1": node(name),
                "2": node("Mezzotint.upscale", images=["1", 0], scale=1.0),
                "3": node("SaveImage", images=["2", 0]),
            }
        )
        assert torch.allclose(ran.outputs["2"][0][0], expected, atol=1e-6)


def test_an_option_that_is_a_list_is_another_setting_for_each_picture(lists: Comfy) -> None:
    lists.classes["Scales"] = held("FLOAT", 1.0, 2.0, 3.0)
    ran = lists.run(
        {
            "1": node("EmptyImage", width=8, height=8, batch_size=1, color=0),
            "2": node("Scales"),
            "3": node("Mezzotint.upscale", images=["1", 0], scale=["2", 0]),
            "4": node("SaveImage", images=["3", 0]),
        }
    )
    assert [image.shape[1] for image in ran.outputs["3"][0]] == [8, 16, 24]
    with pytest.raises(ValueError, match="scale has 3, and others have 5"):
        lists.run(
            {
                "1": node("Batches"),
                "2": node("Scales"),
                "3": node("Mezzotint.upscale", images=["1", 0], scale=["2", 0]),
                "4": node("SaveImage", images=["3", 0]),
            }
        )


def test_lists_of_unequal_lengths_are_told(lists: Comfy) -> None:
    lists.classes["Two"] = held("STRING", "a", "b")
    with pytest.raises(ValueError, match="5 of images and 2 of text"):
        lists.run(
            {
                "1": node("Batches"),
                "2": node("Two"),
                "3": node("Mezzotint.clip_score", images=["1", 0], text=["2", 0]),
            }
        )


def test_a_list_of_nothing_is_told(comfy: Comfy) -> None:
    comfy.classes["None"], comfy.classes["Gap"] = held("IMAGE"), held("IMAGE", None)
    for name in ("None", "Gap"):
        with pytest.raises(ValueError, match="images: nothing came over the wire"):
            comfy.run({"1": node(name), "2": node("Mezzotint.diversity", images=["1", 0])})


def test_what_is_no_picture_is_told(comfy: Comfy) -> None:
    comfy.classes["Flat"] = held("IMAGE", torch.rand(2, 2))
    comfy.classes["Broken"] = held("IMAGE", torch.full((1, 4, 4, 3), float("nan")))
    for name, message in (
        ("Flat", r"images: expected an IMAGE .*, got a tensor \[2, 2\]"),
        ("Broken", "NaN"),
    ):
        workflow = {
            "1": node(name),
            "2": node("Mezzotint.upscale", images=["1", 0]),
            "3": node("SaveImage", images=["2", 0]),
        }
        with pytest.raises(ValueError, match=message):
            comfy.run(workflow)
