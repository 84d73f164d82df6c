"""Workflows of ComfyUI's own nodes, as it exports them."""

from __future__ import annotations

from typing import Any

CHECKPOINT = "sd/one.safetensors"


def node(class_type: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    return {
        "inputs": inputs,
        "class_type": class_type,
        **({"_meta": {"title": title}} if title else {}),
    }


def text_to_image(**sampler: Any) -> dict[str, Any]:
    """The workflow that ComfyUI starts with; ``sampler`` changes widgets of its KSampler."""
    settings = {
        "seed": 8566257,
        "steps": 20,
        "cfg": 8,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1,
        **sampler,
    }
    return {
        "3": node("KSampler", "KSampler", model=["4", 0], positive=["6", 0], negative=["7", 0],
                  latent_image=["5", 0], **settings),
        "4": node("CheckpointLoaderSimple", "Load Checkpoint", ckpt_name=CHECKPOINT),
        "5": node("EmptyLatentImage", "Empty Latent Image", width=512, height=768, batch_size=1),
        "6": node("CLIPTextEncode", "CLIP Text Encode (Prompt)", text="a bottle of $5", clip=["4", 1]),
        "7": node("CLIPTextEncode", "CLIP Text Encode (Prompt)", text="text, watermark", clip=["4", 1]),
        "8": node("VAEDecode", "VAE Decode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", "Save Image", filename_prefix="ComfyUI", images=["8", 0]),
    }  # fmt: skip


def image_to_image(denoise: float = 0.5, **sampler: Any) -> dict[str, Any]:
    """A photo drawn over."""
    made = text_to_image(denoise=denoise, **sampler)
    made["1"] = node("LoadImage", image="photo.png")
    made["5"] = node("VAEEncode", pixels=["1", 0], vae=["4", 2])
    return made


def with_hires_fix(batch: int = 1, seeds: tuple[int, int] = (5, 5)) -> dict[str, Any]:
    """A picture drawn, its latents enlarged, and drawn over."""
    made = text_to_image(seed=seeds[0])
    made["5"]["inputs"]["batch_size"] = batch
    again = {**made["3"]["inputs"], "latent_image": ["10", 0], "seed": seeds[1], "denoise": 0.55, "steps": 14}
    made["10"] = node("LatentUpscaleBy", samples=["3", 0], upscale_method="nearest-exact", scale_by=1.5)
    made["11"] = node("KSampler", **again)
    made["12"] = node("VAEDecode", samples=["11", 0], vae=["4", 2])
    made["13"] = node("SaveImage", filename_prefix="hires/picture", images=["12", 0])
    return made
