"""The bundled configuration of Stable Diffusion 1.x fits the real files, key by key and shape by shape."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from mezzotint.nodes.families import single_file

#: The published numbers of weights of Stable Diffusion 1.5.
PARAMETERS = {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480}

Shapes = dict[str, list[int]]


def original_unet(channels: int = 320, context: int = 768, blocks: int = 2, heads: bool = True) -> Shapes:
    """Keys and shapes of the denoiser as the original code names them (openaimodel.py, v1-inference.yaml)."""
    shapes: Shapes = {}

    def layer(name: str, *shape: int, bias: bool = True) -> None:
        shapes[f"model.diffusion_model.{name}.weight"] = list(shape)
        if bias:
            shapes[f"model.diffusion_model.{name}.bias"] = [shape[0]]

    def residual(name: str, before: int, after: int) -> None:
        layer(f"{name}.in_layers.0", before)
        layer(f"{name}.in_layers.2", after, before, 3, 3)
        layer(f"{name}.emb_layers.1", after, 4 * channels)
        layer(f"{name}.out_layers.0", after)
        layer(f"{name}.out_layers.3", after, after, 3, 3)
        if before != after:
            layer(f"{name}.skip_connection", after, before, 1, 1)

    def transformer(name: str, width: int) -> None:
        layer(f"{name}.norm", width)
        layer(f"{name}.proj_in", width, width, 1, 1)
        layer(f"{name}.proj_out", width, width, 1, 1)
        block = f"{name}.transformer_blocks.0"
        for attention, source in (("attn1", width), ("attn2", context)):
            layer(f"{block}.{attention}.to_q", width, width, bias=False)
            layer(f"{block}.{attention}.to_k", width, source, bias=False)
            layer(f"{block}.{attention}.to_v", width, source, bias=False)
            layer(f"{block}.{attention}.to_out.0", width, width)
        layer(f"{block}.ff.net.0.proj", 8 * width, width)
        layer(f"{block}.ff.net.2", width, 4 * width)
        for norm in ("norm1", "norm2", "norm3"):
            layer(f"{block}.{norm}", width)

    layer("time_embed.0", 4 * channels, channels)
    layer("time_embed.2", 4 * channels, 4 * channels)
    layer("input_blocks.0.0", channels, 4, 3, 3)
    widths, width, number = [channels], channels, 0
    for level, factor in enumerate((1, 2, 4, 4)):
        for _ in range(blocks):
            number += 1
            residual(f"input_blocks.{number}.0", width, factor * channels)
            width = factor * channels
            if level < 3:
                transformer(f"input_blocks.{number}.1", width)
            widths.append(width)
        if level < 3:
            number += 1
            layer(f"input_blocks.{number}.0.op", width, width, 3, 3)
            widths.append(width)
    residual("middle_block.0", width, width)
    transformer("middle_block.1", width)
    residual("middle_block.2", width, width)
    number = 0
    for level, factor in reversed(list(enumerate((1, 2, 4, 4)))):
        for index in range(blocks + 1):
            residual(f"output_blocks.{number}.0", width + widths.pop(), factor * channels)
            width = factor * channels
            place = 1
            if level < 3:
                transformer(f"output_blocks.{number}.1", width)
                place = 2
            if level and index == blocks:
                layer(f"output_blocks.{number}.{place}.conv", width, width, 3, 3)
            number += 1
    layer("out.0", channels)
    layer("out.2", 4, channels, 3, 3)
    return shapes


def original_vae(channels: int = 128) -> Shapes:
    """Keys and shapes of the autoencoder as the original code names them (model.py, v1-inference.yaml)."""
    shapes: Shapes = {}

    def layer(name: str, *shape: int) -> None:
        shapes[f"first_stage_model.{name}.weight"] = list(shape)
        shapes[f"first_stage_model.{name}.bias"] = [shape[0]]

    def residual(name: str, before: int, after: int) -> None:
        layer(f"{name}.norm1", before)
        layer(f"{name}.conv1", after, before, 3, 3)
        layer(f"{name}.norm2", after)
        layer(f"{name}.conv2", after, after, 3, 3)
        if before != after:
            layer(f"{name}.nin_shortcut", after, before, 1, 1)

    def middle(name: str, width: int) -> None:
        residual(f"{name}.mid.block_1", width, width)
        layer(f"{name}.mid.attn_1.norm", width)
        for part in ("q", "k", "v", "proj_out"):
            layer(f"{name}.mid.attn_1.{part}", width, width, 1, 1)
        residual(f"{name}.mid.block_2", width, width)
        layer(f"{name}.norm_out", channels if name == "decoder" else width)

    layer("encoder.conv_in", channels, 3, 3, 3)
    width = channels
    for level, factor in enumerate((1, 2, 4, 4)):
        for block in range(2):
            residual(f"encoder.down.{level}.block.{block}", width, factor * channels)
            width = factor * channels
        if level < 3:
            layer(f"encoder.down.{level}.downsample.conv", width, width, 3, 3)
    middle("encoder", width)
    layer("encoder.conv_out", 8, width, 3, 3)
    layer("decoder.conv_in", width, 4, 3, 3)
    middle("decoder", width)
    for level, factor in reversed(list(enumerate((1, 2, 4, 4)))):
        for block in range(3):
            residual(f"decoder.up.{level}.block.{block}", width, factor * channels)
            width = factor * channels
        if level:
            layer(f"decoder.up.{level}.upsample.conv", width, width, 3, 3)
    layer("decoder.conv_out", 3, channels, 3, 3)
    layer("quant_conv", 8, 8, 1, 1)
    layer("post_quant_conv", 4, 4, 1, 1)
    return shapes


def original_text() -> Shapes:
    """Keys and shapes of CLIP's text encoder in an original file."""
    root = "cond_stage_model.transformer.text_model."
    shapes: Shapes = {
        f"{root}embeddings.position_ids": [1, 77],
        f"{root}embeddings.token_embedding.weight": [49408, 768],
        f"{root}embeddings.position_embedding.weight": [77, 768],
    }

    def layer(name: str, *shape: int) -> None:
        shapes[f"{root}{name}.weight"] = list(shape)
        shapes[f"{root}{name}.bias"] = [shape[0]]

    for number in range(12):
        at = f"encoder.layers.{number}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            layer(f"{at}.self_attn.{part}", 768, 768)
        layer(f"{at}.layer_norm1", 768)
        layer(f"{at}.layer_norm2", 768)
        layer(f"{at}.mlp.fc1", 3072, 768)
        layer(f"{at}.mlp.fc2", 768, 3072)
    layer("final_layer_norm", 768)
    return shapes


def bundled(part: str) -> torch.nn.Module:
    """A model of the bundled configuration, without memory for its weights."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    folder = single_file.CONFIGURATION / part
    with torch.device("meta"):
        if part == "text_encoder":
            return CLIPTextModel(CLIPTextConfig.from_pretrained(folder))
        kind = UNet2DConditionModel if part == "unet" else AutoencoderKL
        return kind.from_config(json.loads((folder / "config.json").read_text()))


@pytest.mark.parametrize(("part", "original"), [("unet", original_unet()), ("vae", original_vae())])
def test_a_real_file_fits_the_bundled_configuration(part: str, original: Shapes) -> None:
    from diffusers.loaders import single_file_utils

    convert = getattr(single_file_utils, f"convert_ldm_{part}_checkpoint")
    model = bundled(part)
    assert sum(weight.numel() for weight in model.parameters()) == PARAMETERS[part]
    config: Any = model.config
    state = {key: torch.empty(shape, device="meta") for key, shape in original.items()}
    converted = convert(state, dict(config))
    expected = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    # Attention of the autoencoder is a 1 by 1 convolution in the original, and a matrix here.
    found = {name: tuple(weight.shape) for name, weight in converted.items()}
    squeezed = {
        name: shape[:2] if shape[2:] == (1, 1) and len(expected[name]) == 2 else shape
        for name, shape in found.items()
    }
    assert squeezed == expected


def test_a_real_text_encoder_fits_the_bundled_configuration() -> None:
    model = bundled("text_encoder")
    assert sum(weight.numel() for weight in model.parameters()) == PARAMETERS["text_encoder"]
    found = {
        re.sub(r"^cond_stage_model\.transformer\.(text_model\.)?", "", key): tuple(shape)
        for key, shape in original_text().items()
        if not key.endswith("position_ids")
    }
    assert found == {
        name.removeprefix("text_model."): tuple(weight.shape) for name, weight in model.state_dict().items()
    }


def test_the_keys_of_a_real_file_are_known_for_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = {**original_unet(), **original_vae(), **original_text()}
    monkeypatch.setattr(single_file, "read_shapes", lambda path: shapes)
    assert single_file.detect(Path("v1-5-pruned-emaonly.safetensors")) == "stable_diffusion"
