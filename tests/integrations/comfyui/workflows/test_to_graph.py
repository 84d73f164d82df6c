"""What ComfyUI's own nodes become, what is said of the difference, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stock_workflows import image_to_image, node, text_to_image, with_hires_fix

from mezzotint.graphs.problem import GraphError
from mezzotint.integrations.comfyui.workflows.denoising import denoise_of, schedule_of


def refused(convert: Any, workflow: dict[str, Any]) -> str:
    with pytest.raises(GraphError) as raised:
        convert.graph(workflow)
    return str(raised.value)


def test_the_first_workflow_of_all(convert: Any) -> None:
    made = convert.graph(text_to_image()).graph
    assert made["inputs"] == {
        "checkpoint": "./sd/one.safetensors",
        "prompt": "a bottle of $5",
        "negative": "text, watermark",
        "seed": 8566257,
        "steps": 20,
        "guidance": 8,
    }
    assert made["nodes"] == {
        "model": {"use": "load_model", "source": "$checkpoint"},
        "text": {"use": "text_encode", "model": "$model", "prompt": "$prompt", "negative": "$negative"},
        "latent": {
            "use": "sample",
            "model": "$model",
            "conditioning": "$text",
            "seed": "$seed",
            "steps": "$steps",
            "guidance": "$guidance",
            "scheduler": "euler",
            "spacing": "normal",
            "width": 512,
            "height": 768,
        },
        "image": {"use": "decode", "model": "$model", "latents": "$latent"},
    }
    assert made["outputs"] == {"ComfyUI": "$image"}


def test_the_graph_is_right_as_written_and_says_what_differs(convert: Any) -> None:
    converted = convert.graph(text_to_image())
    assert not convert.check(converted.text).warnings
    assert converted.text.startswith("# The noise of every picture comes from its own seed.")
    assert any("--models" in note for note in converted.notes)


def test_titles_are_names_where_somebody_wrote_them(convert: Any) -> None:
    made = text_to_image()
    made["8"]["_meta"]["title"] = "My 1st picture!"
    made["3"]["_meta"]["title"] = "123"
    assert [*convert.graph(made).graph["nodes"]] == ["model", "text", "latent", "my_1st_picture"]


def test_a_batch_is_an_axis_of_seeds(convert: Any) -> None:
    made = text_to_image(seed=7)
    made["5"]["inputs"]["batch_size"] = 3
    converted = convert.graph(made)
    assert converted.graph["inputs"]["seed"] == {"each": [7, 8, 9]}
    assert any("batch of 3" in note for note in converted.notes)
    assert len(convert.check(converted.text).axes["seed"]) == 3


def test_a_batch_drawn_twice_with_other_seeds_stays_one_axis(convert: Any) -> None:
    same = convert.check(convert.graph(with_hires_fix(batch=2)).text)
    assert {name: len(axis) for name, axis in same.axes.items()} == {"seed": 2}
    other = convert.graph(with_hires_fix(batch=2, seeds=(5, 100)))
    assert other.graph["inputs"]["seeds"] == {"each": {"zip": {"seed_1": [5, 6], "seed_2": [100, 101]}}}
    assert {name: len(axis) for name, axis in convert.check(other.text).axes.items()} == {"seeds": 2}


def test_a_seed_of_64_bits_keeps_the_bits_that_the_noise_is_made_of(convert: Any) -> None:
    import torch

    seed = (1 << 64) - 3
    found = convert.graph(text_to_image(seed=seed)).graph["inputs"]["seed"]
    assert found < 1 << 63
    theirs, ours = (torch.randn(8, generator=torch.Generator().manual_seed(each)) for each in (seed, found))
    assert torch.equal(theirs, ours)


def test_the_first_picture_of_a_batch_has_the_noise_that_it_has_alone() -> None:
    """What is promised of converted batches: ComfyUI draws one noise for the whole batch."""
    import torch

    batch = torch.randn(3, 4, 64, 96, generator=torch.Generator().manual_seed(5))
    alone = torch.randn(1, 4, 64, 96, generator=torch.Generator().manual_seed(5))
    assert torch.equal(batch[:1], alone)


@pytest.mark.parametrize("steps", [1, 7, 20, 33])
@pytest.mark.parametrize("denoise", [0.01, 0.3, 0.5, 0.55, 0.87, 0.99, 1.0])
def test_denoise_and_strength_take_the_same_steps(steps: int, denoise: float) -> None:
    total, strength = schedule_of(steps, denoise)
    assert total == (int(steps / denoise) if denoise < 1 else steps)  # of ComfyUI's schedule
    assert int(total * strength) == steps  # of diffusers'
    there, again = denoise_of(total, strength)
    assert (there, there if again == 1 else int(there / again)) == (steps, total)


def test_image_to_image(located: Any, models: Path) -> None:
    made = located.graph(image_to_image(denoise=0.55)).graph
    assert made["inputs"]["file"] == str((models.parent / "input" / "photo.png").resolve())
    assert made["nodes"]["start"] == {"use": "encode", "model": "$model", "images": "$picture"}
    latent = made["nodes"]["latent"]
    assert latent["latents"] == "$start"
    assert "width" not in latent
    assert (made["inputs"]["steps"], int(36 * made["inputs"]["strength"])) == (36, 20)


def test_an_advanced_sampler_that_draws_to_the_end(convert: Any) -> None:
    made = image_to_image()
    inputs = made["3"]["inputs"]
    made["3"]["class_type"] = "KSamplerAdvanced"
    del inputs["denoise"]
    inputs |= {"noise_seed": inputs.pop("seed"), "add_noise": "enable", "start_at_step": 8,
               "end_at_step": 10000, "return_with_leftover_noise": "disable"}  # fmt: skip
    found = convert.graph(made).graph["inputs"]
    assert (found["steps"], int(20 * found["strength"])) == (20, 12)
    inputs["return_with_leftover_noise"] = "enable"
    assert "leaves noise in its latents, which has no equal" in refused(convert, made)
    inputs |= {"return_with_leftover_noise": "disable", "end_at_step": 12}
    assert "stops at step 12 of 20" in refused(convert, made)
    inputs |= {"end_at_step": 20, "add_noise": "disable"}
    assert "sets out from latents as noisy as they come" in refused(convert, made)


def test_pictures_are_resized_where_both_do_it_alike(located: Any) -> None:
    made = text_to_image()
    made["20"] = node("ImageScaleBy", image=["8", 0], upscale_method="lanczos", scale_by=1.5)
    made["21"] = node("ImageScale", image=["20", 0], upscale_method="nearest-exact", width=640, height=0,
                      crop="disabled")  # fmt: skip
    made["22"] = node("UpscaleModelLoader", model_name="big.safetensors")
    made["23"] = node("ImageUpscaleWithModel", upscale_model=["22", 0], image=["21", 0])
    made["9"]["inputs"]["images"] = ["23", 0]
    nodes = located.graph(made).graph["nodes"]
    assert nodes["big"] == {"use": "upscale", "images": "$image", "scale": 1.5, "method": "lanczos-8bit"}
    resized = {"use": "resize", "images": "$big", "width": 640, "method": "torch-nearest-exact"}
    assert nodes["resized"] == resized
    assert nodes["big_2"] == {"use": "upscale_learned", "upscaler": "$upscaler", "images": "$resized"}
    made["20"]["inputs"]["scale_by"] = 0.5
    message = refused(located, made)
    assert "node 20 (ImageScaleBy): scale_by is 0.5\n    upscale: expected a number from 1 to 8" in message
    made["20"]["inputs"]["scale_by"] = 1.5
    made["21"]["inputs"] |= {"height": 640, "crop": "center"}
    assert "node 21 (ImageScale): crop center has no equal" in refused(located, made)


def test_files_get_the_names_that_the_prefix_says(convert: Any) -> None:
    made = with_hires_fix()
    made["14"] = node("PreviewImage", images=["12", 0])
    graph = convert.graph(made).graph
    assert graph["outputs"] == {"ComfyUI": "$image", "picture": "$saved", "preview": "$image_2"}
    assert graph["nodes"]["saved"]["pattern"] == "hires/picture_{index}.png"
    made["13"]["inputs"]["filename_prefix"] = "%date:yyyy%/x"
    assert "filename_prefix '%date:yyyy%/x' has no equal" in refused(convert, made)


def test_pictures_saved_twice_are_two_outputs_whose_folders_differ(convert: Any) -> None:
    made = text_to_image()
    made["14"] = node("SaveImage", images=["8", 0], filename_prefix="ComfyUI")
    made["15"] = node("SaveImage", images=["8", 0], filename_prefix="comfyui")
    outputs = convert.graph(made).graph["outputs"]
    assert outputs == {"ComfyUI": "$image", "ComfyUI_2": "$image", "comfyui_3": "$image"}


def test_a_value_on_a_node_of_its_own_counts_as_typed_in(convert: Any) -> None:
    made = text_to_image(seed=["30", 0], steps=["31", 0])
    made["30"] = node("PrimitiveInt", value=7)
    made["31"] = node("PrimitiveInt", value=9)
    inputs = convert.graph(made).graph["inputs"]
    assert (inputs["seed"], inputs["steps"]) == (7, 9)
    assert "value" not in inputs
    made["31"]["inputs"]["value"] = 0
    assert "node 3 (KSampler): steps is 0" in refused(convert, made)


def test_numbers_may_be_written_as_text_or_with_a_point(convert: Any) -> None:
    inputs = convert.graph(text_to_image(seed="7", steps=20.0, cfg="6.5")).graph["inputs"]
    assert (inputs["seed"], inputs["steps"], inputs["guidance"]) == (7, 20, 6.5)
    for wrong in ("20.5", "many", 20.5, True, "nan", "inf"):
        assert "node 3 (KSampler): steps is" in refused(convert, text_to_image(steps=wrong))


def test_what_only_the_canvas_knows_is_named(convert: Any) -> None:
    made = text_to_image(seed=["30", 0])
    made["30"] = node("PrimitiveNode", value=7)
    assert "it is of the canvas only" in refused(convert, made)


def test_what_leads_nowhere_is_left_out_as_comfyui_does(convert: Any) -> None:
    made = text_to_image()
    made["30"] = node("LoraLoader", model=["4", 0], clip=["4", 1])
    assert len(convert.graph(made).graph["nodes"]) == 4


def test_everything_without_an_equal_is_listed_with_its_place(convert: Any) -> None:
    made = text_to_image(sampler_name="uni_pc", scheduler="linear_quadratic", cfg=0.5)
    made["6"]["inputs"]["text"] = "a (red:1.2) circle"
    made["5"]["inputs"]["batch_size"] = "many"
    message = refused(convert, made)
    for expected in (
        "node 3 (KSampler): sampler_name can't be kept\n    uni_pc has no equal",
        "node 3 (KSampler): scheduler can't be kept\n    linear_quadratic has no equal",
        "node 6 (CLIPTextEncode): text can't be kept\n    it gives words a weight, near 'a (red:1.2) circle'",
        "node 5 (EmptyLatentImage): batch_size is 'many'\n    expected a whole number from 1 to 4096",
    ):
        assert expected in message
    assert all(line.startswith(("workflow.json:", "    ")) for line in message.splitlines())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Mezzotint.graph.score", "it runs a graph file"),
        ("LoraLoader", "no node for LoRA yet"),
        ("SomethingOfTheirs", "remove it"),
        ("KSamler", "did you mean"),
    ],
)
def test_a_class_without_an_equal(kind: str, reason: str, convert: Any) -> None:
    made = text_to_image()
    made["8"]["inputs"]["vae"] = ["30", 2]
    made["30"] = node(kind, model=["4", 0], clip=["4", 1])
    message = refused(convert, made)
    assert f"node 30 ({kind}) has no equal" in message
    assert reason in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"3": {"sampler_name": "eulerr"}}, "ComfyUI has no sampler 'eulerr'; did you mean 'euler'?"),
        ({"3": {"steps": "a few"}}, "steps is 'a few'\n    expected a whole number from 1 to 10000"),
        ({"3": {"steps": 5000}}, "sample: expected a whole number from 1 to 1000"),
        ({"3": {"seed": -1}}, "seed is -1\n    expected a whole number from 0"),
        ({"3": {"seed": ["6", 0]}}, "seed comes from node 6, and here it must be typed in"),
        ({"3": {"cfg": 0}}, "cfg is 0, with which ComfyUI follows the negative prompt"),
        ({"3": {"denoise": 0.5}}, "draws with part of the noise only, from latents that are empty"),
        ({"3": {"model": ["4", 1]}}, "takes MODEL, and output 1 of node 4 (CheckpointLoaderSimple) is CLIP"),
        ({"3": {"model": ["4", 7]}}, "model comes from output 7 of node 4"),
        ({"3": {"model": "sd"}}, "model is 'sd'\n    expected a link to a MODEL"),
        ({"3": {"negative": ["5", 0]}}, "negative takes CONDITIONING"),
        ({"4": {"ckpt_name": "one.ckpt"}}, "a pickled file"),
        ({"4": {"ckpt_name": "../one.safetensors"}}, "not the name of a file in that folder"),
        ({"6": {"text": "embedding:bad"}}, "textual inversion"),
        ({"8": {"samples": ["5", 0]}}, "empty latents, of which nothing was drawn"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_with_what_to_write(change: Any, expected: str, convert: Any) -> None:
    made = text_to_image()
    for name, inputs in change.items():
        made[name]["inputs"] |= inputs
    message = refused(convert, made)
    assert expected in message
    assert message.count("workflow.json:") == 1


def test_a_missing_input_is_told(convert: Any) -> None:
    made = text_to_image()
    del made["3"]["inputs"]["cfg"], made["8"]["inputs"]["vae"]
    message = refused(convert, made)
    assert "node 3 (KSampler) has no cfg\n    expected a number from 0 to 100" in message


def test_a_workflow_that_saves_nothing_is_told(convert: Any) -> None:
    made = text_to_image()
    del made["9"]
    assert "nothing in this workflow is saved or shown" in refused(convert, made)


def test_parentheses_with_a_backslash_are_words(convert: Any) -> None:
    made = text_to_image()
    made["6"]["inputs"]["text"] = r"a circle \(red\)"
    assert convert.graph(made).graph["inputs"]["prompt"] == "a circle (red)"


def test_a_checkpoint_that_is_not_there_names_its_neighbours(located: Any) -> None:
    made = text_to_image()
    made["4"]["inputs"]["ckpt_name"] = "sd/two.safetensors"
    message = refused(located, made)
    assert "ckpt_name is 'sd/two.safetensors'" in message
    assert "one.safetensors" in message
