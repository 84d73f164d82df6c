"""Nodes that compare the images of a set with the images of a reference, each with each."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from ..graphs.node import Range, node
from .extractors import Extractor, ExtractorName, extractor_by_name
from .image_metric import EmbeddedSet, ImageMetric
from .measures.results import Density, Precision
from .references import Reference, ReferenceSet

if TYPE_CHECKING:
    from .measures.discrepancy import Embeddings
    from .measures.neighbours import PointSet
    from .references.feature_sets import FeatureSet


class PrecisionRecallOfImages(EmbeddedSet[Precision]):
    """Precision and recall of pictures under an extractor."""

    def compute(self) -> Precision:
        """The values over all pictures that were added."""
        return self.metric.compute()


class DensityCoverageOfImages(EmbeddedSet[Density]):
    """Density and coverage of pictures under an extractor."""

    def compute(self) -> Density:
        """The values over all pictures that were added."""
        return self.metric.compute()


@node(version=1, batch=256)
def precision_recall(
    reference: Reference, *, extractor: ExtractorName = "starter", k: Annotated[int, Range(1, 1000)] = 3
) -> PrecisionRecallOfImages:
    """Precision: the share of images like real ones. Recall: the share of real images that have their like.

    Kynkäänniemi et al. 2019. Two images are alike where one lies no farther from the other than the other's
    k-th nearest neighbour in its own set. 1 is best; high precision with low recall is a set that stays safe.
    Values under other extractors, or of sets of other sizes, don't compare. The paper takes VGG-16 and 50,000
    images on each side.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: `starter` (rendered scenes), a folder, or a file of features.
        extractor: `starter`, or another name that `fd` takes.
        k: Which neighbour says how far alike reaches.
    """
    from .measures.precision import PrecisionRecall

    embedder = extractor_by_name(extractor)
    return PrecisionRecallOfImages(embedder, PrecisionRecall(reference_points(reference, embedder), k))


@node(version=1, batch=256)
def density_coverage(
    reference: Reference, *, extractor: ExtractorName = "starter", k: Annotated[int, Range(1, 1000)] = 5
) -> DensityCoverageOfImages:
    """Density: how much images crowd where real ones do. Coverage: the share of real images with one nearby.

    Naeem et al. 2020. Unlike precision and recall they aren't fooled by single outliers. Nearby is within a
    real image's k-th nearest real neighbour. Density is about 1 for a set like the reference and can be more;
    coverage is 1 at most. Values under other extractors, or of sets of other sizes, don't compare.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: `starter` (rendered scenes), a folder, or a file of features.
        extractor: `starter`, or another name that `fd` takes.
        k: Which neighbour says how far nearby reaches.
    """
    from .measures.density import DensityCoverage

    embedder = extractor_by_name(extractor)
    return DensityCoverageOfImages(embedder, DensityCoverage(reference_points(reference, embedder), k))


@node(version=1, batch=256)
def cmmd(reference: Reference, *, extractor: ExtractorName = "clip:ViT-L-14-336/openai") -> ImageMetric:
    """Distance of a set of images from a reference that takes neither for a Gaussian; 0 for equal sets.

    Jayasumana et al. 2024: 1000 times the squared maximum mean discrepancy of CLIP embeddings, by a Gaussian
    kernel of width 10, as their code estimates it. Few images do, unlike for a Fréchet distance, but it sees
    little beyond the mean: put a diversity beside it. Published values are for the default extractor. Their
    code cuts out the middle square before it scales to 336 pixels (Pillow's bicubic); here the shorter side
    is scaled first, which is the same for square pictures.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: `starter` (rendered scenes), a folder, or a file of features.
        extractor: A CLIP, or any other name that `fd` takes.
    """
    from .measures.discrepancy import CMMD
    from .references.reference_store import reference_set

    embedder = extractor_by_name(extractor)
    return ImageMetric(embedder, CMMD(_embeddings(reference_set(reference, embedder))))


# A set of features is one object while it is held, so what a sweep asks of its reference is found once.


def reference_points(reference: ReferenceSet, extractor: Extractor) -> PointSet:
    """A reference's features as points; ValueError for a reference of statistics."""
    from .references.reference_store import reference_set

    return _points(reference_set(reference, extractor))


@lru_cache(maxsize=4)
def _points(features: FeatureSet) -> PointSet:
    from .measures.neighbours import PointSet

    return PointSet.of(features.rows)


@lru_cache(maxsize=4)
def _embeddings(features: FeatureSet) -> Embeddings:
    from .measures.discrepancy import Embeddings
    from .measures.moments import unit_rows

    return Embeddings(unit_rows(features.rows))
