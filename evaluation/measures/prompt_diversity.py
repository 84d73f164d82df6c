"""How far images of one prompt lie from each other, and from the images of other prompts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from .diversity import Diversity
from .moments import FloatArray, unit_rows
from .results import Spread
from .rows import expect_joinable

KEY_BYTES = 16


class PromptDiversity:
    """Mean cosine distances over all pairs of images of the same prompt, and over all other pairs.

    Every pair counts the same, so the two, weighed by their numbers of pairs, make up the diversity of the
    whole set. With unit vectors the pairs within prompt g sum to ``n_g · s_g / 2``, where s_g are the squared
    distances from the prompt's mean m_g, and the others to ``(Σ (n − n_g) s_g + n · Σ n_g |m_g − m|²) / 2``:
    neither cancels, and no pairs are made. Of each prompt n, m and s are kept, 8·d bytes.
    """

    def __init__(self) -> None:
        #: By a digest of the prompt, so that the state is numbers alone.
        self._prompts: dict[bytes, Diversity] = {}
        self._dimension: int | None = None

    def update(self, features: Any, prompts: Sequence[str]) -> None:
        """Add features ``[n, d]`` and the prompt of each.

        Raises ValueError for another number of prompts, another ``d``, NaN, or a vector of length 0.
        """
        rows = unit_rows(features)
        if len(rows) != len(prompts):
            raise ValueError(f"{len(rows)} images can't be grouped by {len(prompts)} prompts")
        places: dict[str, list[int]] = {}
        for index, prompt in enumerate(prompts):
            places.setdefault(prompt, []).append(index)
        for prompt, indices in places.items():
            group = Diversity()
            group.update(rows[indices])
            self._add(hashlib.blake2b(prompt.encode(), digest_size=KEY_BYTES).digest(), group)

    def merge(self, other: PromptDiversity) -> None:
        """Add what another state has gathered; ``other`` stays as it is."""
        for key, group in other._prompts.items():
            self._add(key, group)

    def pack(self) -> FloatArray:
        """The state as one array, a row ``[16 + 2 + d]`` a prompt, or ``[0, 0]`` without images."""
        if not self._prompts:
            return np.empty((0, 0))
        keys = np.array([list(key) for key in self._prompts], dtype=np.float64)
        groups = np.concatenate([group.pack() for group in self._prompts.values()])
        return np.concatenate([keys, groups], axis=1)

    def absorb(self, packed: FloatArray) -> None:
        """Add what another set has packed."""
        for row in packed:
            group = Diversity()
            group.absorb(row[None, KEY_BYTES:])
            self._add(bytes(int(value) for value in row[:KEY_BYTES]), group)

    def compute(self) -> Spread:
        """Both means; raises ValueError without two images of a prompt, or without two prompts."""
        groups = list(self._prompts.values())
        counts = np.array([group.count for group in groups], dtype=np.float64)
        if len(groups) < 2 or counts.max() < 2:
            raise ValueError(
                "diversity within and across prompts needs at least 2 prompts, and 2 images of one of them; "
                f"got {int(counts.sum())} images of {len(groups)} prompts"
            )
        total = counts.sum()
        spreads = np.array([group.spread for group in groups])
        means = np.array([group.mean for group in groups])
        gaps = means - counts @ means / total
        within = counts @ spreads
        across = (total - counts) @ spreads + total * (counts @ np.square(gaps).sum(axis=1))
        pairs = counts @ (counts - 1)
        return Spread(float(within / pairs), float(across / (total * (total - 1) - pairs)))

    def _add(self, key: bytes, group: Diversity) -> None:
        assert group.mean is not None
        expect_joinable(len(group.mean), self._dimension)
        self._dimension = len(group.mean)
        self._prompts.setdefault(key, Diversity()).merge(group)
