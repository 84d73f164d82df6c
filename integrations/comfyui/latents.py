"""Latents at the border: there as the autoencoder knows them, here as the sampler does, after scaling.

The scaling is the model's, so a node must know one: the model that it is given, or the one that the latents
came from, which travels with them in an entry of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...graphs.types import PortType
from ...nodes.latents import LatentBatch, LatentsType, LatentTag
from ...nodes.model import ModelHandle
from .sockets import Border, Socket

if TYPE_CHECKING:
    from ...nodes.families.family import Family

#: The entry of a LATENT or CONDITIONING in which what ComfyUI doesn't know travels along.
OURS = "mezzotint"


@dataclass(frozen=True)
class Origin:
    """What a LATENT of ours was: its tag, and the model that knows how it is scaled."""

    tag: LatentTag
    model: ModelHandle


class LatentSocket(Socket):
    """LATENT: ``{"samples": [B, C, h, w]}`` before scaling."""

    batches = True

    def __init__(self, kind: PortType) -> None:
        super().__init__(kind)
        self.name = "LATENT"
        self.accepts = ("LATENT",)

    def take(self, value: Any, border: Border) -> list[Any]:
        return latents_in(value, border)

    def give(self, items: Sequence[Any], border: Border) -> Any:
        return latents_out(items, border)


def latents_in(value: Any, border: Border) -> list[LatentBatch]:
    """The items of a LATENT; ValueError for one of another model, and for a part that would be lost.

    A stock node may have changed size or content, so both are read from the samples.
    """
    if not isinstance(value, dict) or "samples" not in value:
        raise ValueError(f"expected a LATENT with its samples, got {type(value).__name__}")
    if border.draws and value.get("noise_mask") is not None:
        raise ValueError(f"the LATENT has a mask to draw within, which {border.node} can't follow; remove it")
    if border.draws and not value["samples"].any():
        raise ValueError(
            f"the LATENT is empty, as EmptyLatentImage makes it; {border.node} draws from noise where it is "
            "given no latents, and its width and height say how large"
        )
    origin = value.get(OURS)
    family = _family(origin, border)
    latents = family.scaled(value["samples"].detach().cpu())
    if isinstance(origin, Origin):
        # Of the same space, whatever a stock node did to them; another model's would be decoded to noise.
        family.check_latents(replace(latents, tag=replace(origin.tag, packing=latents.tag.packing)))
    return list(LatentsType().split(latents, len(latents.samples)))


def latents_out(items: Sequence[LatentBatch], border: Border) -> dict[str, Any]:
    """Latents of one tag as a LATENT, which remembers the tag and the model."""
    batch = LatentsType().stack(items)
    model = border.model
    if model is None:
        raise ValueError(f"{border.node} makes latents and has no model, which alone knows their scaling")
    return {"samples": _family(None, border).unscaled(batch), OURS: Origin(batch.tag, model)}


def origins(values: Iterable[Any]) -> Iterator[Origin]:
    """Where the latents among some values came from, of those that remember it."""
    for value in values:
        origin = value.get(OURS) if isinstance(value, dict) else None
        if isinstance(origin, Origin):
            yield origin


def _family(origin: Origin | None, border: Border) -> Family:
    from ...nodes.families import adapter

    model = border.model or (origin.model if isinstance(origin, Origin) else None)
    if model is None:
        raise ValueError(
            f"{border.node} takes latents and has no model, which alone knows their scaling; give it latents "
            "that a node of mezzotint made"
        )
    return adapter(model)
