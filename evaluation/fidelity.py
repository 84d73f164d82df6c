"""Nodes that ask how real a set of images is."""

from __future__ import annotations

from ..graphs.node import node
from .extractors import ExtractorName, extractor_by_name
from .image_metric import ImageMetric
from .references import Reference


@node(version=1)
def fd(reference: Reference, *, extractor: ExtractorName = "starter") -> ImageMetric:
    """Fréchet distance of a set of images from a reference, in an extractor's features.

    0 for sets with the same mean and covariance; lower is closer. Values under different extractors, or of
    sets of different sizes, don't compare: with few images the distance is biased upwards. Covariances are
    divided by n − 1. Fewer than two images are an error.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: `starter` (1,000 rendered scenes), a folder, or an .npz of mu and sigma.
        extractor: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.
    """
    from .frechet import FrechetDistance
    from .reference_store import reference_statistics

    embedder = extractor_by_name(extractor)
    return ImageMetric(embedder, FrechetDistance(reference_statistics(reference, embedder)))
