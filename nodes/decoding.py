"""``decode``: latents to pictures."""

from __future__ import annotations

from ..graphs.node import node
from .latents import Latents
from .model import Model
from .pictures import Images


@node(version=1, batch=8)
def decode(model: Model, latents: Latents) -> Images:
    """Decode latents to pictures with a model's image decoder.

    Args:
        model: whose decoder; it must be of the model that drew the latents, or share its latent space.
        latents: what a sampler drew.

    Raises:
        ValueError: the latents are of another model.
    """
    from .families import adapter

    return adapter(model).decode(latents)
