"""Extractors: named image embedders that turn pictures into features.

A metric over features is only as comparable as its extractor, so an extractor says everything that
changes a feature: weights, input size, resize rule, normalisation, dimension and dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from ..graphs.node import Content
from .clip_models import ClipModel
from .preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch


class Extractor(Protocol):
    """What every image embedder offers. Only a call, or asking for ``preprocessing``, may load weights."""

    @property
    def name(self) -> str:
        """What it is called in graphs, such as ``starter``."""

    @property
    def dimension(self) -> int:
        """The length of a feature."""

    @property
    def dtype(self) -> str:
        """What the network computes in, such as ``float32``."""

    @property
    def preprocessing(self) -> Preprocessing:
        """Input size, resize rule and normalisation."""

    def digest(self, *, fetch: bool = False) -> str | None:
        """32 hex digits of the weights and everything else that decides a feature.

        None for weights that are unknown until fetched; only ``fetch=True`` may use the network.
        """

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Features ``[B, d]`` on the CPU; pictures ``[B, 3, H, W]`` in [0, 1] are rounded to 8 bits first."""


@dataclass(frozen=True)
class ClipExtractor:
    """The image tower of a CLIP: the projected embedding, not normalised to unit length."""

    model: ClipModel

    @property
    def name(self) -> str:
        return self.model.name

    @cached_property
    def dimension(self) -> int:
        return self.model.source.embed_dim()

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def preprocessing(self) -> Preprocessing:
        return self.model.loaded.preprocessing

    def digest(self, *, fetch: bool = False) -> str | None:
        return self.model.source.digest(fetch=fetch)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return self.model.loaded.image_features(images)


def extractor_by_name(name: str) -> Extractor:
    """The extractor that ``name`` stands for: ``starter``, or ``clip:…`` as in :mod:`.clip_names`.

    Loads nothing. Raises ValueError, saying what is accepted, for a name that means nothing.
    """
    model = ClipModel(name)
    _ = model.source  # a wrong name is found here, not at the first picture
    return ClipExtractor(model)


def _digest(name: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    return extractor_by_name(name).digest(fetch=fetch)


#: An option that names an extractor; it enters keys by the digest of its weights.
ExtractorName = Annotated[str, Content(_digest)]
