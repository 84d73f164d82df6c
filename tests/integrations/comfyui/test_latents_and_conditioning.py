"""Latents and conditioning cross the border both ways with their meaning: scaling, sizes, negatives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from comfy_stand_in import Comfy, held

import mezzotint
from mezzotint import Latents
from mezzotint import node as node_type
from mezzotint.integrations.comfyui.conditioning import conditioning_in, conditioning_out
from mezzotint.integrations.comfyui.latents import OURS, latents_in, latents_out
from mezzotint.integrations.comfyui.node_class import node_class
from mezzotint.integrations.comfyui.sockets import Border
from mezzotint.nodes.conditioning import ConditioningBatch
from mezzotint.nodes.families import adapter
from mezzotint.nodes.latents import LatentBatch
from mezzotint.nodes.model import ModelHandle

Node = dict[str, Any]

#: Of the starter's latents.
CHANNELS = 8


def node(class_type: str, **inputs: Any) -> Node:
    return {"class_type": class_type, "inputs": inputs}


@pytest.fixture(scope="module")
def model() -> ModelHandle:
    found: ModelHandle = mezzotint.nodes.load_model(source="starter")
    return found


@pytest.fixture
def border(model: ModelHandle) -> Border:
    return Border("decode", model)


@pytest.fixture(scope="module")
def latents(model: ModelHandle) -> LatentBatch:
    samples = torch.randn(2, CHANNELS, 8, 8, generator=torch.Generator().manual_seed(1))
    return adapter(model).scaled(samples)


@pytest.fixture(scope="module")
def encoded(model: ModelHandle) -> ConditioningBatch:
    return adapter(model).encode(["a red circle"], ["a blue star"])


def drawing(**changes: Any) -> dict[str, Node]:
    """A workflow that draws a picture with the starter; ``changes`` are further inputs of ``sample``."""
    return {
        "model": node("Mezzotint.load_model", source="starter"),
        "text": node("Mezzotint.text_encode", model=["model", 0], prompt="a red circle"),
        "away": node("Mezzotint.text_encode", model=["model", 0], prompt="a blue star"),
        "both": node(
            "Mezzotint.text_encode", model=["model", 0], prompt="a red circle", negative="a blue star"
        ),
        "latent": node(
            "Mezzotint.sample",
            **{"model": ["model", 0], "conditioning": ["text", 0], "seed": 3, "steps": 3, **changes},
        ),
        "picture": node("Mezzotint.decode", model=["model", 0], latents=["latent", 0]),
        "end": node("SaveImage", images=["picture", 0]),
    }


def picture(comfy: Comfy, workflow: dict[str, Node]) -> torch.Tensor:
    found: torch.Tensor = comfy.run(workflow).outputs["picture"][0][0]
    return found


# Latents


def test_latents_go_out_as_the_autoencoder_knows_them(
    latents: LatentBatch, border: Border, model: ModelHandle
) -> None:
    value = latents_out([LatentBatch(row[None], latents.tag) for row in latents.samples], border)
    vae = adapter(model)._pipeline.vae  # type: ignore[attr-defined]
    with torch.no_grad():
        stock = vae.decode(value["samples"], return_dict=False)[0]
    ours = adapter(model).decode(latents)
    assert torch.allclose((stock / 2 + 0.5).clamp(0, 1), ours, atol=1e-5)


def test_latents_come_back_as_they_were(latents: LatentBatch, border: Border) -> None:
    value = latents_out([latents], border)
    back = latents_in(value, border)
    assert len(back) == 2
    assert torch.allclose(torch.cat([item.samples for item in back]), latents.samples, atol=1e-6)
    assert back[0].tag == latents.tag


def test_stock_latents_are_the_models_and_their_size_follows_from_them(border: Border) -> None:
    (item,) = latents_in({"samples": torch.zeros(1, CHANNELS, 6, 10)}, border)
    assert item.tag.width / item.tag.height == 10 / 6
    with pytest.raises(ValueError, match=r"these are \[1, 16, 8, 8\]"):
        latents_in({"samples": torch.zeros(1, 16, 8, 8)}, border)


def test_a_stock_node_may_change_the_size_of_our_latents(latents: LatentBatch, border: Border) -> None:
    value = latents_out([latents], border)
    larger = {**value, "samples": torch.nn.functional.interpolate(value["samples"], scale_factor=2.0)}
    item = latents_in(larger, border)[0]
    assert (item.tag.width, item.tag.height) == (2 * latents.tag.width, 2 * latents.tag.height)


def test_latents_of_another_model_are_refused(latents: LatentBatch, border: Border) -> None:
    value = latents_out([latents], border)
    value[OURS] = replace(value[OURS], tag=replace(latents.tag, space="16 channels"))
    with pytest.raises(ValueError, match="decode them with the model that they were sampled with"):
        latents_in(value, border)


def test_latents_remember_their_model_where_a_node_has_none(latents: LatentBatch, border: Border) -> None:
    assert latents_in(latents_out([latents], border), Border("sharpen"))[0].tag == latents.tag
    with pytest.raises(ValueError, match="sharpen takes latents and has no model"):
        latents_in({"samples": torch.zeros(1, CHANNELS, 8, 8)}, Border("sharpen"))


@node_type(version=1)
def sharpen(latents: Latents) -> Latents:
    """Double what is there; knows no model."""
    return LatentBatch(latents.samples * 2, latents.tag)


def test_a_node_without_a_model_hands_latents_on(comfy: Comfy) -> None:
    comfy.classes["Sharpen"] = node_class(sharpen.node_type)  # type: ignore[attr-defined]
    workflow = drawing()
    workflow["sharper"] = node("Sharpen", latents=["latent", 0])
    workflow["picture"] = node("Mezzotint.decode", model=["model", 0], latents=["sharper", 0])
    ran = comfy.run(workflow)
    before, after = (ran.outputs[name][0][0]["samples"] for name in ("latent", "sharper"))
    assert torch.allclose(after, 2 * before, atol=1e-5)


def test_a_mask_to_draw_within_is_not_dropped_in_silence(border: Border) -> None:
    masked = {"samples": torch.ones(1, CHANNELS, 8, 8), "noise_mask": torch.ones(1, 64, 64)}
    assert latents_in(masked, border)
    with pytest.raises(ValueError, match="a mask to draw within, which sample can't follow"):
        latents_in(masked, replace(border, node="sample", draws=True))


def test_empty_latents_are_no_start(border: Border) -> None:
    empty = {"samples": torch.zeros(1, CHANNELS, 8, 8)}
    with pytest.raises(ValueError, match="sample draws from noise where it is given no latents"):
        latents_in(empty, replace(border, node="sample", draws=True))


def test_a_picture_is_the_same_on_a_canvas_and_without_a_graph(comfy: Comfy, model: ModelHandle) -> None:
    nodes = mezzotint.nodes
    text = nodes.text_encode(model, "a red circle")
    expected = nodes.decode(model, nodes.sample(model, text, 3, steps=3))
    assert torch.allclose(
        picture(comfy, drawing()), expected.movedim(-3, -1).reshape(1, *expected.shape[-2:], 3), atol=1e-4
    )


def test_prompts_and_seeds_in_lists_are_one_batch(comfy: Comfy) -> None:
    comfy.classes["Prompts"] = held("STRING", "a red circle", "two stars", "a red circle")
    comfy.classes["Seeds"] = held("INT", 1, 2, 3)
    workflow = drawing(seed=["seeds", 0])
    workflow["prompts"], workflow["seeds"] = node("Prompts"), node("Seeds")
    workflow["text"] = node("Mezzotint.text_encode", model=["model", 0], prompt=["prompts", 0])
    ran = comfy.run(workflow)
    assert len(ran.outputs["text"][0]) == 3
    assert [value["samples"].shape[0] for value in ran.outputs["latent"][0]] == [3]
    assert ran.outputs["picture"][0][0].shape[0] == 3
    assert ran.calls["end"] == 1


# Conditioning


def test_conditioning_comes_back_with_its_negative(encoded: ConditioningBatch, border: Border) -> None:
    value = conditioning_out(encoded)
    assert torch.equal(value[0][0], encoded.tensors["prompt_embeds"])
    (back,) = conditioning_in(value, border)
    assert torch.equal(back.tensors["negative_prompt_embeds"], encoded.tensors["negative_prompt_embeds"])


def test_what_a_stock_node_made_of_it_counts(encoded: ConditioningBatch, border: Border) -> None:
    ((tensor, extra),) = conditioning_out(encoded)
    (back,) = conditioning_in([[tensor * 0.5, extra]], border)
    assert torch.equal(back.tensors["prompt_embeds"], tensor * 0.5)
    assert torch.equal(back.tensors["negative_prompt_embeds"], encoded.tensors["negative_prompt_embeds"])


def test_a_stock_conditioning_steers_away_from_nothing(
    encoded: ConditioningBatch, border: Border, model: ModelHandle
) -> None:
    (item,) = conditioning_in(
        [[encoded.tensors["prompt_embeds"], {"pooled_output": torch.zeros(1, 8)}]], border
    )
    nothing = adapter(model).encode([""], [""]).tensors["prompt_embeds"]
    assert torch.equal(item.tensors["negative_prompt_embeds"], nothing)
    with pytest.raises(ValueError, match="decode has no model to say"):
        conditioning_in([[encoded.tensors["prompt_embeds"], {}]], Border("decode"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[torch.zeros(1, 4, 8), {}]] * 2, "is 2 combined"),
        ([[torch.zeros(1, 4, 8), {"area": (8, 8, 0, 0), "strength": 1.0}]], "carries area, strength"),
        ("a prompt", "expected a CONDITIONING, got str"),
    ],
)
def test_what_would_be_lost_is_refused(value: Any, message: str, border: Border) -> None:
    with pytest.raises(ValueError, match=message):
        conditioning_in(value, border)


def test_a_second_conditioning_is_what_is_steered_away_from(comfy: Comfy) -> None:
    expected = picture(comfy, drawing(conditioning=["both", 0]))
    plain = picture(comfy, drawing())
    assert torch.allclose(picture(comfy, drawing(negative=["away", 0])), expected, atol=1e-5)
    assert not torch.allclose(plain, expected, atol=1e-2)


def test_prompts_of_unequal_lengths_draw_what_they_would(comfy: Comfy, encoded: ConditioningBatch) -> None:
    comfy.classes["Twice"] = held("CONDITIONING", [[encoded.tensors["prompt_embeds"].repeat(1, 2, 1), {}]])
    workflow = drawing(conditioning=["twice", 0], negative=["away", 0])
    workflow["twice"] = node("Twice")
    expected = picture(comfy, drawing(negative=["away", 0]))
    assert torch.allclose(picture(comfy, workflow), expected, atol=1e-4)
