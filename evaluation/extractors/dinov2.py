"""``dinov2``: the features of Oquab et al., "DINOv2", 2023, as Stein et al., 2023, compare generators by."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...graphs.digest import digest_of
from ...nodes.device import resolve
from .networks import embed, loaded
from .preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from .pretrained import Pretrained, from_pretrained

if TYPE_CHECKING:
    import torch

SOURCE = "facebook/dinov2-large"
"""ViT-L/14, for which the published distances were computed."""
SIZES = {
    f"facebook/dinov2-{size}": width
    for size, width in {"small": 384, "base": 768, "large": 1024, "giant": 1536}.items()
}
"""The dimensions of the published models, known before they are fetched."""
KINDS = ("dinov2", "dinov2_with_registers")
RULE = "clean"
SIDE = 224
"""The side of the input, in pixels: 16 by 16 patches of 14."""


@dataclass(frozen=True)
class DinoV2Extractor:
    """The class token after the last layer norm.

    Pictures are stretched to 224 pixels by the rule ``clean`` and normalised as for ImageNet: the protocol of
    Stein et al., "Exposing flaws of generative model evaluation metrics", 2023 (dgm-eval with a clean
    resize). The position table, made for 518 pixels, is interpolated as transformers does it.
    """

    source: str = SOURCE
    rule: str | None = None

    @classmethod
    def named(cls, argument: str, rule: str | None) -> DinoV2Extractor:
        """``dinov2``, or ``dinov2:SOURCE``. Raises ValueError for a source that is no DINOv2."""
        extractor = cls(argument or SOURCE, rule)
        extractor._config(fetch=False)
        return extractor

    @property
    def name(self) -> str:
        source = "" if self.source == SOURCE else f":{self.source}"
        return f"dinov2{source}" + (f"@{self.rule}" if self.rule else "")

    @cached_property
    def dimension(self) -> int:
        """The width of the network; read from its configuration, which is fetched where it isn't known."""
        if self.source in SIZES and not Path(self.source).exists():
            return SIZES[self.source]
        config = self._config(fetch=True)
        assert config is not None
        return int(config["hidden_size"])

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(SIDE, SIDE, self.rule or RULE, IMAGENET_MEAN, IMAGENET_STD)

    def digest(self, *, fetch: bool = False) -> str | None:
        weights = Pretrained(self.source).digest(fetch=fetch)
        if weights is None:
            return None
        return digest_of(["dinov2", weights, asdict(self.preprocessing)])

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        self._config(fetch=True)
        device = resolve("auto")
        files = Pretrained(self.source).files(fetch=True)
        assert files is not None
        network = loaded(("dinov2", device), files, lambda: _load(files[0].parent, device))
        inputs = self.preprocessing(images)
        return embed(lambda given: network(given).last_hidden_state[:, 0], inputs, device)

    def _config(self, *, fetch: bool) -> dict[str, Any] | None:
        """The network's configuration, if it is here; ValueError for that of something else."""
        try:
            config = Pretrained(self.source).config(fetch=fetch)
        except ValueError as error:
            raise ValueError(f"dinov2: {error}") from error
        if config is None:
            return None
        kind, patch = config.get("model_type"), config.get("patch_size", 14)
        if kind not in KINDS:
            raise ValueError(f"dinov2: {self.source} is of type {kind!r}, and not {' or '.join(KINDS)}")
        if not isinstance(config.get("hidden_size"), int):
            raise ValueError(f"dinov2: the configuration of {self.source} names no hidden_size")
        if not isinstance(patch, int) or patch < 1 or SIDE % patch:
            raise ValueError(f"dinov2: {self.source} has patches of {patch!r}, and {SIDE} pixels no such")
        return config


def _load(folder: Path, device: str) -> Any:
    from transformers import AutoModel

    network = from_pretrained(AutoModel, folder, "dinov2", use_safetensors=True)
    return network.to(device).float().eval().requires_grad_(False)
