"""Whether two scores may be compared: only where they were measured alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run_folder import AxisRecord
    from .scores import Score


def protocol_differences(a: Score, b: Score) -> dict[str, tuple[Any, Any]]:
    """The fields of two scores' protocols that differ, each with both values; None for one that has it
    not."""
    fields = dict.fromkeys((*a.protocol, *b.protocol))
    pairs = {field: (a.protocol.get(field), b.protocol.get(field)) for field in fields}
    return {field: (one, other) for field, (one, other) in pairs.items() if one != other}


def with_seeds(protocol: Mapping[str, Any], axes: Iterable[AxisRecord]) -> Mapping[str, Any]:
    """A protocol that also says where the units of a set, which varies over ``axes``, share their seeds."""
    axes = list(axes)
    unit = next((axis.name for axis in axes if axis.role == "unit"), None)
    crossed = unit is not None and any(axis.role == "seed" and unit not in axis.per for axis in axes)
    return {**protocol, "seeds": "crossed"} if crossed else protocol
