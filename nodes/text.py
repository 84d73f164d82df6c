"""``text_encode``: prompts to what a sampler is conditioned on."""

from __future__ import annotations

import warnings

from ..graphs.node import node
from ..graphs.types import Text
from .conditioning import Conditioning
from .model import Model


class TruncatedPromptWarning(UserWarning):
    """Some prompts were longer than the text encoder reads."""


@node(version=1, batch=32)
def text_encode(model: Model, prompt: Text, negative: Text = "") -> Conditioning:  # type: ignore[assignment]
    """Encode prompts with a model's text encoder.

    A prompt over the encoder's limit loses its end, as in every CLIP-based model; such an item is flagged
    ``truncated``, counts the tokens that were cut off, and is warned of.

    Args:
        model: whose text encoder.
        prompt: what to draw.
        negative: what to steer away from, where the sampler uses guidance; nothing if left out.

    >>> from mezzotint import nodes
    >>> model = nodes.load_model(source="starter")
    >>> text = nodes.text_encode(model, ["a red circle", "two green stars"], negative="blurred")
    >>> len(text)
    2
    """
    from .families import adapter

    prompts = [prompt] if isinstance(prompt, str) else list(prompt)
    negatives = [negative] * len(prompts) if isinstance(negative, str) else list(negative)
    encoded = adapter(model).encode(prompts, negatives)
    cut = sum(count > 0 for count in encoded.truncated)
    if cut:
        warnings.warn(
            f"{cut} of {len(prompts)} prompts are longer than the model's text encoder reads; "
            "what comes after its limit has no say in the picture",
            TruncatedPromptWarning,
            stacklevel=2,
        )
    return encoded
