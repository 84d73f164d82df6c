"""A torchmetrics ``Metric`` over images as the state of a reducer."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from ..nodes.pictures import Images, quantize, to_8bit

if TYPE_CHECKING:
    from torchmetrics import Metric


class TorchmetricsState:
    """A torchmetrics ``Metric`` with ``update``, ``merge`` and ``compute``, as reducers want them.

    ``arguments`` go to every ``update`` beside the images, such as ``{"real": False}`` for FID, whose real
    images are added to the metric beforehand (parts of a set can't be merged then). Images arrive rounded to
    8 bits, as float32 in [0, 1] or, with ``dtype="uint8"``, as 0 to 255: whichever the metric was made for.
    The metric must give one number.

    To make a node type of it::

        @node(version=1)
        def total_variation() -> TorchmetricsState:
            \"""Total variation of a set of images.\"""
            return TorchmetricsState(TotalVariation())
    """

    def __init__(
        self,
        metric: Metric,
        arguments: Mapping[str, Any] | None = None,
        dtype: Literal["float32", "uint8"] = "float32",
    ) -> None:
        self.metric = metric
        self.added_before = metric.update_count
        self.arguments = dict(arguments or {})
        self.dtype = dtype

    def update(self, images: Images) -> None:
        """Add pictures ``[B, 3, H, W]`` in [0, 1]."""
        self.metric.update(to_8bit(images) if self.dtype == "uint8" else quantize(images), **self.arguments)

    def merge(self, other: TorchmetricsState) -> None:
        """Add what another state has gathered; ``other`` stays as it is.

        Raises ValueError for metrics that torchmetrics can't merge, or merges wrongly.
        """
        if other.metric.update_count == other.added_before:
            return
        if self.metric.update_count == self.added_before:
            self.metric = copy.deepcopy(other.metric)
            return
        self._expect_mergeable()
        # Earlier members first, as in one pass over both.
        merged = copy.deepcopy(other.metric)
        merged.merge_state(self.metric)
        # merge_state forgets to count the updates it adds, and would give a result computed before.
        merged._update_count = self.metric.update_count + other.metric.update_count
        merged._computed = None
        self.metric = merged

    def compute(self) -> float:
        """The metric's number; ValueError where nothing was added, or the metric gives something else."""
        if self.metric.update_count == self.added_before:
            raise ValueError(f"{type(self.metric).__name__} was given no images")
        value = self.metric.compute()
        if not isinstance(value, (int, float)) and getattr(value, "numel", lambda: 0)() != 1:
            raise ValueError(f"{type(self.metric).__name__} gives {value!r}, not one number")
        return float(value)

    def _expect_mergeable(self) -> None:
        from torchmetrics.utilities import dim_zero_mean

        metric, name = self.metric, type(self.metric).__name__
        if self.added_before:
            raise ValueError(f"{name} was given images before this set, which merging would count twice")
        if metric.full_state_update or metric.full_state_update is None or metric.dist_sync_on_step:
            raise ValueError(f"{name} needs its whole state at every step, so parts of a set can't be merged")
        for state, reduction in metric._reductions.items():
            # torchmetrics weighs means by the updates of one side only, and stacks what has no reduction.
            stacked = reduction is None and not isinstance(metric._defaults[state], list)
            if reduction is dim_zero_mean or stacked:
                raise ValueError(f"{name}: torchmetrics can't merge its state {state!r} exactly")
