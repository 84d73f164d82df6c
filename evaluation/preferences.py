"""Nodes that say which picture of a text people would prefer: CLIPs that were trained on their choices."""

from __future__ import annotations

from ..graphs.node import node
from ..graphs.types import Number
from .alignment import cosines
from .extractors import extractor_by_name
from .extractors.clip_models import ClipModel
from .features import ClipEmbeddedImages, ClipName, EmbeddedTexts, embedded, embedded_texts


@node(version=1, better="higher")
def pick_score(
    images: ClipEmbeddedImages, text: EmbeddedTexts, *, model: ClipName = "clip:ViT-H-14/pickscore_v1"
) -> Number:
    """PickScore of each image: the cosine between image and text, times the model's own scale (about 100).

    Kirstain et al., "Pick-a-Pic: An Open Dataset of User Preferences for Text-to-Image Generation", 2023.
    The softmax of the scores of two pictures of one text is the chance of each to be preferred. Scores of
    different texts compare less well than those of one.

    Args:
        images: The images; rounded to 8 bits first.
        text: What each of them was to show.
        model: The published one (yuvalkirstain/PickScore_v1, 4 GB, fetched when a run first needs it), or
            `clip:ViT-H-14/FILE` for its model.safetensors on this disk.
    """
    of_texts = embedded_texts(text, model).features
    found = cosines(embedded(images, extractor_by_name(model)), of_texts)
    if not len(found):
        return []
    scores: list[float] = (ClipModel(model).loaded.scale * found).tolist()
    return scores


@node(version=1, better="higher")
def hps(
    images: ClipEmbeddedImages, text: EmbeddedTexts, *, model: ClipName = "clip:ViT-H-14/hps_v2_1@hps"
) -> Number:
    """Human Preference Score v2.1 of each image: the cosine between image and text, from -1 to 1.

    Wu et al., "Human Preference Score v2", 2023. Most pictures score 0.2 to 0.35; tables multiply by 100.
    Pictures are prepared as the authors do: the longer side to 224 pixels, the rest black, which is the
    resize rule `hps` after the @.

    Args:
        images: The images; rounded to 8 bits first.
        text: What each of them was to show.
        model: The published one (xswu/HPSv2, 2 GB, fetched when a run first needs it); `hps_v2_0` is the
            version before. `clip:ViT-H-14/FILE@hps` is a file on this disk.
    """
    of_texts = embedded_texts(text, model).features
    return list(map(float, cosines(embedded(images, extractor_by_name(model)), of_texts)))
