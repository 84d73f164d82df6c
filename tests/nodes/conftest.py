"""Tiny Stable Diffusion checkpoints with random weights, built in code and loaded like any other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.nodes.device import TorchDevice, hush

PICTURE = 64
TOKENS = 16


def write_tokenizer(folder: Path) -> None:
    """A CLIP tokenizer that knows the bytes and no merges: every character is a token."""
    folder.mkdir(parents=True)
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(code) for code in printable] + [chr(256 + extra) for extra in range(256 - len(printable))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")


def build(folder: Path, prediction_type: str = "epsilon", seed: int = 0, channels: int = 4) -> Path:
    """Write a checkpoint that draws 64 by 64 pixels to ``folder``, in diffusers' layout."""
    import torch
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    hush()
    write_tokenizer(folder / "words")
    tokenizer = CLIPTokenizer.from_pretrained(folder / "words", model_max_length=TOKENS)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=TOKENS,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
        unet = UNet2DConditionModel(
            sample_size=PICTURE // 8,
            in_channels=channels,
            out_channels=channels,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            block_out_channels=(32, 64),
            layers_per_block=1,
            cross_attention_dim=32,
            attention_head_dim=4,
            norm_num_groups=8,
        )
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(16, 16, 32, 32),
            layers_per_block=1,
            latent_channels=channels,
            norm_num_groups=8,
            sample_size=PICTURE,
        )
        # Fresh cross-attention hardly moves a picture; these tests are about prompts that do.
        for name, weight in unet.named_parameters():
            if "attn2" in name:
                weight.data.mul_(4)
    scheduler = PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        prediction_type=prediction_type,
    )
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    # Outdated settings, which a pipeline corrects as it loads: part of every comparison with the stock one.
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"steps_offset": 0, "clip_sample": True}))
    return folder


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Digests are remembered in a folder of these tests' own, and the hub is never asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEZZOTINT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("OMP_NUM_THREADS", "1")  # for the processes that tests start; these models are tiny
        TorchDevice().quiet()
        yield


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Any:
    """Models this small lose time to threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folder of a tiny checkpoint by ``prediction_type``, ``seed`` and ``channels``; each is built once."""
    built: dict[Any, Path] = {}

    def get(**settings: Any) -> Path:
        key = tuple(sorted(settings.items()))
        if key not in built:
            built[key] = build(tmp_path_factory.mktemp("checkpoint") / "model", **settings)
        return built[key]

    return get


@pytest.fixture(scope="session")
def model(checkpoint: Callable[..., Path]) -> Any:
    """A handle to the tiny checkpoint."""
    from mezzotint.nodes.loading import load_model

    return load_model(source=str(checkpoint()), device="cpu")
