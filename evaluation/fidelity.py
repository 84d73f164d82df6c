"""Nodes that ask how real a set of images is, most of them by a reference of real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from ..graphs.members import Members
from ..graphs.node import Range, node, unchanged
from .extractors import Extractor, ExtractorName, classifier, extractor_by_name
from .features import EmbeddedImages, embedded
from .image_metric import EmbeddedSet, Estimator, ImageMetric
from .measures.results import Density, Precision
from .references import Reference


class ClassifiedImages(ImageMetric):
    """A metric of the logits of pictures, under an extractor that tells classes apart."""

    def __init__(self, extractor: Extractor, metric: Any, estimate: Estimator | None = None) -> None:
        super().__init__(extractor, metric, estimate)
        self._classify = classifier(extractor)

    def update(self, images: EmbeddedImages, members: Members | None = None) -> None:
        """Add features ``[B, d]``, or pictures ``[B, 3, H, W]`` in [0, 1], rounded to 8 bits first."""
        self._add(self._classify(embedded(images, self.extractor)), members)


def _is_inception(options: Mapping[str, Any]) -> None:
    name = options["extractor"]
    if not name.startswith("inception-v3"):
        raise ValueError(
            f"FID means Inception's features, and not those of {name!r}; use fd, the same distance"
        )


def _tells_classes_apart(options: Mapping[str, Any]) -> None:
    classifier(extractor_by_name(options["extractor"]))


@node(version=2, converts={1: unchanged}, batch=256, better="lower")
def fd(reference: Reference, *, extractor: ExtractorName = "starter") -> ImageMetric:
    """Fréchet distance of a set of images from a reference, in an extractor's features.

    0 for sets with the same mean and covariance; lower is closer. Values under different extractors, or of
    sets of different sizes, don't compare: with few images the distance is biased upwards. Covariances are
    divided by n − 1. Fewer than two images are an error.

    The standard error is that of fresh prompts, with the reference taken as fixed, unless it is a `reference`
    of the same prompts: then of fresh prompts on both sides. `corrected` is an estimate without the bias, and
    the interval is about it; with fewer than four images a feature there is none. Where the set may well be
    like the reference, `p_equal` says how probable such a distance would then be.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: `starter` (1,000 rendered scenes), a folder, a file of statistics or of
            features, or a `reference` of the graph.
        extractor: `starter`, `inception-v3`, `dinov2` (also `dinov2:SOURCE`, a hub id or a folder),
            `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), `clip:FOLDER`, or one of a package;
            each with a resize rule after an @ where another than its own is wanted: `dinov2@tf1`.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> distance = nodes.fd(scenes, reference="starter")
    >>> nodes.fd(1 - scenes, reference="starter") > distance > 0
    True
    """
    from .measures.frechet import FrechetDistance, Statistics
    from .references.reference_store import reference_statistics
    from .uncertainty.frechet_influence import frechet_estimate

    def estimate(metric: FrechetDistance, rows: Any, units: list[str], crossed: tuple[str, ...]) -> Any:
        gathered = Statistics.of(metric.moments)
        return frechet_estimate(
            rows,
            units,
            metric.reference,
            crossed=crossed,
            candidate=gathered,
            drawn=reference.features,
        )

    embedder = extractor_by_name(extractor)
    return ImageMetric(embedder, FrechetDistance(reference_statistics(reference, embedder)), estimate)


@node(version=2, converts={1: unchanged}, batch=256, check=_is_inception, better="lower")
def fid(reference: Reference, *, extractor: ExtractorName = "inception-v3") -> ImageMetric:
    """Fréchet Inception distance: `fd` in the features that FID is defined by.

    Heusel et al. 2017; lower is closer. Published values use 10,000 to 50,000 images. With fewer than a few
    times 2,048 it is biased far upwards: compare sets of one size, or use `kid`. Resizing changes it, so the
    rule is part of the name: `inception-v3` resizes as clean-fid does, `inception-v3@tf1` as torch-fidelity.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: a folder, a file of statistics or of features, `starter`, or a `reference`
            of the graph.
        extractor: `inception-v3`, `inception-v3:FILE`, and either with a resize rule after an @.
    """
    return fd(reference, extractor=extractor)


@node(version=2, converts={1: unchanged}, batch=256, better="lower")
def kid(reference: Reference, *, extractor: ExtractorName = "inception-v3") -> ImageMetric:
    """Kernel Inception distance of a set of images from a reference: unbiased, so fit for small sets too.

    Bińkowski et al. 2018: the squared maximum mean discrepancy under a polynomial kernel of degree 3, over
    all pairs and not over random subsets, so it depends on no seed. 0 on average for sets that are alike, and
    then below it at times; lower is closer. Values under different extractors don't compare. Fewer than two
    images are an error. The standard error is that of fresh prompts, with the reference taken as fixed,
    unless it is a `reference` of the same prompts: then of fresh prompts on both sides. `corrected`, where
    prompts have several images, or the reference's too, counts pairs of different prompts only.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: a folder, a file of features, `starter`, or a `reference` of the graph.
        extractor: `inception-v3`, or another name that `fd` takes.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> nodes.kid(scenes, reference="starter", extractor="starter").standard_error > 0
    True
    """
    from .measures.kernel_distance import KernelDistance, KernelReference
    from .references.reference_store import reference_as
    from .uncertainty.kernel_influence import kernel_estimate

    def estimate(metric: KernelDistance, rows: Any, units: list[str], crossed: tuple[str, ...]) -> Any:
        return kernel_estimate(rows, units, metric.reference, crossed=crossed, drawn=reference.features)

    embedder = extractor_by_name(extractor)
    return ImageMetric(embedder, KernelDistance(reference_as(KernelReference, reference, embedder)), estimate)


@node(version=2, converts={1: unchanged}, batch=256, check=_tells_classes_apart, better="higher")
def inception_score(*, extractor: ExtractorName = "inception-v3") -> ClassifiedImages:
    """Inception Score: is each image surely of one class, and are all classes there?

    Salimans et al. 2016, over the whole set in one split (scores of ten splits are lower, and depend on the
    order). From 1 to the number of classes; higher is better. It compares with no real images, knows
    ImageNet's classes only, and rises with the number of images. Values of sets of different sizes don't
    compare.

    Args:
        images: The generated images; rounded to 8 bits first.
        extractor: One that tells classes apart: `inception-v3`, `inception-v3:FILE`, and with a resize rule.
    """
    from .measures.inception_score import InceptionScore
    from .uncertainty.entropy_influence import inception_score_estimate

    return ClassifiedImages(extractor_by_name(extractor), InceptionScore(), inception_score_estimate)


class PrecisionRecallOfImages(EmbeddedSet[Precision]):
    """Precision and recall of pictures under an extractor."""

    def compute(self) -> Precision:
        """The values over all pictures that were added."""
        return self.value()  # type: ignore[no-any-return]


class DensityCoverageOfImages(EmbeddedSet[Density]):
    """Density and coverage of pictures under an extractor."""

    def compute(self) -> Density:
        """The values over all pictures that were added."""
        return self.value()  # type: ignore[no-any-return]


@node(version=2, converts={1: unchanged}, batch=256, better="higher")
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

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> nodes.precision_recall(scenes, reference="starter").precision > 0.8
    True
    """
    from .measures.neighbours import PointSet
    from .measures.precision_recall import PrecisionRecall
    from .references.reference_store import reference_as
    from .uncertainty.neighbour_estimates import precision_recall_estimate

    embedder = extractor_by_name(extractor)
    points = reference_as(PointSet.of, reference, embedder)
    return PrecisionRecallOfImages(embedder, PrecisionRecall(points, k), precision_recall_estimate)


@node(version=2, converts={1: unchanged}, batch=256, better="higher")
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

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> 0 < nodes.density_coverage(scenes, reference="starter").coverage < 0.1
    True
    """
    from .measures.density_coverage import DensityCoverage
    from .measures.neighbours import PointSet
    from .references.reference_store import reference_as
    from .uncertainty.neighbour_estimates import density_coverage_estimate

    embedder = extractor_by_name(extractor)
    points = reference_as(PointSet.of, reference, embedder)
    return DensityCoverageOfImages(embedder, DensityCoverage(points, k), density_coverage_estimate)


@node(version=2, converts={1: unchanged}, batch=256, better="lower")
def cmmd(reference: Reference, *, extractor: ExtractorName = "clip:ViT-L-14-336/openai") -> ImageMetric:
    """Distance of a set of images from a reference that takes neither for a Gaussian; 0 for equal sets.

    Jayasumana et al. 2024: 1000 times the squared maximum mean discrepancy of CLIP embeddings, by a Gaussian
    kernel of width 10, as their code estimates it. Few images do, unlike for a Fréchet distance, but it sees
    little beyond the mean: put a diversity beside it. Published values are for the default extractor. Their
    code cuts out the middle square before it scales to 336 pixels (Pillow's bicubic); here the shorter side
    is scaled first, which is the same for square pictures. The standard error is that of fresh prompts, with
    the reference taken as fixed, unless it is a `reference` of the same prompts: then of fresh prompts on
    both sides. `corrected`, of pairs of different prompts only, has no bias by n.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: The real ones: `starter` (rendered scenes), a folder, or a file of features.
        extractor: A CLIP, or any other name that `fd` takes.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> nodes.cmmd(scenes, reference="starter", extractor="starter") > 0
    True
    """
    from .measures.cmmd import CMMD, Embeddings
    from .references.reference_store import reference_as
    from .uncertainty.cmmd_influence import cmmd_estimate

    def estimate(metric: CMMD, rows: Any, units: list[str], crossed: tuple[str, ...]) -> Any:
        return cmmd_estimate(rows, units, metric.reference, crossed=crossed, drawn=reference.features)

    embedder = extractor_by_name(extractor)
    return ImageMetric(embedder, CMMD(reference_as(Embeddings.of, reference, embedder)), estimate)
