"""Nodes that ask whether images are new, or copies of images of a reference."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from ..graphs.node import Range, node, unchanged
from ..graphs.types import Boolean, Integer, Number, Text
from .extractors import ExtractorName, extractor_by_name
from .features import EmbeddedImages, embedded
from .image_metric import ImageMetric
from .references import Reference


class Nearest(NamedTuple):
    """For each image: how alike its nearest one in the reference is, which that is, and if it is a copy."""

    similarity: Number
    image: Text
    row: Integer
    copy: Boolean


@node(version=1, batch=256, better="lower")
def copies(
    images: EmbeddedImages,
    reference: Reference,
    *,
    extractor: ExtractorName = "starter",
    threshold: Annotated[float, Range(-1, 1)] = 0.95,
) -> Nearest:
    """The nearest neighbour of each image in a reference, such as the training set: is it new, or a copy?

    `similarity` is the cosine between the features of the two, 1 for a copy; `image` is the name of the
    nearest one (a file of the folder, or where it stood in the graph) and `row` its number; `copy` is true
    from the threshold on. Of equally near ones the first counts. What cosine makes a copy depends on the
    extractor: look at the nearest pairs, and at how alike images of the reference are among themselves.

    Args:
        images: The images; rounded to 8 bits first.
        reference: A folder, a file of features, `starter`, or a `reference` of the graph.
        extractor: `starter`, or another name that `fd` takes.
        threshold: The similarity from which on an image counts as a copy.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> found = nodes.copies(scenes[:2], reference="starter")
    >>> len(found.similarity), len(found.image)
    (2, 2)
    """
    from .measures.cosines import nearest_by_cosine
    from .references.reference_store import reference_set

    embedder = extractor_by_name(extractor)
    real = reference_set(reference, embedder)
    cosines, places = nearest_by_cosine(embedded(images, embedder), real)
    return Nearest(
        similarity=cosines.tolist(),
        image=[real.names[place] for place in places],
        row=places.tolist(),
        copy=(cosines >= threshold).tolist(),
    )


@node(version=2, converts={1: unchanged}, batch=256, better="higher")
def authenticity(reference: Reference, *, extractor: ExtractorName = "starter") -> ImageMetric:
    """The share of images that are more than variations of single images of a reference, the training set.

    Alaa et al. 2022. An image counts as authentic that lies farther from its nearest real image than that one
    from its own nearest real one. A set of copies has 0. High values alone are no praise: noise has 1, so put
    `density_coverage` beside it; `copies` names the images. Values under other extractors don't compare.

    Args:
        images: The generated images; rounded to 8 bits first.
        reference: A folder, a file of features, `starter`, or a `reference` of the graph.
        extractor: `starter`, or another name that `fd` takes.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> 0 <= nodes.authenticity(scenes, reference="starter") <= 1
    True
    """
    from .measures.authenticity import Authenticity
    from .measures.neighbours import PointSet
    from .references.reference_store import reference_as
    from .uncertainty.neighbour_estimates import authenticity_estimate

    embedder = extractor_by_name(extractor)
    points = reference_as(PointSet.of, reference, embedder)
    return ImageMetric(embedder, Authenticity(points), authenticity_estimate)
