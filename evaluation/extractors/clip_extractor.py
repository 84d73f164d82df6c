"""``starter`` and ``clip:…``: the image tower of a CLIP as an extractor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ...graphs.digest import digest_of
from .clip_models import ClipModel
from .preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ClipExtractor:
    """The projected embedding of a CLIP's image tower, not normalised to unit length.

    Pictures are resized as open_clip does it for the model, or by the ``rule`` of another library.
    """

    model: ClipModel
    rule: str | None = None

    @classmethod
    def named(cls, name: str, rule: str | None) -> ClipExtractor:
        """``starter``, or a name as in :mod:`.clip_names`. Raises ValueError for one that means nothing."""
        model = ClipModel(name)
        _ = model.source  # a wrong name is found here, not at the first picture
        return cls(model, rule)

    @property
    def name(self) -> str:
        return self.model.name + (f"@{self.rule}" if self.rule else "")

    @cached_property
    def dimension(self) -> int:
        return self.model.source.embed_dim()

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def preprocessing(self) -> Preprocessing:
        own = self.model.loaded.preprocessing
        return replace(own, resize=self.rule) if self.rule else own

    def digest(self, *, fetch: bool = False) -> str | None:
        # open_clip's own rule is part of the model's files, or of its entry.
        digest = self.model.source.digest(fetch=fetch)
        if digest is None or self.rule is None:
            return digest
        return digest_of([digest, self.rule])

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return self.model.loaded.image_features(self.preprocessing(images))
