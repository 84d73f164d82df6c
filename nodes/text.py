"""``text_encode``: prompts to what a sampler is conditioned on."""

from __future__ import annotations

from ..graphs.node import node
from ..graphs.types import Text
from .conditioning import Conditioning
from .model import Model


@node(version=1, batch=32)
def text_encode(model: Model, prompt: Text, negative: Text = "") -> Conditioning:  # type: ignore[assignment]
    """Encode prompts with a model's text encoder.

    A prompt over the encoder's limit loses its end, as in every CLIP-based model; such an item is flagged
    ``truncated`` and counts the tokens that were cut off.

    Args:
        model: whose text encoder.
        prompt: what to draw.
        negative: what to steer away from, where the sampler uses guidance; nothing if left out.
    """
    from .families import adapter

    prompts = [prompt] if isinstance(prompt, str) else list(prompt)
    negatives = [negative] * len(prompts) if isinstance(negative, str) else list(negative)
    return adapter(model).encode(prompts, negatives)
