"""Nodes that ask whether an image shows what its text says."""

from __future__ import annotations

from ..graphs.node import node
from ..graphs.types import Number
from .extractors import extractor_by_name
from .features import ClipEmbeddedImages, ClipName, EmbeddedTexts, embedded, embedded_texts


@node(version=2)
def clip_score(images: ClipEmbeddedImages, text: EmbeddedTexts, *, model: ClipName = "starter") -> Number:
    """CLIP score of each image: 100 × the cosine between image and text, negative ones counted as 0.

    The convention of torchmetrics, 100·max(cos, 0), clamped for each image (Hessel et al., "CLIPScore",
    2021, multiply by 2.5 instead and put a prefix before the text). Scores under different models don't
    compare. A text longer than the model's context loses its end, as in open_clip; its score is flagged
    `truncated`.

    Args:
        images: The images; rounded to 8 bits first.
        text: What each of them should show.
        model: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.
    """
    from .moments import unit_rows

    if len(images) != len(text):
        raise ValueError(f"{len(images)} images can't be scored against {len(text)} texts")
    if not len(text):
        return []
    of_images = unit_rows(embedded(images, extractor_by_name(model)))
    of_texts = unit_rows(embedded_texts(text, model).features)
    scores: list[float] = (100 * (of_images * of_texts).sum(axis=1).clip(min=0)).tolist()
    return scores
