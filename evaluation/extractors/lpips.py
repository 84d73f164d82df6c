"""LPIPS: how different two pictures look, by the activations of a network that was trained to classify.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018, version 0.1. The
learned weights of channels come with torchmetrics; the networks, or backbones, are torchvision's.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...graphs.digest import digest_of, file_digest
from ...nodes.device import resolve
from ...nodes.pictures import quantize
from .networks import embed, loaded
from .weight_files import PublishedFile, read_weights

if TYPE_CHECKING:
    import torch

BackboneName = Literal["alex", "vgg"]


@dataclass(frozen=True)
class Backbone:
    """A network of torchvision, the layers whose activations count, and the least side of a picture.

    ``weights`` are those for ImageNet that LPIPS was made with, torchvision's first.
    """

    builder: str
    layers: tuple[int, ...]
    least: int
    weights: PublishedFile


def _published(name: str, sha256: str, size: str) -> PublishedFile:
    return PublishedFile(
        needed_by="LPIPS",
        url=f"https://download.pytorch.org/models/{name}",
        name=name,
        sha256=sha256,
        size=size,
        by_path="weights: ./FILE",
    )


BACKBONES: dict[BackboneName, Backbone] = {
    "alex": Backbone(
        builder="alexnet",
        layers=(1, 4, 7, 9, 11),
        least=31,
        weights=_published(
            "alexnet-owt-7be5be79.pth",
            "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
            "244 MB",
        ),
    ),
    "vgg": Backbone(
        builder="vgg16",
        layers=(3, 8, 15, 22, 29),
        least=16,
        weights=_published(
            "vgg16-397923af.pth",
            "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
            "553 MB",
        ),
    ),
}


@dataclass(frozen=True)
class Lpips:
    """LPIPS by a backbone, whose weights are in ``file``, or where None, the published ones in a cache."""

    backbone: BackboneName
    file: str | None = None

    def digest(self, *, fetch: bool = False) -> str | None:
        """32 hex digits of both sets of weights; None for backbone weights that are unknown until fetched.

        Raises ValueError, saying where to get them and where to put them, for weights that can't be had.
        """
        weights = self._weights(fetch=fetch)
        if weights is None:
            return None
        return digest_of([self.backbone, file_digest(weights), file_digest(self._heads)])

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """What pictures ``[B, 3, H, W]`` in [0, 1], rounded to 8 bits first, look like: float32 ``[B, D]``.

        The LPIPS of two pictures is the squared distance of the two vectors: activations of length 1 at each
        place, each channel by the root of its weight, and each layer by the root of its number of places.
        D grows with the size of the pictures: 2.6 million for ``alex`` at 512 × 512, and 32 million for
        ``vgg``. Raises ValueError for pictures that are too small, and for weights of another network.
        """
        if min(images.shape[2:]) < self._network.least:
            height, width = images.shape[2:]
            raise ValueError(
                f"LPIPS with the backbone {self.backbone!r} takes pictures of {self._network.least} × "
                f"{self._network.least} pixels or more, and these are {width} × {height}"
            )
        device = resolve("auto")
        weights = self._weights(fetch=True)
        assert weights is not None
        what, files = (self.backbone, device), (weights, self._heads)
        network = loaded(what, files, lambda: self._load(weights).to(device))
        return embed(network, quantize(images), device)

    @property
    def _network(self) -> Backbone:
        return BACKBONES[self.backbone]

    @property
    def _heads(self) -> Path:
        torchmetrics = find_spec("torchmetrics")
        assert torchmetrics is not None
        assert torchmetrics.origin is not None
        folder = Path(torchmetrics.origin).parent / "functional" / "image" / "lpips_models"
        return folder / f"{self.backbone}.pth"

    def _weights(self, *, fetch: bool) -> Path | None:
        return self._network.weights.find(self.file, fetch=fetch)

    def _load(self, weights: Path) -> Any:
        from .lpips_network import LpipsNetwork

        heads = read_weights(self._heads)
        channels = [heads[f"lin{index}.model.1.weight"] for index in range(len(self._network.layers))]
        try:
            return LpipsNetwork(self._network.builder, self._network.layers, channels, read_weights(weights))
        except RuntimeError as error:
            # torch lists every weight that doesn't fit; the first says enough.
            reason = " ".join(line.strip() for line in str(error).splitlines()[:2])
            raise ValueError(f"{weights} holds no weights of {self._network.builder}: {reason}") from error
