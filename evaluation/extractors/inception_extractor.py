"""``inception-v3``: the features that FID is defined by."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...graphs.digest import digest_of, file_digest
from ...nodes.device import resolve
from .networks import embed, loaded
from .preprocessing import Preprocessing
from .weight_files import PublishedFile, read_weights

if TYPE_CHECKING:
    import torch

    from .inception import Inception

RULE = "clean"
"""The resize rule where none is named."""

WEIGHTS = PublishedFile(
    needed_by="inception-v3",
    url="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth",
    name="weights-inception-2015-12-05-6726825d.pth",
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    size="96 MB",
    by_path="inception-v3:FILE",
    also=("pt_inception-2015-12-05-6726825d.pth",),
)
"""As torch-fidelity publishes them, and pytorch-fid under the other name."""


@dataclass(frozen=True)
class InceptionExtractor:
    """The 2,048 pooled features of the FID Inception.

    ``file`` holds its weights; None for the published ones, from a cache or fetched when a run asks.
    """

    file: str | None = None
    rule: str | None = None

    @classmethod
    def named(cls, argument: str, rule: str | None) -> InceptionExtractor:
        """``inception-v3``, or ``inception-v3:FILE``. Raises ValueError for a file that isn't there."""
        WEIGHTS.find(argument or None)
        return cls(argument or None, rule)

    @property
    def name(self) -> str:
        return (
            "inception-v3" + (f":{self.file}" if self.file else "") + (f"@{self.rule}" if self.rule else "")
        )

    @property
    def dimension(self) -> int:
        return 2048

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def preprocessing(self) -> Preprocessing:
        # (x - 128) / 128 of 8-bit pixels, to the last bit.
        return Preprocessing(299, 299, self.rule or RULE, mean=(1.0,) * 3, std=(1.0,) * 3, unit=128.0)

    def digest(self, *, fetch: bool = False) -> str | None:
        weights = WEIGHTS.find(self.file, fetch=fetch)
        if weights is None:
            return None
        return digest_of(["inception-v3", file_digest(weights), asdict(self.preprocessing)])

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        import torch

        network, device = self._network
        # Channels innermost: the convolutions take little more than half the time.
        return embed(network, self.preprocessing(images), device, memory_format=torch.channels_last)

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        """The logits of 1,008 classes, float32 ``[B, 1008]``, of features ``[B, 2048]``, their bias left out.

        An Inception Score is made of them, as in the code of Salimans et al., 2016.
        """
        network, device = self._network
        return embed(lambda given: given @ network.fc.weight.T, features, device)

    @property
    def _network(self) -> tuple[Inception, str]:
        weights = WEIGHTS.find(self.file, fetch=True)
        assert weights is not None
        device = resolve("auto")
        return loaded(("inception-v3", device), [weights], lambda: _load(weights, device)), device


def _load(path: Path, device: str) -> Inception:
    import torch

    from .inception import folded

    weights = read_weights(path)
    try:
        network = folded(weights)
    except ValueError as error:
        raise ValueError(f"{path} can't be loaded: {error}") from error
    moved: Inception = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved
