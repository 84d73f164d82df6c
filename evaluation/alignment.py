"""Nodes that ask whether an image shows what its text says."""

from __future__ import annotations

import warnings
from typing import Annotated

from ..graphs.node import Content, node
from ..graphs.types import Number, Text
from ..nodes.pictures import Images
from .clip_models import ClipModel
from .clip_names import clip_digest

#: An option that names a CLIP; it enters keys by the digest of its weights.
ClipName = Annotated[str, Content(clip_digest)]


class TruncatedTextWarning(UserWarning):
    """Some texts were longer than the model reads, so their ends had no say in the score."""


@node(version=1)
def clip_score(images: Images, text: Text, *, model: ClipName = "starter") -> Number:
    """CLIP score of each image: 100 × the cosine between image and text, negative ones counted as 0.

    The convention of torchmetrics, 100·max(cos, 0), clamped for each image (Hessel et al., "CLIPScore",
    2021, multiply by 2.5 instead and put a prefix before the text). Scores under different models don't
    compare. A text longer than the model's context loses its end, as in open_clip, and is reported.

    Args:
        images: The images; rounded to 8 bits first.
        text: What each of them should show.
        model: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.
    """
    from torch.nn.functional import normalize

    if len(images) != len(text):
        raise ValueError(f"{len(images)} images can't be scored against {len(text)} texts")
    if not text:
        return []
    clip = ClipModel(model).loaded
    distinct = list(dict.fromkeys(text))  # the images of one prompt share its encoding
    _report_truncated(clip.truncated(distinct), clip.context_length)
    of_images = normalize(clip.image_features(images).double(), dim=-1)
    of_texts = normalize(clip.text_features(distinct).double(), dim=-1)
    cosines = (of_images * of_texts[[distinct.index(one) for one in text]]).sum(dim=-1)
    scores: list[float] = (100 * cosines.clamp(min=0)).tolist()
    return scores


def _report_truncated(truncated: list[bool], context_length: int) -> None:
    if any(truncated):
        warnings.warn(
            f"{sum(truncated)} of {len(truncated)} texts have more than the {context_length} tokens that the "
            "model reads; what comes after them has no say in the CLIP score",
            TruncatedTextWarning,
            stacklevel=3,
        )
