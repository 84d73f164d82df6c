"""The starter: small models that draw offline, the world they draw, and the judge that reads it back.

Importing this package imports neither torch nor numpy; it only says where the weights lie.
"""

from __future__ import annotations

from pathlib import Path

WEIGHTS: Path = Path(__file__).resolve().parent / "weights"
"""Everything that training exported."""

DIFFUSION: Path = WEIGHTS / "diffusion"
"""A complete Stable Diffusion layout: ``StableDiffusionPipeline.from_pretrained(DIFFUSION)``."""

CLIP: Path = WEIGHTS / "clip"
"""An open_clip layout: ``open_clip.create_model_and_transforms(f"local-dir:{CLIP}")``."""

__all__ = ["CLIP", "DIFFUSION", "WEIGHTS"]
