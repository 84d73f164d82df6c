"""What every model family does, whatever it is made of: encode, sample, decode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ..conditioning import ConditioningBatch
from ..latents import LatentBatch, LatentTag
from ..model import ModelHandle
from .noise_levels import SpacingName
from .schedulers import SchedulerName

if TYPE_CHECKING:
    import torch


#: Times the model's own width or height that it is asked to draw at most: beyond, memory and time explode.
MAX_ENLARGEMENT = 16


class Family(ABC):
    """A loaded checkpoint behind the interface that its whole family shares.

    Adapters compute on their own device and return host tensors. They touch no global random state and keep
    none between calls, so that equal arguments give equal results whatever ran before, in any thread.
    """

    #: What the family is called in handles and tags.
    name: ClassVar[str]
    #: Whether a picture is the same alone and in a batch; a family that can't promise it samples one by one.
    batches: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def load(cls, model: ModelHandle) -> Family:
        """The checkpoint that a handle names, to run as it says; safetensors only, no network.

        The handle's device is one that is here, not ``auto``. Raises ValueError where it can't be loaded.
        """

    @property
    @abstractmethod
    def default_size(self) -> tuple[int, int]:
        """Width and height in pixels that the model draws when none are asked for."""

    @property
    @abstractmethod
    def size_multiple(self) -> int:
        """Widths and heights are multiples of this many pixels."""

    @abstractmethod
    def tag(self, width: int, height: int) -> LatentTag:
        """The tag of this model's latents for a picture of this size."""

    @abstractmethod
    def encode(self, prompts: Sequence[str], negatives: Sequence[str]) -> ConditioningBatch:
        """Encode prompts, and what to steer away from; ``""`` is no negative."""

    @abstractmethod
    def sample(
        self,
        conditioning: ConditioningBatch,
        seeds: Sequence[int],
        *,
        steps: int,
        guidance: float,
        scheduler: SchedulerName,
        width: int,
        height: int,
        start: LatentBatch | None = None,
        strength: float = 1.0,
        spacing: SpacingName = "default",
    ) -> LatentBatch:
        """Draw latents, each from the noise of its own seed (a CPU generator a sample).

        With ``start`` they set out from those latents under as much of that noise as the last ``strength``
        (0 to 1) of the steps takes away. Each step is told to :func:`mezzotint.graphs.stepping.done`, with
        the first picture of the batch as it is estimated by then.
        """

    @abstractmethod
    def encode_images(self, images: torch.Tensor) -> LatentBatch:
        """Latents of pictures ``[B, 3, H, W]`` in [0, 1]: the mode of the encoder's distribution."""

    @abstractmethod
    def decode(self, latents: LatentBatch, *, tile: int | None = None, sliced: bool = False) -> torch.Tensor:
        """Pictures, float32 ``[B, 3, H, W]`` in [0, 1], of latents whose tag this model can decode.

        ``tile`` decodes in overlapping tiles of that many pixels a side, ``sliced`` one picture at a time.
        """

    @abstractmethod
    def unscaled(self, latents: LatentBatch) -> torch.Tensor:
        """The samples as the autoencoder knows them, ``[B, C, h, w]``: how other programs hand latents on.

        ValueError for latents of a model that this one can't decode for.
        """

    @abstractmethod
    def scaled(self, samples: torch.Tensor) -> LatentBatch:
        """Latents of samples as the autoencoder knows them; their size in pixels follows from the samples.

        ValueError where they aren't of as many dimensions and channels as this model's.
        """

    def size(self, width: int | None, height: int | None) -> tuple[int, int]:
        """The size to draw, with the model's own where None; ValueError for one that it can't do."""
        own_width, own_height = self.default_size
        wanted = {"width": width or own_width, "height": height or own_height}
        for (side, pixels), own in zip(wanted.items(), (own_width, own_height), strict=True):
            if pixels > MAX_ENLARGEMENT * own:
                raise ValueError(
                    f"{side} {pixels} is more than {MAX_ENLARGEMENT} times the {own} that this model draws; "
                    f"draw at most {MAX_ENLARGEMENT * own} and enlarge the picture afterwards"
                )
            if pixels % self.size_multiple:
                below = max(pixels // self.size_multiple, 1) * self.size_multiple
                raise ValueError(
                    f"{side} {pixels} is not a multiple of {self.size_multiple}, as this model needs; "
                    f"try {below} or {(pixels // self.size_multiple + 1) * self.size_multiple}"
                )
        return wanted["width"], wanted["height"]

    def check_conditioning(self, conditioning: ConditioningBatch, seeds: Sequence[int]) -> None:
        """ValueError when the prompts were encoded for another family, or there isn't one seed for each."""
        if conditioning.family != self.name:
            raise ValueError(
                f"the prompt was encoded for {conditioning.family}, and this model is {self.name}; "
                "encode it with the same model"
            )
        if len(seeds) != len(conditioning):
            raise ValueError(
                f"{len(conditioning)} prompts and {len(seeds)} seeds; there must be a seed for each"
            )

    def check_latents(self, latents: LatentBatch) -> None:
        """ValueError when the latents are of a model that this one can't decode for."""
        own = self.tag(latents.tag.width, latents.tag.height)
        if not latents.tag.decodes_with(own):
            raise ValueError(
                f"these latents are of {latents.tag}, and this model decodes {own}; "
                "decode them with the model that they were sampled with"
            )
