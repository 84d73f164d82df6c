"""Nodes that do known damage to scenes of the starter's world, for a graph of ``test_damage``."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from mezzotint import Images, Integer, Text, node
from mezzotint.nodes import to_pil

#: Seeds of the scenes that stand for the real ones begin here.
REAL = 1000


@node(version=1)
def drawn_prompt(prompt: Text, other: Text, damage: Text) -> Text:
    """What is drawn: another prompt where they are swapped, one and the same where a generator collapsed."""
    drawn = zip(prompt, other, damage, strict=True)
    return [
        {"swapped prompts": another, "mode collapse": "a red circle"}.get(kind, one)
        for one, another, kind in drawn
    ]


@node(version=1)
def drawn_seed(seed: Integer, damage: Text) -> Integer:
    """Which of its scenes: others, the same for every seed, or the real ones themselves."""
    return [
        {"fresh seeds": 500 + number, "duplicated images": 0, "copied reference": REAL + number}.get(
            kind, number
        )
        for number, kind in zip(seed, damage, strict=True)
    ]


@node(version=1)
def damaged(images: Images, seed: Integer, damage: Text) -> Images:
    """Pictures after a damage to their pixels."""
    return torch.stack([_change(*one) for one in zip(images, seed, damage, strict=True)])


def _change(image: torch.Tensor, seed: int, damage: str) -> torch.Tensor:
    if damage == "blur":
        return torch.from_numpy(ndimage.gaussian_filter(image.numpy(), (0, 2, 2)))
    if damage == "noise":
        noise = np.random.default_rng(seed).normal(0, 0.12, image.shape)
        return (image + torch.from_numpy(noise).float()).clamp(0, 1)
    if damage == "jpeg":
        file = io.BytesIO()
        to_pil(image).save(file, "JPEG", quality=10)
        return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).float() / 255
    if damage == "dropped colours":
        return image.mean(0, keepdim=True).expand(3, -1, -1)
    return image
