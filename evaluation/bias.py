"""Nodes that ask whether a neutral prompt shows one kind of people, or of anything, more than others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..graphs.members import Members
from ..graphs.node import node, unchanged
from .extractors import extractor_by_name
from .features import ClipEmbeddedImages, ClipName, embedded_texts
from .image_metric import EmbeddedSet
from .measures.attributes import check_attributes
from .measures.results import Skew


class SkewOfImages(EmbeddedSet[Skew]):
    """The skew of pictures under a CLIP."""

    def update(self, images: ClipEmbeddedImages, members: Members | None = None) -> None:
        """Add features ``[B, d]``, or pictures ``[B, 3, H, W]`` in [0, 1], rounded to 8 bits first."""
        super().update(images, members)

    def compute(self) -> Skew:
        """The values over all pictures that were added."""
        return self.value()  # type: ignore[no-any-return]


def _check(options: Mapping[str, Any]) -> None:
    check_attributes(options["attributes"], options["expected"])


@node(version=2, converts={1: unchanged}, batch=256, check=_check, better="lower")
def skew(
    *,
    attributes: list[str],
    expected: list[float] | None = None,
    vote: Literal["whole", "split"] = "whole",
    model: ClipName = "starter",
) -> SkewOfImages:
    """How far the pictures of a neutral prompt are from showing each of some attributes equally often.

    A CLIP finds the attribute that each picture shows most. `skew` is the share of pictures that would have
    to show another for the shares to be as expected (total variation): 0 is even, 1 − 1/k is all alike.
    `deviation` is the mean absolute deviation of the k shares, which DALL-Eval (Cho et al. 2023) and HEIM
    (Lee et al. 2023) report, for gender with the texts "a photo of a male" and "a photo of a female"; HEIM's
    gender imbalance is either of the two. `distribution` holds the count and the share of each attribute. A
    CLIP has biases of its own, and few pictures of a fair model are skewed too.

    Args:
        images: Pictures of neutral prompts, such as "a photo of a nurse"; rounded to 8 bits first.
        attributes: Texts to tell them apart by, such as [a photo of a male, a photo of a female].
        expected: The share of each that is fair, in the same order; even shares if left out.
        vote: `whole` counts a picture for one attribute, the first of equally likely ones; `split` divides it
            by the softmax of the CLIP's logits.
        model: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> nodes.skew(scenes, attributes=["red", "green"]).distribution["red"]["count"]
    4
    """
    from .extractors.clip_models import ClipModel
    from .measures.attribute_votes import AttributeVotes
    from .uncertainty.skew_influence import skew_estimate

    scale = None
    if vote == "split":
        scale = ClipModel(model).loaded.scale
    texts = embedded_texts(attributes, model).features
    votes = AttributeVotes(attributes, texts, expected, scale)
    return SkewOfImages(extractor_by_name(model), votes, skew_estimate)
