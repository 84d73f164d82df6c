"""Write what training left behind as the two model folders that ship with the package."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file

from . import CLIP, DIFFUSION, models, vocabulary


def diffusion(
    vae: models.Autoencoder,
    text_encoder: models.TextEncoder,
    denoiser: models.Denoiser,
    folder: Path = DIFFUSION,
) -> None:
    """Save a complete Stable Diffusion layout in half precision; the VAE's scaling factor must be set."""
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=models.tokenizer(),
        unet=denoiser,
        scheduler=models.new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    # Half precision holds the weights; the models are kept in single for whoever goes on training.
    pipeline.to(dtype=torch.float16)
    pipeline.save_pretrained(folder, safe_serialization=True)
    pipeline.to(dtype=torch.float32)
    vocabulary.save(folder / "tokenizer")
    (folder / "tokenizer" / "tokenizer.json").unlink(missing_ok=True)
    _drop_paths(folder)


def clip(model: torch.nn.Module, folder: Path = CLIP) -> None:
    """Save an open_clip folder in half precision, its tokenizer included."""
    vocabulary.save(folder)
    (folder / "open_clip_config.json").write_text(json.dumps(models.clip_config(), indent=2) + "\n")
    weights = {name: weight.half().contiguous() for name, weight in model.state_dict().items()}
    # A logit scale in half precision would be off by a twentieth.
    weights["logit_scale"] = model.state_dict()["logit_scale"].float()
    save_file(weights, folder / "open_clip_model.safetensors")


def _drop_paths(folder: Path) -> None:
    """Configurations remember where they were loaded from; that is nobody's business."""
    for path in folder.rglob("*.json"):
        text = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(text, dict) and text.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")
