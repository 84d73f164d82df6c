"""The metrics as torchmetrics modules, for anyone's training or evaluation loop.

Each class here is the torchmetrics face of the plain class of the same name in :mod:`mezzotint.evaluation`,
which works on NumPy arrays. Give it an extractor and it takes pictures; give it none and it takes features:

>>> from mezzotint.evaluation import extractor_by_name, modules
>>> metric = modules.FrechetDistance(statistics, extractor_by_name("starter"))
>>> for images in loader:
...     metric.update(images)
>>> metric.compute()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from . import alignment, lpips_spread
from .averaging import Mean
from .extractors import classifier, extractor_by_name, lpips
from .extractors.preprocessing import check_pictures
from .features import Convention, LongTexts
from .measures import (
    attribute_votes,
    authenticity,
    cmmd,
    density_coverage,
    diversity,
    frechet,
    inception_score,
    kernel_distance,
    neighbours,
    precision_recall,
    prompt_diversity,
    vendi,
)
from .torch_metric import TorchMetric, as_floats

if TYPE_CHECKING:
    from .extractors import Extractor
    from .measures.frechet import Statistics


class FrechetDistance(TorchMetric):
    """Fréchet distance from a reference's statistics, or features ``[m, d]``. At least two images."""

    higher_is_better = False
    plot_lower_bound = 0.0

    def __init__(
        self, reference: Statistics | Any, extractor: Extractor | None = None, **settings: Any
    ) -> None:
        known = frechet.FrechetDistance(reference).reference
        super().__init__(partial(frechet.FrechetDistance, known), extractor, **settings)


class KernelDistance(TorchMetric):
    """Kernel distance (KID under Inception) from a reference's features ``[m, d]``, over the whole set.

    ``reference`` may also be a :class:`~mezzotint.evaluation.KernelReference` that several metrics share.
    """

    higher_is_better = False

    def __init__(self, reference: Any, extractor: Extractor | None = None, **settings: Any) -> None:
        shared = isinstance(reference, kernel_distance.KernelReference)
        known = reference if shared else kernel_distance.KernelReference(reference)
        super().__init__(partial(kernel_distance.KernelDistance, known), extractor, **settings)


class Authenticity(TorchMetric):
    """Share of images that are no variation of a single one of a reference's features ``[m, d]``, 0 to 1."""

    higher_is_better = True
    plot_lower_bound = 0.0
    plot_upper_bound = 1.0

    def __init__(self, reference: Any, extractor: Extractor | None = None, **settings: Any) -> None:
        known = authenticity.Authenticity(reference).reference
        super().__init__(partial(authenticity.Authenticity, known), extractor, **settings)


class InceptionScore(TorchMetric):
    """Inception Score in one split, of logits, or of pictures under an extractor that classifies."""

    higher_is_better = True
    plot_lower_bound = 1.0

    def __init__(self, extractor: Extractor | None = None, **settings: Any) -> None:
        if extractor is not None:
            classifier(extractor)
        super().__init__(inception_score.InceptionScore, extractor, **settings)

    def _features(self, images: torch.Tensor) -> Any:
        features = super()._features(images)
        return features if self.extractor is None else classifier(self.extractor)(features)


class Diversity(TorchMetric):
    """Mean cosine distance over all pairs of a set, from 0 to 2. At least two images."""

    higher_is_better = True
    plot_lower_bound = 0.0
    plot_upper_bound = 2.0

    def __init__(self, extractor: Extractor | None = None, **settings: Any) -> None:
        super().__init__(diversity.Diversity, extractor, **settings)


class ClipScore(TorchMetric):
    """Mean CLIP score of pictures, or of a CLIP's features, and their texts; options as of ``clip_score``."""

    higher_is_better = True
    plot_lower_bound = 0.0

    def __init__(
        self,
        model: str = "starter",
        convention: Convention = "100",
        long_texts: LongTexts = "cut",
        **settings: Any,
    ) -> None:
        empty = partial(alignment.ClipScore, model, convention, long_texts)
        super().__init__(empty, extractor_by_name(model), f"{convention} {long_texts}", **settings)

    def update(self, images: torch.Tensor, text: Sequence[str]) -> None:  # type: ignore[override]
        """Add pictures as :meth:`TorchMetric.update` does, or features ``[B, d]``, with a text for each."""
        self._add(images if images.ndim == 2 else self._features(images), list(text))


class MeanScore(TorchMetric):
    """Mean of a score of single pictures, by the function of its node: ``MeanScore(aesthetic)``.

    ``options`` go to the function by name, such as ``{"model": "clip:ViT-L-14/openai"}``, or for ``copies``
    the reference. ``output`` names the one that counts where there are several, such as ``correct``.
    """

    def __init__(
        self,
        score: Callable[..., Any],
        output: str = "",
        options: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(Mean, label=f"{score.__name__} {output} {options}", **settings)
        self.score, self.output, self.options = score, output, dict(options or {})

    def update(self, images: torch.Tensor, *inputs: Any) -> None:
        """Add pictures ``[B, 3, H, W]``, and for each whatever else the function takes, such as its text."""
        pictures = as_floats(images)
        check_pictures(pictures)
        found = self.score(pictures, *inputs, **self.options)
        self._add(getattr(found, self.output) if self.output else found)


class PrecisionRecall(TorchMetric):
    """Improved precision and recall against a reference's features ``[m, d]``. More than k images."""

    higher_is_better = True
    plot_lower_bound = 0.0
    plot_upper_bound = 1.0

    def __init__(
        self, reference: Any, extractor: Extractor | None = None, k: int = 3, **settings: Any
    ) -> None:
        points = neighbours.PointSet.of_reference("precision-recall", reference, k)
        super().__init__(partial(precision_recall.PrecisionRecall, points, k), extractor, f"{k}", **settings)


class DensityCoverage(TorchMetric):
    """Density and coverage against a reference's features ``[m, d]``."""

    higher_is_better = True
    plot_lower_bound = 0.0

    def __init__(
        self, reference: Any, extractor: Extractor | None = None, k: int = 5, **settings: Any
    ) -> None:
        points = neighbours.PointSet.of_reference("density-coverage", reference, k)
        super().__init__(partial(density_coverage.DensityCoverage, points, k), extractor, f"{k}", **settings)


class CMMD(TorchMetric):
    """CMMD from a reference's features ``[m, d]``; published values are those of CLIP ViT-L/14-336."""

    higher_is_better = False
    plot_lower_bound = 0.0

    def __init__(self, reference: Any, extractor: Extractor | None = None, **settings: Any) -> None:
        known = cmmd.CMMD(reference).reference
        super().__init__(partial(cmmd.CMMD, known), extractor, **settings)


class Vendi(TorchMetric):
    """Vendi score of an order: how many different images a set is worth."""

    higher_is_better = True
    plot_lower_bound = 1.0

    def __init__(self, extractor: Extractor | None = None, order: float = 1.0, **settings: Any) -> None:
        super().__init__(partial(vendi.Vendi, order), extractor, f"{order}", **settings)


class PromptDiversity(TorchMetric):
    """Mean cosine distances within prompts and across prompts, from 0 to 2."""

    higher_is_better = True
    plot_lower_bound = 0.0
    plot_upper_bound = 2.0

    def __init__(self, extractor: Extractor | None = None, **settings: Any) -> None:
        super().__init__(prompt_diversity.PromptDiversity, extractor, **settings)

    def update(self, images: torch.Tensor, prompt: Sequence[str]) -> None:  # type: ignore[override]
        """Add pictures or features as :meth:`TorchMetric.update` does, with the prompt of each."""
        self._add(self._features(images), list(prompt))


class LpipsDiversity(TorchMetric):
    """Mean LPIPS over all pairs of pictures of one size; ``weights`` is a file, None for those in a cache."""

    higher_is_better = True
    plot_lower_bound = 0.0

    def __init__(
        self, backbone: lpips.BackboneName = "alex", weights: str | None = None, **settings: Any
    ) -> None:
        network = lpips.Lpips(backbone, weights)
        super().__init__(partial(lpips_spread.LpipsSpread, network), label=backbone, **settings)

    def _features(self, images: torch.Tensor) -> Any:
        return as_floats(images)


class Skew(TorchMetric):
    """Skew of the attributes that images show, by the features ``[k, d]`` of the attributes' texts."""

    higher_is_better = False
    plot_lower_bound = 0.0
    plot_upper_bound = 1.0

    def __init__(
        self,
        attributes: Sequence[str],
        texts: Any,
        extractor: Extractor | None = None,
        expected: Sequence[float] | None = None,
        **settings: Any,
    ) -> None:
        empty = partial(attribute_votes.AttributeVotes, tuple(attributes), texts, expected)
        super().__init__(empty, extractor, " ".join(attributes), **settings)
