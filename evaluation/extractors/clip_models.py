"""CLIP models: loaded on first use, once a process, and turned to pictures and texts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...nodes.device import hush, resolve
from . import transformers_clip
from .clip_names import ClipSource, clip_source
from .networks import embed, loaded
from .preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

#: A fast tokenizer keeps its padding and truncation as state, and two threads would mix theirs up.
_tokenizing = threading.Lock()


@dataclass(frozen=True, eq=False)
class LoadedClip:
    """A CLIP in memory, in float32 and evaluation mode. Features come back on the CPU."""

    model: Any
    tokenizer: Any
    preprocessing: Preprocessing
    device: str

    @property
    def scale(self) -> float:
        """What cosines are multiplied by to compare the texts, or the pictures, of one: 100 in most."""
        return float(self.model.logit_scale.exp())

    @property
    def context_length(self) -> int:
        """How many tokens of a text are read, its start and end tokens among them."""
        return int(self.tokenizer.context_length)

    def image_features(self, inputs: torch.Tensor) -> torch.Tensor:
        """Features float32 ``[B, d]``, not normalised, of pictures that went through ``preprocessing``."""
        return embed(self.model.encode_image, inputs, self.device)

    def text_features(self, texts: Sequence[str]) -> torch.Tensor:
        """Features float32 ``[B, d]``, not normalised; a text longer than the context keeps its end token."""
        with _tokenizing:
            tokens = self.tokenizer(list(texts))
        return embed(self.model.encode_text, tokens, self.device)

    def truncated(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text has more tokens than the model reads."""
        if hasattr(self.tokenizer, "tokenizer"):  # one of transformers, wrapped by open_clip
            cleaned = [self.tokenizer.clean_fn(text) for text in texts]
            with _tokenizing:
                encoded = self.tokenizer.tokenizer(cleaned, truncation=False, verbose=False)["input_ids"]
            return [len(tokens) > self.context_length for tokens in encoded]
        start_and_end = 2
        return [len(self.tokenizer.encode(text)) + start_and_end > self.context_length for text in texts]


@dataclass(frozen=True)
class ClipModel:
    """A CLIP by name; making one reads no weights. ``==`` is equality of names."""

    name: str

    @cached_property
    def source(self) -> ClipSource:
        """Where it comes from; ValueError, saying what is accepted, for a name that means nothing."""
        return clip_source(self.name)

    @property
    def loaded(self) -> LoadedClip:
        """The model in memory. Weights published under a tag are fetched if need be.

        Raises ValueError where they can't be had, or don't fit the architecture.
        """
        source = self.source
        files = source.files(fetch=True)
        assert files is not None
        return loaded(source, files, lambda: _load(source, str(files[0])))


def _load(source: ClipSource, weights: str) -> LoadedClip:
    import open_clip

    hush()
    device = resolve("auto")
    arguments: dict[str, Any] = {"device": device}
    if source.tag is not None:
        entry = source.entry()
        arguments["force_preprocess_cfg"] = entry
        # Weights trained with the quick activation give other features under the exact one; open_clip
        # only warns when `ViT-B-32/openai` asks for that.
        arguments["force_quick_gelu"] = bool(entry.get("quick_gelu"))
    try:
        if source.folder is None and transformers_clip.is_of_transformers(Path(weights)):
            model = transformers_clip.load(source.architecture, Path(weights), **arguments)
        else:
            file = weights if source.folder is None else None  # a folder finds its own
            model = open_clip.create_model(
                source.architecture, pretrained=file, require_pretrained=True, **arguments
            )
        tokenizer = open_clip.get_tokenizer(source.architecture)
    except Exception as error:  # open_clip and torch raise many kinds for a file that doesn't fit
        # torch lists every weight that doesn't fit; the first says enough.
        reason = " ".join(line.strip() for line in str(error).splitlines()[:2]) or type(error).__name__
        raise ValueError(f"the CLIP {source.name!r} can't be loaded: {reason}") from error
    preprocessing = Preprocessing.of_open_clip(model.visual.preprocess_cfg)
    return LoadedClip(model.eval().requires_grad_(False), tokenizer, preprocessing, device)
