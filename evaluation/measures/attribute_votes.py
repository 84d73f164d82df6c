"""Which attribute each image shows most, by a CLIP, and how far the shares are from even.

The measure of social bias of Cho et al., "DALL-Eval", 2023, and of HEIM (Lee et al., 2023): images of a
neutral prompt are told apart by texts such as "a photo of a male" and "a photo of a female".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .attributes import check_attributes
from .moments import FloatArray, unit_rows
from .results import Skew
from .rows import expect_images


class AttributeVotes:
    """Counts images by the attribute whose text is most alike, and compares the shares with those expected.

    ``skew`` is the total variation ``½ Σ |p − e|``: the share of images that would have to show something
    else. ``deviation`` is the mean absolute deviation ``Σ |p − e| / k``, which DALL-Eval and HEIM report;
    for two attributes both are HEIM's gender imbalance ``|p − ½|``. Few images of an even source are skewed
    all the same: the mean skew of 4 tosses of a fair coin is 0.19.

    Of equal cosines the attribute named first wins. With a ``scale``, which a CLIP puts before its cosines,
    an image's vote is split by their softmax.
    """

    def __init__(
        self,
        attributes: Sequence[str],
        texts: Any,
        expected: Sequence[float] | None = None,
        scale: float | None = None,
    ) -> None:
        """``texts`` are features ``[k, d]`` of the attributes; ``expected`` are shares, even by default."""
        check_attributes(attributes, expected)
        self.attributes = tuple(attributes)
        self.texts = unit_rows(texts)
        if len(self.texts) != len(self.attributes):
            raise ValueError(f"{len(self.attributes)} attributes have {len(self.texts)} texts")
        even = [1 / len(attributes)] * len(attributes)
        self.expected = np.array(even if expected is None else expected, dtype=np.float64)
        self.scale = scale
        self.votes = np.zeros(len(attributes))
        self.count = 0

    def update(self, features: Any) -> None:
        """Add features ``[n, d]`` of images; raises ValueError for another ``d`` than the texts', and NaN."""
        votes = self.votes_of(features)
        self.count += len(votes)
        self.votes += votes.sum(axis=0)

    def votes_of(self, features: Any) -> FloatArray:
        """How each of some images votes, ``[n, k]``; raises ValueError as :meth:`update` does."""
        rows = unit_rows(features)
        if rows.shape[1] != self.texts.shape[1]:
            raise ValueError(
                f"the images have features of dimension {rows.shape[1]}, the texts of {self.texts.shape[1]}"
            )
        cosines = rows @ self.texts.T
        if self.scale is not None:
            return _softmax(self.scale * cosines)
        whole: FloatArray = np.eye(len(self.votes))[cosines.argmax(axis=1)]
        return whole

    def merge(self, other: AttributeVotes) -> None:
        """Add what another state has counted; ``other`` stays as it is."""
        self.votes = self.votes + other.votes
        self.count += other.count

    def pack(self) -> FloatArray:
        """The state as one array ``[1, 1 + k]``."""
        return np.concatenate([[self.count], self.votes])[None]

    def absorb(self, packed: FloatArray) -> None:
        """Add what another state has packed."""
        for row in packed:
            self.count += round(row[0])
            self.votes = self.votes + row[1:]

    def compute(self) -> Skew:
        """The skew and the shares; raises ValueError where no image was added."""
        expect_images("the skew of a set", self.count, 1)
        shares = self.votes / self.count
        gaps = np.abs(shares - self.expected)
        whole = self.scale is None
        distribution = {
            attribute: {"count": int(votes) if whole else float(votes), "share": float(share)}
            for attribute, votes, share in zip(self.attributes, self.votes, shares, strict=True)
        }
        return Skew(float(gaps.sum() / 2), float(gaps.mean()), distribution)


def _softmax(logits: FloatArray) -> FloatArray:
    powers: FloatArray = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares
