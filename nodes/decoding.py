"""``decode``: latents to pictures."""

from __future__ import annotations

from typing import Annotated

from ..graphs.node import Effort, Range, node
from .latents import Latents
from .model import Model
from .pictures import Images


@node(version=1, batch=8)
def decode(
    model: Model,
    latents: Latents,
    *,
    tile: Annotated[int, Range(64, 8192)] | None = None,
    slicing: Annotated[bool, Effort()] = False,
) -> Images:
    """Decode latents to pictures with a model's image decoder.

    Args:
        model: whose decoder; it must be of the model that drew the latents, or share its latent space.
        latents: what a sampler drew.
        tile: decode in overlapping tiles of this many pixels a side, to spare memory. The decoder evens out
            brightness and colour within what it sees, so tiles of a larger picture can differ in them: the
            more, the smaller they are.
        slicing: decode the pictures of a batch one by one, to spare memory.

    Raises:
        ValueError: the latents are of another model.

    >>> from mezzotint import nodes
    >>> model = nodes.load_model(source="starter")
    >>> latents = nodes.encode(model, nodes.render_scene("a red circle", seed=1))
    >>> nodes.decode(model, latents).shape
    torch.Size([1, 3, 64, 64])
    """
    from .families import adapter

    return adapter(model).decode(latents, tile=tile, sliced=slicing)
