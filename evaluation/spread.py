"""Nodes that ask how different the images of a set are from each other."""

from __future__ import annotations

from ..graphs.node import node
from .extractors import ExtractorName, extractor_by_name
from .image_metric import ImageMetric


@node(version=1)
def diversity(*, extractor: ExtractorName = "starter") -> ImageMetric:
    """Mean cosine distance between the images of a set, over all pairs, in an extractor's features.

    0 when all images look alike to the extractor, larger when they differ, 2 at most. A set of one image
    has no pairs and is an error.

    Args:
        images: The images of the set; rounded to 8 bits first.
        extractor: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.
    """
    from .measures.pairwise import Diversity

    return ImageMetric(extractor_by_name(extractor), Diversity())
