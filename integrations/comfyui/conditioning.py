"""Conditioning at the border: a CONDITIONING there is one prompt's, here it comes with what to steer from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...graphs.types import PortType
from ...nodes.conditioning import ConditioningBatch, ConditioningType
from .latents import OURS
from .sockets import Border, Socket

if TYPE_CHECKING:
    import torch

    from ...nodes.families.family import Family

#: The names under which pipelines take prompts' embeddings, and the pooled ones beside them.
_EMBEDS, _POOLED = "prompt_embeds", "pooled_prompt_embeds"
#: Entries of a CONDITIONING that say nothing beside the embeddings; of others something would be lost.
_HARMLESS = frozenset({"pooled_output", "unprojected", OURS})


class ConditioningSocket(Socket):
    """CONDITIONING: ``[[tensor [B, tokens, width], {"pooled_output": …}]]``; what goes out is one item."""

    def __init__(self, kind: PortType) -> None:
        super().__init__(kind)
        self.name = "CONDITIONING"
        self.accepts = ("CONDITIONING",)

    def take(self, value: Any, border: Border) -> list[Any]:
        return conditioning_in(value, border)

    def give(self, items: Sequence[Any], border: Border) -> Any:
        (item,) = items
        return conditioning_out(item)


def conditioning_out(item: ConditioningBatch) -> list[list[Any]]:
    """An encoded prompt as a CONDITIONING, in which all of it travels along, the negative too."""
    tensors = item.as_tensors()
    if _EMBEDS not in tensors:
        raise ValueError(f"the conditioning of {item.family} is no embedding of a prompt that ComfyUI takes")
    extra: dict[str, Any] = {OURS: item}
    if _POOLED in tensors:
        extra["pooled_output"] = tensors[_POOLED]
    return [[tensors[_EMBEDS], extra]]


def conditioning_in(value: Any, border: Border) -> list[ConditioningBatch]:
    """The items of a CONDITIONING for the node's model; it steers from nothing, unless ours came along.

    Raises ValueError for what the model's pipeline has no equal for: several conditionings in one, areas,
    masks, ranges of steps, controls.
    """
    tensor, extra = _only_entry(value)
    ours = extra.get(OURS)
    if isinstance(ours, ConditioningBatch) and _unchanged(ours, tensor, extra):
        return list(ConditioningType().split(ours, len(ours)))
    if border.model is None:
        raise ValueError(f"{border.node} has no model to say what the CONDITIONING of another node is for")
    from ...nodes.families import adapter

    family = adapter(border.model)
    away = ours if isinstance(ours, ConditioningBatch) else family.encode([""], [""])
    return [_of(family, rows, away) for rows in zip(*_rows(tensor, extra), strict=True)]


def with_negative(positive: ConditioningBatch, negative: ConditioningBatch) -> ConditioningBatch:
    """What one conditioning draws, away from what another would draw."""
    tensors = dict(positive.tensors)
    for name, tensor in negative.tensors.items():
        if f"negative_{name}" in tensors:
            tensors[f"negative_{name}"] = tensor
    return _evened(ConditioningBatch(positive.family, tensors, positive.truncated))


def _only_entry(value: Any) -> tuple[torch.Tensor, dict[str, Any]]:
    if not isinstance(value, (list, tuple)) or not value or not isinstance(value[0], (list, tuple)):
        raise ValueError(f"expected a CONDITIONING, got {type(value).__name__}")
    if len(value) > 1:
        raise ValueError(
            f"the CONDITIONING is {len(value)} combined, and this node draws from one; join the prompts into "
            "one text, or use ConditioningAverage or ConditioningConcat"
        )
    tensor, extra = value[0]
    lost = sorted(name for name, held in extra.items() if name not in _HARMLESS and held is not None)
    if lost:
        raise ValueError(f"the CONDITIONING carries {', '.join(lost)}, which this node can't follow")
    return tensor, extra


def _unchanged(ours: ConditioningBatch, tensor: torch.Tensor, extra: dict[str, Any]) -> bool:
    """Whether no stock node has changed what came along with our conditioning."""
    tensors = ours.as_tensors()
    pooled = extra.get("pooled_output")
    return _equal(tensors.get(_EMBEDS), tensor) and _equal(tensors.get(_POOLED), pooled)


def _equal(mine: torch.Tensor | None, theirs: torch.Tensor | None) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return mine.shape == theirs.shape and bool((mine == theirs.to(mine)).all())


def _rows(tensor: torch.Tensor, extra: dict[str, Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    pooled = extra.get("pooled_output")
    rows = list(tensor.detach().cpu()[:, None])
    return rows, [None] * len(rows) if pooled is None else list(pooled.detach().cpu()[:, None])


def _of(
    family: Family, rows: tuple[torch.Tensor, torch.Tensor | None], away: ConditioningBatch
) -> ConditioningBatch:
    embeds, pooled = rows
    tensors = away.as_tensors()
    given = {_EMBEDS: embeds, _POOLED: pooled}
    missing = [name for name in (_EMBEDS, _POOLED) if name in tensors and given[name] is None]
    if missing:
        raise ValueError(f"{family.name} takes {' and '.join(missing)}, which the CONDITIONING doesn't have")
    own = {
        name: value.to(tensors[name].dtype)
        for name, value in given.items()
        if name in tensors and value is not None
    }
    return _evened(ConditioningBatch(family.name, {**tensors, **own}, (0,)))


def _evened(item: ConditioningBatch) -> ConditioningBatch:
    """Prompt and negative of as many tokens each, by repeating them: attention to them stays the same."""
    tensors = item.as_tensors()
    sequences = {name: tensor for name, tensor in tensors.items() if tensor.ndim == 3}
    tokens = math.lcm(*(tensor.shape[1] for tensor in sequences.values()))
    longer = {
        name: tensor.repeat(1, tokens // tensor.shape[1], 1)
        for name, tensor in sequences.items()
        if tensor.shape[1] != tokens
    }
    return ConditioningBatch(item.family, {**tensors, **longer}, item.truncated)
