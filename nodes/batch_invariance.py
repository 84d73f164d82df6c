"""Whether a model keeps the promise that batching never changes a picture, measured on this machine."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from .model import ModelHandle

#: Two short prompts, one of middle length, one longer than most text encoders read.
PROMPTS = (
    "a red circle",
    "",
    "a small blue ring to the left of a large orange cross on a mint background",
    "a photo of " + ", ".join(["a green star and a purple square"] * 16),
)
SEEDS = (1, 2, 3, 4)

#: What float rounding may do in float32: to latents, whose spread is about 1, and to 8-bit pixels.
LATENT_TOLERANCE = 1e-3
PIXEL_TOLERANCE = 1


@dataclass(frozen=True)
class Batching:
    """The largest differences between pictures drawn alone and in one batch of all.

    ``latents`` is in units of the latents, ``pixels`` of 255. ``batched`` says whether the family batches
    at all; one that can't promise to change nothing samples one by one.
    """

    dtype: str
    device: str
    family: str
    batched: bool
    latents: float
    pixels: int

    @property
    def within_rounding(self) -> bool:
        """Whether the differences are those of float32 rounding, or smaller."""
        return self.latents <= LATENT_TOLERANCE and self.pixels <= PIXEL_TOLERANCE

    @property
    def kept(self) -> bool:
        """Whether the promise is kept: to rounding in float32; for other dtypes it is only measured."""
        return self.within_rounding or self.dtype != "float32"


def measure_batching(model: ModelHandle, *, steps: int = 4) -> Batching:
    """Draw prompts of very different lengths one by one, then all in one batch, and compare.

    Raises ValueError for a model that can't be loaded or drawn with.
    """
    import numpy

    from .arrays import to_numpy
    from .decoding import decode
    from .device import TorchDevice, resolve
    from .families import adapter
    from .pictures import to_8bit
    from .sampling import sample
    from .text import TruncatedPromptWarning, text_encode

    def draw(prompts: list[str], seeds: list[int]) -> tuple[Any, Any]:
        latents = sample(model, text_encode(model, prompts), seeds, steps=steps)
        pixels = to_8bit(to_numpy(decode(model, latents))).astype(int)
        return latents.as_tensor().float().numpy(), pixels

    with warnings.catch_warnings(), TorchDevice().inference():
        warnings.simplefilter("ignore", TruncatedPromptWarning)  # one is too long on purpose
        alone = [draw([prompt], [seed]) for prompt, seed in zip(PROMPTS, SEEDS, strict=True)]
        latents, pixels = draw(list(PROMPTS), list(SEEDS))
    apart = [
        float(numpy.abs(numpy.concatenate([one[part] for one in alone]) - together).max())
        for part, together in enumerate((latents, pixels))
    ]
    family = adapter(model)
    return Batching(
        model.dtype, resolve(model.device), family.name, family.batches, apart[0], round(apart[1])
    )
