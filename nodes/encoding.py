"""``encode``: pictures to latents."""

from __future__ import annotations

from ..graphs.node import node
from .arrays import to_torch
from .latents import Latents
from .model import Model
from .pictures import Images


@node(version=1, batch=8)
def encode(model: Model, images: Images) -> Latents:
    """Encode pictures to latents with a model's image encoder, for a sampler to start from.

    Nothing is drawn at random: of the distribution that the encoder yields, its mode is taken. Pictures are
    taken as they are, not rounded to 8 bits.

    Args:
        model: whose encoder.
        images: the pictures; their sides are multiples of what the model needs (8 pixels as a rule), which
            `resize` and `crop` see to.

    Raises:
        ValueError: a size that the model can't work at.

    >>> from PIL import Image
    >>> from mezzotint import nodes
    >>> model = nodes.load_model(source="starter")
    >>> nodes.encode(model, Image.open("photo.png")).samples.shape
    torch.Size([1, 8, 8, 8])
    """
    from .families import adapter

    return adapter(model).encode_images(to_torch(images))
