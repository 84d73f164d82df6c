"""CLIP models: loaded on first use, once a process, and turned to pictures and texts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ..nodes.device import hush, resolve
from .clip_names import ClipSource, clip_source
from .preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

_loaded: dict[tuple[object, ...], LoadedClip] = {}
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class LoadedClip:
    """A CLIP in memory, in float32 and evaluation mode. Features come back on the CPU."""

    model: Any
    tokenizer: Any
    preprocessing: Preprocessing
    device: str

    @property
    def context_length(self) -> int:
        """How many tokens of a text are read, its start and end tokens among them."""
        return int(self.tokenizer.context_length)

    def image_features(self, images: torch.Tensor) -> torch.Tensor:
        """Features float32 ``[B, d]``, not normalised, of pictures ``[B, 3, H, W]`` in [0, 1]."""
        import torch

        with torch.inference_mode():
            features = self.model.encode_image(self.preprocessing(images).to(self.device))
            return cast("torch.Tensor", features.float().cpu())

    def text_features(self, texts: Sequence[str]) -> torch.Tensor:
        """Features float32 ``[B, d]``, not normalised; a text longer than the context keeps its end token."""
        import torch

        with torch.inference_mode():
            features = self.model.encode_text(self.tokenizer(list(texts)).to(self.device))
            return cast("torch.Tensor", features.float().cpu())

    def truncated(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text has more tokens than the model reads."""
        if hasattr(self.tokenizer, "tokenizer"):  # one of transformers, wrapped by open_clip
            cleaned = [self.tokenizer.clean_fn(text) for text in texts]
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
        stamp = (source, *((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files))
        # Held while loading: two threads that ask for the same model must not load it twice.
        with _lock:
            if stamp not in _loaded:
                _loaded[stamp] = _load(source, str(files[0]))
            return _loaded[stamp]


def release_models() -> None:
    """Forget every loaded CLIP, so that its memory can be used for something else."""
    with _lock:
        _loaded.clear()


def _load(source: ClipSource, weights: str) -> LoadedClip:
    import open_clip

    hush()
    device = resolve("auto")
    arguments: dict[str, Any] = {}
    if source.folder is None:
        arguments["pretrained"] = weights
    if source.tag is not None:
        entry = source.entry()
        arguments["force_preprocess_cfg"] = entry
        # Weights trained with the quick activation give other features under the exact one; open_clip
        # only warns when `ViT-B-32/openai` asks for that.
        arguments["force_quick_gelu"] = bool(entry.get("quick_gelu"))
    try:
        model = open_clip.create_model(
            source.architecture, device=device, require_pretrained=True, **arguments
        )
        tokenizer = open_clip.get_tokenizer(source.architecture)
    except Exception as error:  # open_clip and torch raise many kinds for a file that doesn't fit
        # torch lists every weight that doesn't fit; the first says enough.
        reason = " ".join(line.strip() for line in str(error).splitlines()[:2]) or type(error).__name__
        raise ValueError(f"the CLIP {source.name!r} can't be loaded: {reason}") from error
    preprocessing = Preprocessing.of_open_clip(model.visual.preprocess_cfg)
    return LoadedClip(model.eval().requires_grad_(False), tokenizer, preprocessing, device)
