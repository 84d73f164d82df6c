"""The CLIP score: whether an image shows what its text says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graphs.node import node, unchanged
from ..graphs.types import Number
from .averaging import Mean
from .extractors import extractor_by_name
from .features import (
    ClipEmbeddedImages,
    ClipName,
    Convention,
    EmbeddedTexts,
    LongTexts,
    embedded,
    embedded_texts,
)

if TYPE_CHECKING:
    import numpy

#: What a cosine is multiplied by, by convention.
FACTORS = {"100": 100.0, "hessel": 2.5}


@node(version=2, converts={1: unchanged}, better="higher")
def clip_score(
    images: ClipEmbeddedImages,
    text: EmbeddedTexts,
    *,
    model: ClipName = "starter",
    convention: Convention = "100",
    long_texts: LongTexts = "cut",
) -> Number:
    """CLIP score of each image: how far image and text point the same way, negative cosines counted as 0.

    Two conventions are in use, and their numbers don't compare: `100` is torchmetrics', 100·max(cos, 0);
    `hessel` is that of Hessel et al., "CLIPScore", 2021: 2.5·max(cos, 0), with "A photo depicts" before each
    text, published for ViT-B/32. Scores under different models don't compare either. Each image is clamped
    by itself.

    A text longer than the model's context loses its end, as in open_clip; its score is flagged `truncated`,
    and the run says how many were. By pieces all of it counts: it is cut at the borders of words into pieces
    as long as the context allows, and the cosine is the mean of the pieces' cosines, weighted by their words.

    Args:
        images: The images; rounded to 8 bits first.
        text: What each of them should show.
        model: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.
        convention: `100` or `hessel`.
        long_texts: `cut` ends a text where the context does, `pieces` reads all of it.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> right, wrong = nodes.clip_score(scenes[:2], text="a red circle")
    >>> right > wrong + 20
    True
    """
    texts = embedded_texts(text, model, convention, long_texts)
    found = cosines(
        embedded(images, extractor_by_name(model)), texts.features, averaged=long_texts == "pieces"
    )
    scores: list[float] = (FACTORS[convention] * found.clip(min=0)).tolist()
    return scores


class ClipScore:
    """The mean CLIP score of a set of pictures with their texts, gathered batch by batch.

    Neither batches nor order change it. The options are those of :func:`clip_score`.
    """

    def __init__(
        self, model: str = "starter", convention: Convention = "100", long_texts: LongTexts = "cut"
    ) -> None:
        self.model, self.convention, self.long_texts = model, convention, long_texts
        self._mean = Mean()

    def update(self, images: Any, text: Sequence[str]) -> None:
        """Add pictures ``[B, 3, H, W]`` in [0, 1], or the model's features ``[B, d]``, and their texts."""
        texts = embedded_texts(text, self.model, self.convention, self.long_texts)
        scores = clip_score(
            images, texts, model=self.model, convention=self.convention, long_texts=self.long_texts
        )
        self._mean.update(scores)

    def merge(self, other: ClipScore) -> None:
        """Add what another set has gathered; ValueError where it was scored otherwise."""
        mine, theirs = ((one.model, one.convention, one.long_texts) for one in (self, other))
        if mine != theirs:
            raise ValueError(f"scores of {' '.join(theirs)} can't join those of {' '.join(mine)}")
        self._mean.merge(other._mean)

    def pack(self) -> numpy.ndarray[Any, Any]:
        """The state as one array ``[1, k]``, for :meth:`absorb` to take in on another machine."""
        return self._mean.pack()

    def absorb(self, packed: numpy.ndarray[Any, Any]) -> None:
        """Add what another set of the same options has packed."""
        self._mean.absorb(packed)

    def compute(self) -> float:
        """The mean; ValueError when nothing was added."""
        return self._mean.compute()


def cosines(images: Any, texts: Any, *, averaged: bool = False) -> numpy.ndarray[Any, Any]:
    """The cosine of each image with its text, float64 ``[B]``, of features ``[B, d]``.

    Texts that are ``averaged`` of features at unit length are taken as they are. Raises ValueError where
    images and texts don't pair up.
    """
    import numpy

    from .measures.moments import unit_rows

    if len(images) != len(texts):
        raise ValueError(f"{len(images)} images can't be scored against {len(texts)} texts")
    if not len(images):
        return numpy.zeros(0)
    found: numpy.ndarray[Any, Any] = (unit_rows(images) * (texts if averaged else unit_rows(texts))).sum(
        axis=1
    )
    return found
