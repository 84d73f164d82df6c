"""Single files of Stable Diffusion 1.x draw what the same weights draw from a folder, offline."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mezzotint.nodes.decoding import decode
from mezzotint.nodes.families import single_file
from mezzotint.nodes.loading import load_model
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import text_encode


def write_header(path: Path, shapes: dict[str, list[int]]) -> None:
    """A file whose header says what it holds, and that holds nothing."""
    entries = {key: {"dtype": "F16", "shape": shape, "data_offsets": [0, 0]} for key, shape in shapes.items()}
    header = json.dumps(entries).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def to_original(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of a tiny checkpoint in diffusers' layout under the names of the original code."""
    state: dict[str, torch.Tensor] = {}
    for key, weight in load_file(folder / "unet" / "diffusion_pytorch_model.safetensors").items():
        state[f"model.diffusion_model.{unet_key(key)}"] = weight
    for key, weight in load_file(folder / "vae" / "diffusion_pytorch_model.safetensors").items():
        state[f"first_stage_model.{vae_key(key)}"] = (
            weight[:, :, None, None] if "attentions" in key and weight.ndim == 2 else weight
        )
    for key, weight in load_file(folder / "text_encoder" / "model.safetensors").items():
        state[f"cond_stage_model.transformer.text_model.{key.removeprefix('text_model.')}"] = weight
    return state


RESIDUAL = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}


def unet_key(key: str) -> str:
    """For two levels of one block each: input blocks 0 to 3, output blocks 0 to 3."""
    for name, other in {
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0",
        "conv_out": "out.2",
        "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1",
        "mid_block.resnets.1": "middle_block.2",
        "down_blocks.0.downsamplers.0.conv": "input_blocks.2.0.op",
        "up_blocks.0.upsamplers.0.conv": "output_blocks.1.1.conv",
    }.items():
        if key.startswith(f"{name}."):
            key = key.replace(name, other, 1)
    key = re.sub(r"^down_blocks\.(\d)\.resnets\.0", lambda m: f"input_blocks.{2 * int(m[1]) + 1}.0", key)
    key = re.sub(r"^down_blocks\.(\d)\.attentions\.0", lambda m: f"input_blocks.{2 * int(m[1]) + 1}.1", key)
    key = re.sub(
        r"^up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"output_blocks.{2 * int(m[1]) + int(m[2])}.0", key
    )
    key = re.sub(
        r"^up_blocks\.(\d)\.attentions\.(\d)", lambda m: f"output_blocks.{2 * int(m[1]) + int(m[2])}.1", key
    )
    for name, other in RESIDUAL.items():
        if re.match(r"^(input|output|middle)_block", key) and ".transformer_blocks." not in key:
            key = key.replace(f".{name}.", f".{other}.")
    return key


def vae_key(key: str) -> str:
    for name, other in {
        "conv_norm_out": "norm_out",
        "conv_shortcut": "nin_shortcut",
        "mid_block.resnets.0": "mid.block_1",
        "mid_block.resnets.1": "mid.block_2",
        "mid_block.attentions.0": "mid.attn_1",
        "group_norm": "norm",
        "to_q": "q",
        "to_k": "k",
        "to_v": "v",
        "to_out.0": "proj_out",
    }.items():
        key = key.replace(name, other)
    key = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", key)
    key = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", key)
    key = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{3 - int(m[1])}.block.{m[2]}", key)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample", key)


@pytest.fixture
def tiny(checkpoint: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny checkpoint as a single file, read by its own configuration in place of the bundled one."""
    folder = checkpoint()
    path = tmp_path / "tiny.safetensors"
    save_file({key: weight.contiguous() for key, weight in to_original(folder).items()}, path)
    configuration = tmp_path / "configuration"
    shutil.copytree(folder, configuration, ignore=shutil.ignore_patterns("*.safetensors"))
    monkeypatch.setattr(single_file, "CONFIGURATION", configuration)
    monkeypatch.setattr(
        single_file,
        "write_vocabulary",
        lambda to: shutil.copytree(folder / "tokenizer", to, dirs_exist_ok=True),
    )
    return path


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_single_file_draws_what_its_folder_draws(
    checkpoint: Callable[..., Path], tiny: Path, dtype: Any
) -> None:
    drawn = []
    for source in (checkpoint(), tiny):
        model = load_model(source=str(source), device="cpu", dtype=dtype)
        latents = sample(model, text_encode(model, ["red", "a blue star"]), [1, 2], steps=4)
        drawn.append(decode(model, latents))
    assert drawn[0].std() > 0.01
    assert torch.equal(drawn[0], drawn[1])


def test_a_single_file_is_named_by_its_content(tiny: Path, tmp_path: Path) -> None:
    handle = load_model(source=str(tiny))
    moved = tiny.rename(tmp_path / "renamed.safetensors")
    assert load_model(source=str(moved)).digest == handle.digest
    content = bytearray(moved.read_bytes())
    content[-1] ^= 1
    moved.write_bytes(content)
    assert load_model(source=str(moved)).digest != handle.digest


def test_missing_weights_are_one_clear_error(tiny: Path) -> None:
    from mezzotint.nodes.families import adapter

    state = load_file(tiny)
    del state["model.diffusion_model.out.2.weight"]
    save_file(state, tiny)
    with pytest.raises(ValueError, match="can't be loaded: weights of its unet are missing"):
        adapter(load_model(source=str(tiny), device="cpu"))


def test_weights_of_other_shapes_are_one_clear_error(tiny: Path) -> None:
    from mezzotint.nodes.families import adapter

    state = load_file(tiny)
    state["first_stage_model.quant_conv.bias"] = torch.zeros(3)
    save_file(state, tiny)
    with pytest.raises(ValueError, match="can't be loaded"):
        adapter(load_model(source=str(tiny), device="cpu"))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("conditioner.embedders.1.model.ln_final.weight", "holds SDXL"),
        ("cond_stage_model.model.ln_final.weight", r"holds Stable Diffusion 2\.x"),
        ("model.diffusion_model.joint_blocks.0.x", "holds Stable Diffusion 3"),
        ("double_blocks.0.img_attn.norm", "holds FLUX"),
        ("lora_unet_down.alpha", "no whole checkpoint .* no model.diffusion_model"),
    ],
)
def test_other_families_are_told_by_name(tmp_path: Path, key: str, message: str) -> None:
    path = tmp_path / "model.safetensors"
    write_header(path, {key: [1]})
    with pytest.raises(ValueError, match=message):
        load_model(source=str(path))


def test_an_inpainting_model_is_refused(tmp_path: Path) -> None:
    shapes = {
        "model.diffusion_model.input_blocks.0.0.weight": [320, 9, 3, 3],
        "first_stage_model.quant_conv.bias": [8],
        "cond_stage_model.transformer.text_model.final_layer_norm.bias": [768],
    }
    write_header(tmp_path / "inpainting.safetensors", shapes)
    with pytest.raises(ValueError, match="denoises 9 channels, as models for inpainting"):
        load_model(source=str(tmp_path / "inpainting.safetensors"))


@pytest.mark.parametrize("name", ["model.ckpt", "model.pt", "model.bin"])
def test_pickled_files_are_never_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04")
    with pytest.raises(ValueError, match="is pickled, which can run code when read"):
        load_model(source=str(tmp_path / name))


#: Offsets that are no whole number.
OVERFLOW = b'\x1e\0\0\0\0\0\0\0{"a":{"data_offsets":[0,1e999]}}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        b"\x02\0\0\0\0\0\0\0[]",
        b'\x05\0\0\0\0\0\0\0{"a":',
        b'\x07\0\0\0\0\0\0\0{"a":1}',
        OVERFLOW,
    ],
)
def test_what_is_no_safetensors_file_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"is damaged, or no \.safetensors file"):
        load_model(source=str(path))


def test_a_file_that_was_broken_off_is_known_before_anything_runs(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(tiny.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"is damaged, .*it has [\d,]+ of [\d,]+ bytes"):
        load_model(source=str(path))


def test_a_file_of_another_kind_and_a_variant_of_a_file_are_refused(tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "model.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"is no \.safetensors file"):
        load_model(source=str(tmp_path / "model.png"))
    with pytest.raises(ValueError, match="is a single file, which has no variant 'fp16'"):
        load_model(source=str(tiny), variant="fp16")


def test_the_vocabulary_is_clips(tmp_path: Path) -> None:
    import open_clip
    from transformers import CLIPTokenizer

    single_file.write_vocabulary(tmp_path)
    tokenizer = CLIPTokenizer.from_pretrained(tmp_path)
    assert (len(tokenizer), tokenizer.model_max_length) == (49408, 77)
    for text in ("a photo of a cat", "Don't PANIC, 42 émigrés & 3.5 % 😀"):
        tokens = tokenizer(text).input_ids
        assert tokens == open_clip.tokenize([text])[0, : len(tokens)].tolist()
