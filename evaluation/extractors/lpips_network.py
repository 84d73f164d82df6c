"""The network of LPIPS: from pictures to vectors whose squared distance is the LPIPS of two pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torchvision
from torch import Tensor, nn

#: What pictures from -1 to 1 are normalised by.
MEAN = (-0.030, -0.088, -0.188)
STD = (0.458, 0.448, 0.450)
EPSILON = 1e-8
"""What is added to a squared length before its root is taken."""
PREFIX = "features."
"""Of the names of the weights that count: those of the convolutions."""


class LpipsNetwork(nn.Module):
    """The convolutions of a classifier of torchvision, and the learned weight of each channel.

    ``builder`` names the classifier, ``layers`` are the places of the activations that count, and
    ``channels`` ``[1, C, 1, 1]`` their weights, none below 0. Raises RuntimeError for ``weights`` of another
    network.
    """

    def __init__(
        self,
        builder: str,
        layers: Sequence[int],
        channels: Sequence[Tensor],
        weights: Mapping[str, Tensor],
    ) -> None:
        super().__init__()
        with torch.device("meta"):  # most of a classifier is not in its convolutions, and need not be made
            convolutions = getattr(torchvision.models, builder)(weights=None).features
        own = {name[len(PREFIX) :]: one.float() for name, one in weights.items() if name.startswith(PREFIX)}
        convolutions.load_state_dict(own, assign=True)
        self.convolutions = convolutions[: max(layers) + 1]
        self.roots = nn.ParameterDict(
            {str(layer): weight.sqrt() for layer, weight in zip(layers, channels, strict=True)}
        )
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1))
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """Vectors ``[B, D]`` of pictures ``[B, 3, H, W]`` in [0, 1].

        At each place the activations are scaled to length 1, each channel by the root of its weight, and each
        layer by the root of its number of places.
        """
        signal, found = (2 * images - 1 - self.mean) / self.std, []
        for index, layer in enumerate(self.convolutions):
            signal = layer(signal)
            if str(index) in self.roots:
                lengths = (EPSILON + signal.square().sum(dim=1, keepdim=True)).sqrt()
                places = signal.shape[2] * signal.shape[3]
                found.append((signal / lengths * (self.roots[str(index)] / places**0.5)).flatten(1))
        return torch.cat(found, dim=1)
