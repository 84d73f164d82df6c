"""The Inception-v3 that FID and Inception Score are defined by, with the quirks of its TensorFlow original.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015; the weights are those of
Google's graph of 2015-12-05, under the names that torch-fidelity and pytorch-fid publish them with. It
differs from torchvision's Inception: average pooling doesn't count the padding, the last block pools by
maximum, and there are 1,008 classes. Batch normalisation is folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, interpolate, max_pool2d, relu

SIZE = 299
"""The side of its input, in pixels."""
FEATURES = 2048
CLASSES = 1008
EPSILON = 1e-3
"""What the batch normalisation adds to a variance."""


class Convolution(nn.Conv2d):
    """A convolution, the batch normalisation that is folded into it, and a ReLU."""

    def forward(self, input: Tensor) -> Tensor:
        return relu(super().forward(input), inplace=True)


class Block(nn.Module):
    """Branches side by side, and one more behind a pooling; their channels are put together."""

    def _add(self, name: str, inputs: int, outputs: int, kernel: Any = 1, **settings: Any) -> None:
        self.add_module(name, Convolution(inputs, outputs, kernel, **settings))

    def _through(self, input: Tensor, *names: str) -> Tensor:
        for name in names:
            input = self.get_submodule(name)(input)
        return input


def _average(input: Tensor) -> Tensor:
    return avg_pool2d(input, 3, stride=1, padding=1, count_include_pad=False)


def _maximum(input: Tensor) -> Tensor:
    return max_pool2d(input, 3, stride=1, padding=1)


class BlockA(Block):
    """35 by 35 positions; branches of 1, 5, and 3 by 3 twice."""

    def __init__(self, inputs: int, pooled: int) -> None:
        super().__init__()
        self._add("branch1x1", inputs, 64)
        self._add("branch5x5_1", inputs, 48)
        self._add("branch5x5_2", 48, 64, 5, padding=2)
        self._add("branch3x3dbl_1", inputs, 64)
        self._add("branch3x3dbl_2", 64, 96, 3, padding=1)
        self._add("branch3x3dbl_3", 96, 96, 3, padding=1)
        self._add("branch_pool", inputs, pooled)

    def forward(self, input: Tensor) -> Tensor:
        branches = [
            self._through(input, "branch1x1"),
            self._through(input, "branch5x5_1", "branch5x5_2"),
            self._through(input, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
            self._through(_average(input), "branch_pool"),
        ]
        return torch.cat(branches, 1)


class BlockB(Block):
    """From 35 by 35 positions to 17 by 17."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self._add("branch3x3", inputs, 384, 3, stride=2)
        self._add("branch3x3dbl_1", inputs, 64)
        self._add("branch3x3dbl_2", 64, 96, 3, padding=1)
        self._add("branch3x3dbl_3", 96, 96, 3, stride=2)

    def forward(self, input: Tensor) -> Tensor:
        branches = [
            self._through(input, "branch3x3"),
            self._through(input, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
            max_pool2d(input, 3, stride=2),
        ]
        return torch.cat(branches, 1)


class BlockC(Block):
    """17 by 17 positions; 7 by 7 as rows and columns, once and twice."""

    def __init__(self, inputs: int, inner: int) -> None:
        super().__init__()
        row: dict[str, Any] = {"kernel": (1, 7), "padding": (0, 3)}
        column: dict[str, Any] = {"kernel": (7, 1), "padding": (3, 0)}
        self._add("branch1x1", inputs, 192)
        self._add("branch7x7_1", inputs, inner)
        self._add("branch7x7_2", inner, inner, **row)
        self._add("branch7x7_3", inner, 192, **column)
        self._add("branch7x7dbl_1", inputs, inner)
        self._add("branch7x7dbl_2", inner, inner, **column)
        self._add("branch7x7dbl_3", inner, inner, **row)
        self._add("branch7x7dbl_4", inner, inner, **column)
        self._add("branch7x7dbl_5", inner, 192, **row)
        self._add("branch_pool", inputs, 192)

    def forward(self, input: Tensor) -> Tensor:
        branches = [
            self._through(input, "branch1x1"),
            self._through(input, *(f"branch7x7_{step}" for step in range(1, 4))),
            self._through(input, *(f"branch7x7dbl_{step}" for step in range(1, 6))),
            self._through(_average(input), "branch_pool"),
        ]
        return torch.cat(branches, 1)


class BlockD(Block):
    """From 17 by 17 positions to 8 by 8."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self._add("branch3x3_1", inputs, 192)
        self._add("branch3x3_2", 192, 320, 3, stride=2)
        self._add("branch7x7x3_1", inputs, 192)
        self._add("branch7x7x3_2", 192, 192, (1, 7), padding=(0, 3))
        self._add("branch7x7x3_3", 192, 192, (7, 1), padding=(3, 0))
        self._add("branch7x7x3_4", 192, 192, 3, stride=2)

    def forward(self, input: Tensor) -> Tensor:
        branches = [
            self._through(input, "branch3x3_1", "branch3x3_2"),
            self._through(input, *(f"branch7x7x3_{step}" for step in range(1, 5))),
            max_pool2d(input, 3, stride=2),
        ]
        return torch.cat(branches, 1)


class BlockE(Block):
    """8 by 8 positions; 3 by 3 as a row beside a column. The first pools by average, the last by maximum."""

    def __init__(self, inputs: int, *, last: bool) -> None:
        super().__init__()
        self._pool = _maximum if last else _average
        row: dict[str, Any] = {"kernel": (1, 3), "padding": (0, 1)}
        column: dict[str, Any] = {"kernel": (3, 1), "padding": (1, 0)}
        self._add("branch1x1", inputs, 320)
        self._add("branch3x3_1", inputs, 384)
        self._add("branch3x3_2a", 384, 384, **row)
        self._add("branch3x3_2b", 384, 384, **column)
        self._add("branch3x3dbl_1", inputs, 448)
        self._add("branch3x3dbl_2", 448, 384, 3, padding=1)
        self._add("branch3x3dbl_3a", 384, 384, **row)
        self._add("branch3x3dbl_3b", 384, 384, **column)
        self._add("branch_pool", inputs, 192)

    def forward(self, input: Tensor) -> Tensor:
        once = self._through(input, "branch3x3_1")
        twice = self._through(input, "branch3x3dbl_1", "branch3x3dbl_2")
        branches = [
            self._through(input, "branch1x1"),
            self._through(once, "branch3x3_2a"),
            self._through(once, "branch3x3_2b"),
            self._through(twice, "branch3x3dbl_3a"),
            self._through(twice, "branch3x3dbl_3b"),
            self._through(self._pool(input), "branch_pool"),
        ]
        return torch.cat(branches, 1)


class Inception(nn.Module):
    """Pictures ``[B, 3, 299, 299]``, in (8-bit pixels − 128) / 128, to features ``[B, 2048]``.

    ``fc`` holds the weights of the classifier; the logits of an Inception Score leave its bias out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3)
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Convolution(64, 80, 1)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3)
        self.Mixed_5b = BlockA(192, pooled=32)
        self.Mixed_5c = BlockA(256, pooled=64)
        self.Mixed_5d = BlockA(288, pooled=64)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(768, inner=128)
        self.Mixed_6c = BlockC(768, inner=160)
        self.Mixed_6d = BlockC(768, inner=160)
        self.Mixed_6e = BlockC(768, inner=192)
        self.Mixed_7a = BlockD(768)
        self.Mixed_7b = BlockE(1280, last=False)
        self.Mixed_7c = BlockE(2048, last=True)
        self.fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, input: Tensor) -> Tensor:
        input = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(input)))
        input = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(max_pool2d(input, 3, stride=2)))
        input = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(max_pool2d(input, 3, stride=2))))
        input = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(input)))))
        features: Tensor = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(input))).mean((2, 3))
        return features


def folded(published: Mapping[str, Tensor]) -> Inception:
    """The network with published weights, in float32 and evaluation mode.

    ``published`` names each convolution's ``conv.weight`` and its normalisation's ``bn.*``. Raises ValueError
    for weights of another network, with the first that is missing or has another shape.
    """
    network = Inception()

    def weight(name: str, shape: torch.Size) -> Tensor:
        found = published.get(name)
        if found is None or found.shape != shape:
            what = "is missing" if found is None else f"is {list(found.shape)}, not {list(shape)}"
            hint = "; these are ImageNet weights of torchvision" if "AuxLogits.fc.weight" in published else ""
            raise ValueError(f"not the FID Inception: {name} {what}{hint}")
        return found.double()

    with torch.no_grad():
        for name, layer in network.named_modules():
            if isinstance(layer, Convolution):
                assert layer.bias is not None
                channels = layer.bias.shape
                scale, shift, mean, variance = (
                    weight(f"{name}.bn.{part}", channels)
                    for part in ("weight", "bias", "running_mean", "running_var")
                )
                scale = scale / (variance + EPSILON).sqrt()
                layer.weight.copy_(
                    weight(f"{name}.conv.weight", layer.weight.shape) * scale[:, None, None, None]
                )
                layer.bias.copy_(shift - mean * scale)
        network.fc.weight.copy_(weight("fc.weight", network.fc.weight.shape))
        network.fc.bias.copy_(weight("fc.bias", network.fc.bias.shape))
    return network.eval().requires_grad_(False)


def random_weights(seed: int = 0) -> dict[str, Tensor]:
    """Seeded weights under the published names, for rehearsals where the real ones aren't at hand.

    They cost what the real ones cost, and features differ from picture to picture, but mean nothing. Each
    normalisation is settled on random textures: without that all pictures look alike after so many layers.
    """
    chance = torch.Generator().manual_seed(seed)
    network = Inception().eval().requires_grad_(False)
    weights: dict[str, Tensor] = {}

    def settle(name: str, layer: Convolution, input: Tensor) -> Tensor:
        weights[f"{name}.conv.weight"] = layer.weight.normal_(generator=chance).clone()
        output = layer._conv_forward(input, layer.weight, None)
        variance, mean = torch.var_mean(output, (0, 2, 3))
        scale = torch.empty_like(mean).uniform_(0.5, 1.5, generator=chance)
        shift = torch.empty_like(mean).normal_(0, 0.5, generator=chance)
        parts = {"weight": scale, "bias": shift, "running_mean": mean, "running_var": variance}
        weights.update({f"{name}.bn.{part}": value for part, value in parts.items()})
        return relu(batch_norm(output, mean, variance, scale, shift, eps=EPSILON))

    for name, layer in network.named_modules():
        if isinstance(layer, Convolution):
            layer.register_forward_hook(lambda one, given, _, name=name: settle(name, one, given[0]))
    textures = [
        interpolate(
            torch.rand(1, 3, grain, grain, generator=chance), SIZE, mode="bilinear", align_corners=False
        )
        for grain in (2, 5, 17, 65, 129)
    ]
    with torch.no_grad():
        network(torch.cat(textures) * 2 - 1)
    weights["fc.weight"] = torch.empty(CLASSES, FEATURES).normal_(0, FEATURES**-0.5, generator=chance)
    weights["fc.bias"] = torch.empty(CLASSES).normal_(generator=chance)
    return weights
