"""Nodes that ask how different the images of a set are from each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from ..graphs.members import Members
from ..graphs.node import Content, Range, node, unchanged
from ..graphs.types import Text
from .extractors import Extractor, ExtractorName, extractor_by_name
from .extractors.lpips import Lpips
from .features import EmbeddedImages, embedded
from .image_metric import EmbeddedSet, ImageMetric
from .lpips_spread import LpipsSpread
from .measures.results import Spread

if TYPE_CHECKING:
    from .extractors.lpips import BackboneName
    from .measures.prompt_diversity import PromptDiversity

IMAGENET = "imagenet"


@node(version=2, converts={1: unchanged}, better="higher")
def diversity(*, extractor: ExtractorName = "starter") -> ImageMetric:
    """Mean cosine distance between the images of a set, over all pairs, in an extractor's features.

    0 when all images look alike to the extractor, larger when they differ, 2 at most. A set of one image
    has no pairs and is an error.

    Args:
        images: The images of the set; rounded to 8 bits first.
        extractor: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> nodes.diversity(scenes) > nodes.diversity(scenes[::2])
    True
    """
    from .measures.diversity import Diversity
    from .uncertainty.spread_influence import diversity_estimate

    return ImageMetric(extractor_by_name(extractor), Diversity(), diversity_estimate)


@node(version=2, converts={1: unchanged}, batch=256, better="higher")
def vendi(
    *,
    extractor: ExtractorName = "starter",
    order: Annotated[float, Range(0, 1000)] | Literal["infinity"] = 1.0,
) -> ImageMetric:
    """How many different images a set is worth: 1 where all look alike, its size where none do.

    The Vendi score (Friedman and Dieng 2022; orders: Pasarkar and Dieng 2023) with the cosine of an
    extractor's features: `over: seed` within each prompt, `over: [prompt, seed]` for the whole set. It grows
    with the number of images: compare sets of one size, under one extractor.

    Args:
        images: The images of the set; rounded to 8 bits first.
        extractor: `starter`, or another name that `fd` takes.
        order: The higher, the less rare images count: 1 as published, 2 for pairs, `infinity` for the most
            common alone.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> 1 < nodes.vendi(scenes) < 8
    True
    """
    from .measures.vendi import Vendi
    from .uncertainty.entropy_influence import vendi_estimate

    return ImageMetric(extractor_by_name(extractor), Vendi(float(order)), vendi_estimate)


class PromptSpread(EmbeddedSet[Spread]):
    """Features of pictures, grouped by prompt, under an extractor."""

    def __init__(self, extractor: Extractor, metric: PromptDiversity) -> None:
        super().__init__(extractor, metric, self._estimate)
        self.prompts: list[str] = []

    def update(  # type: ignore[override]
        self, images: EmbeddedImages, prompt: Text, members: Members | None = None
    ) -> None:
        """Add features ``[B, d]``, or pictures ``[B, 3, H, W]`` in [0, 1], and the prompt of each."""
        self._add(embedded(images, self.extractor), members, prompt)
        self.prompts += prompt

    def merge(self, other: EmbeddedSet[Spread]) -> None:
        """Add what another state has gathered; raises ValueError where it used another extractor."""
        super().merge(other)
        assert isinstance(other, PromptSpread)
        self.prompts += other.prompts

    def compute(self) -> Spread:
        """The values over all pictures that were added."""
        return self.value()  # type: ignore[no-any-return]

    def _estimate(
        self, metric: PromptDiversity, rows: Any, units: list[str], crossed: tuple[str, ...]
    ) -> Spread:
        from .uncertainty.spread_influence import prompt_diversity_estimate

        return prompt_diversity_estimate(metric, rows, self.prompts, units, crossed)


@node(version=2, converts={1: unchanged}, batch=256, better="higher")
def prompt_diversity(*, extractor: ExtractorName = "starter") -> PromptSpread:
    """How different images are within a prompt, and across prompts: mean cosine distances over all pairs.

    `within` compares images of the same prompt: what seeds make of it. `across` compares images of different
    prompts; it should be the larger, or prompts hardly matter. Every pair counts the same. `diversity` over
    seeds gives one number for each prompt instead.

    Args:
        images: The images of all prompts; rounded to 8 bits first.
        prompt: What each was drawn for; equal texts are one prompt.
        extractor: `starter`, or another name that `fd` takes.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> found = nodes.prompt_diversity(scenes, prompt=["a red circle", "two green stars"] * 4)
    >>> found.within < found.across
    True
    """
    from .measures.prompt_diversity import PromptDiversity

    return PromptSpread(extractor_by_name(extractor), PromptDiversity())


def _lpips(backbone: str, weights: str) -> Lpips:
    return Lpips(cast("BackboneName", backbone), None if weights == IMAGENET else weights)


def _digest(weights: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    return _lpips(options["backbone"], weights).digest(fetch=fetch)


@node(version=2, converts={1: unchanged}, better="higher")
def lpips_diversity(
    *,
    backbone: Literal["alex", "vgg"] = "alex",
    weights: Annotated[str, Content(_digest, names_files=True)] = IMAGENET,
) -> LpipsSpread:
    """Mean LPIPS over all pairs of a set: how different its pictures look, place by place.

    Zhang et al. 2018, version 0.1, as torchmetrics and the authors compute it. 0 for equal pictures; `over:
    seed` for the pictures of one prompt. They must be of one size, and values of different sizes don't
    compare. Takes one pass of the network over each picture, and no more time for the pairs.

    Args:
        images: The pictures, rounded to 8 bits first; at least 31 × 31 (`alex`), or 16 × 16 (`vgg`).
        backbone: The network: `alex`, the authors' choice for comparing pictures, or `vgg`.
        weights: `imagenet` (torchvision's, from a cache or fetched when a run first needs them), or a file.
    """
    return LpipsSpread(_lpips(backbone, weights))
