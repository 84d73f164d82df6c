"""``render_scene``: pictures of the starter's world, drawn to a prompt without any model."""

from __future__ import annotations

from ..graphs.node import node
from ..graphs.types import Integer, Text
from .pictures import Images


@node(version=1, batch=64)
def render_scene(prompt: Text, seed: Integer) -> Images:
    """Draw a scene of the starter's world that shows what a prompt says: 64×64 pixels, no model needed.

    What the prompt leaves open (places, sizes, tints, colours) is drawn at random from the seed and from what
    the prompt says, so that scenes of different prompts are independent. Such scenes are real images of the
    same prompts to compare drawn ones with, and what a score should be at its best.

    Args:
        prompt: a sentence of the starter's world, such as `two red stars` or `a ring above a blue cross`.
        seed: which of the scenes that show it.

    Raises:
        ValueError: a prompt that isn't a sentence of the world, of one to four objects.

    >>> from mezzotint import nodes
    >>> nodes.render_scene(["a red circle", "two green stars"], seed=[1, 2]).shape
    torch.Size([2, 3, 64, 64])
    """
    import hashlib

    import numpy
    import torch

    from ..starter.sentences import parse
    from ..starter.world import build, render

    pictures = []
    for text, number in zip(prompt, seed, strict=True):
        spec = parse(text)
        entropy = hashlib.blake2b(f"{number} {spec}".encode(), digest_size=16).digest()
        rng = numpy.random.default_rng(int.from_bytes(entropy, "big"))
        pictures.append(render(build(spec, rng)))
    return torch.from_numpy(numpy.stack(pictures)).permute(0, 3, 1, 2).float() / 255
